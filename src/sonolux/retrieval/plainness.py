"""Plain media: a blank picture, silence. One is as good as any other, so what looks like it is no find."""

from __future__ import annotations

import numpy as np

from sonolux.media.segment import Audio, Content, Image

LEVELS = 2.0
"""Standard deviation, in levels of 256, up to which a picture is blank: what a codec or a scanner adds to one."""

LOUDNESS = 1e-4
"""Standard deviation of samples in [-1, 1] up to which there is silence: -80 dB, the last bits of 16."""

LOOKED_AT = 512
"""Rows and columns of a picture that are looked at, at most."""


def is_plain(content: Content) -> bool:
    """Tell whether a segment is a blank picture or silence; a text never is."""
    if isinstance(content, Image):
        height, width = content.pixels.shape[:2]
        seen = content.pixels[:: height // LOOKED_AT + 1, :: width // LOOKED_AT + 1]
        return bool(seen.std(axis=(0, 1)).max() <= LEVELS)
    return isinstance(content, Audio) and bool(np.std(content.samples) <= LOUDNESS)
