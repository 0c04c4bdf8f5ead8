"""What the pixels say: a small model, its calibration, and the map of where its score comes from."""
