"""The analysis of sound that its classical descriptors share, the field's usual one."""

from __future__ import annotations

SAMPLE_RATE = 22050  # hertz
FRAME = 2048  # samples, 93 ms
HOP = 512  # samples, 23 ms
