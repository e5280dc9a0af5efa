"""Classification: labels of images and sounds, with calibrated probabilities."""
