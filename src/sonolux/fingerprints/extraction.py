"""Fingerprint extraction: the sound of a recording to its peaks, landmarks and neural codes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.fingerprints.calibration import MonitoredAudio
from sonolux.fingerprints.constellation import HOP, analyse_chunks, join_constellations
from sonolux.fingerprints.landmarks import pair_landmarks
from sonolux.fingerprints.neural_codes import STEP, FingerprintEncoder
from sonolux.fingerprints.segment import Fingerprint

TOO_PLAIN = "holds nothing to be known by: it is silent, too plain, or shorter than a second"


class SilenceError(MediaError):
    """A recording without landmarks: silent, too short, or without two sounds that stand out within a second."""


def extract_fingerprints(blocks: Iterable[NDArray[np.float32]], encoder: FingerprintEncoder) -> Fingerprint:
    """Return the fingerprint of a recording, given its sound of 8,000 Hz in blocks and the encoder of its codes.

    Raises
    ------
    SilenceError
        Where nothing in it stands out.
    """
    audio = blocks if isinstance(blocks, MonitoredAudio) else MonitoredAudio(blocks)
    parts = [(one.peaks, encoder.codes(one.standing_out)[: -(-one.frames // STEP)]) for one in analyse_chunks(audio)]
    found = join_constellations([peaks for peaks, _ in parts])
    marks = pair_landmarks(found)
    if not len(marks.hashes):
        raise SilenceError(TOO_PLAIN)
    codes = np.concatenate([codes for _, codes in parts])
    return Fingerprint(audio.samples // HOP + 1, marks.hashes, marks.times, *found, codes, encoder.digest)
