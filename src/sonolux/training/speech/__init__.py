"""Speech recognition: a network of frames learned with CTC."""
