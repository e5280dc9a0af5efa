"""Augmentation: random changes of images, spectrograms and waveforms that leave their meaning."""
