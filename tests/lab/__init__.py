"""Tests of the lab; they skip themselves where it is not installed."""

NEEDS_LAB = "needs the lab; run `make lab`"
