"""Adapters: public data sets, lists of addresses and local folders, each read into one manifest."""
