"""Containers of sound and moving pictures: one clock, what was there, channels, shots."""
