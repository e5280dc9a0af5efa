"""Code agreement: learned fingerprints of a query compared with those of a recording at a place.

Landmarks say where to look, and their peaks how well it fits (`sonolux.fingerprints.alignment`). A network that has
learned to know a second again hears the same places in another way; what both say together is surer than either.
Numbers of the question are compared with signs of the catalog, byte by byte from tables (H. Jegou, M. Douze and C.
Schmid, "Product quantization for nearest neighbor search", PAMI 33(1), 2011, section III: asymmetric distances).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.alignment import Alignments
from sonolux.fingerprints.neural_codes import ASKED_STEP, STEP
from sonolux.fingerprints.segment import CatalogSegment

SIGNS = 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1) - 1
"""Of the bits of each byte, (256, 8)."""


WEIGHT = 0.7
"""Of a spread of agreement beside a standard deviation of evidence."""

FEWEST = 8
"""Places that say how agreement spreads."""


class CodeQuery(NamedTuple):
    """What a question's windows say of codes.

    Attributes
    ----------
    tables : ndarray of float32, shape (windows, bytes, 256)
        Agreement of each window with each value of each byte.
    starts : ndarray of int, shape (windows,)
        Frames of the question at which windows begin.
    frames : int
        Of a window.
    encoder : str
        Digest of what made them.
    """

    tables: NDArray[np.float32]
    starts: NDArray[np.int64]
    frames: int
    encoder: str


class AgreementScale(NamedTuple):
    """What agreement is worth beside evidence: middle and spread of that of a question's places, nearly all wrong."""

    middle: float
    spread: float

    def worth(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return agreements in the measure of evidence; 0 where nothing is said."""
        if not self.spread:
            return np.zeros(len(found))
        return np.where(found == 0, 0.0, WEIGHT * (found - self.middle) / self.spread)


def fit_agreement_scale(found: NDArray[np.float64]) -> AgreementScale:
    """Return the middle and the spread of agreements: the median, and half of the distance between the sixths."""
    said = found[found != 0]
    if len(said) < FEWEST:
        return AgreementScale(0.0, 0.0)
    low, middle, high = np.quantile(said, (0.16, 0.5, 0.84))
    return AgreementScale(float(middle), float(high - low) / 2)


def build_code_query(numbers: NDArray[np.float32], frames: int, encoder: str) -> CodeQuery:
    """Return tables of the numbers (windows, bits) that an encoder gives for the windows of a question."""
    length = np.linalg.norm(numbers, axis=1, keepdims=True)
    directions = (numbers / np.maximum(length, 1e-9)).reshape(len(numbers), -1, 8)
    tables = (directions @ SIGNS.T.astype(np.float32)).astype(np.float32)
    return CodeQuery(tables, np.arange(len(numbers)) * ASKED_STEP, frames, encoder)


def score_codes(asked: CodeQuery, segment: CatalogSegment, places: Alignments) -> NDArray[np.float64]:
    """Return the sum of the cosines of windows and codes at each place, over the root of how many windows there are.

    A place where the recording has no codes, or codes of another encoder, says nothing: 0.
    """
    if segment.encoder != asked.encoder or not len(asked.starts) or not len(segment.codes):
        return np.zeros(len(places.tracks))
    middles = asked.starts + asked.frames / 2
    begin = (places.starts - segment.firsts[places.tracks])[:, None] + middles * places.speeds[:, None]
    number = np.rint((begin - asked.frames / 2) / STEP).astype(np.int64)
    there = (number >= 0) & (number < segment.code_counts[places.tracks][:, None])
    row = np.where(there, segment.code_firsts[places.tracks][:, None] + number, 0)
    codes = segment.codes[row]
    windows, byte = np.arange(len(middles))[:, None], np.arange(codes.shape[2])
    said = asked.tables[windows, byte, codes].sum(axis=2, dtype=np.float64)
    summed: NDArray[np.float64] = np.where(there, said, 0.0).sum(axis=1) / np.sqrt(8.0 * codes.shape[2] * len(middles))
    return summed
