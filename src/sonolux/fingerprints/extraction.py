"""Fingerprint extraction: the sound of a recording to what it is known by, its peaks, landmarks and codes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.fingerprints.calibration import Heard
from sonolux.fingerprints.constellation import HOP, joined, stretches
from sonolux.fingerprints.landmarks import landmarks
from sonolux.fingerprints.neural_codes import STEP, FingerprintEncoder
from sonolux.fingerprints.segment import Prints


class SilenceError(MediaError):
    """A recording in which nothing stands out."""


def extract_fingerprints(blocks: Iterable[NDArray[np.float32]], encoder: FingerprintEncoder) -> Prints:
    """Return what a recording is known by, given its sound of 8,000 Hz in blocks, and what takes codes of it.

    Raises
    ------
    SilenceError
        Where nothing in it stands out.
    """
    heard = blocks if isinstance(blocks, Heard) else Heard(blocks)
    parts = [(one.peaks, encoder.codes(one.standing_out)[: -(-one.frames // STEP)]) for one in stretches(heard)]
    found = joined([peaks for peaks, _ in parts])
    marks = landmarks(found)
    if not len(marks.hashes):
        raise SilenceError("holds nothing to be known by: it is silent, or shorter than a second")
    codes = np.concatenate([codes for _, codes in parts])
    return Prints(heard.samples // HOP + 1, marks.hashes, marks.times, *found, codes, encoder.digest)
