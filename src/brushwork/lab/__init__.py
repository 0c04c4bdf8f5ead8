"""The lab: data, weather, networks, training, judging and export of bundles. The only room that may import torch."""
