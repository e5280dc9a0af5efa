"""Code agreement: learned fingerprints of a query compared with those of a recording at a place.

Landmarks propose alignments, and peaks score them (`sonolux.fingerprints.alignment`). A network that was trained to
recognise a second of sound scores them independently; the sum is surer than either. Numbers of the query are compared
with signs of the catalog, byte by byte from tables (H. Jegou, M. Douze and C. Schmid, "Product quantization for nearest
neighbor search", PAMI 33(1), 2011, section III: asymmetric distances).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.alignment import Alignments
from sonolux.fingerprints.neural_codes import ASKED_STEP, STEP
from sonolux.fingerprints.null_model import PartScores
from sonolux.fingerprints.segment import CatalogSegment

SIGNS = 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1) - 1
"""Of the bits of each byte, (256, 8)."""


WEIGHT = 0.7
"""Of a spread of agreement beside a standard deviation of evidence."""

FEWEST = 8
"""Alignments from which the spread of agreement can be told."""


class CodeQuery(NamedTuple):
    """A query's windows, as tables of agreement with codes.

    Attributes
    ----------
    tables : ndarray of float32, shape (windows, bytes, 256)
        Agreement of each window with each value of each byte.
    starts : ndarray of int, shape (windows,)
        Frames of the query at which windows begin.
    frames : int
        Of a window.
    encoder : str
        Digest of what made them.
    weights : ndarray of float64, shape (windows,)
        One over how many windows are like each: what lasts counts once.
    """

    tables: NDArray[np.float32]
    starts: NDArray[np.int64]
    frames: int
    encoder: str
    weights: NDArray[np.float64]
    sounding: NDArray[np.bool_]


class AgreementScale(NamedTuple):
    """Location and scale of the agreement of a query's alignments, nearly all wrong: what one is worth as evidence."""

    middle: float
    spread: float

    def standardise(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return agreements in units of evidence; 0 where there are no codes."""
        if not self.spread:
            return np.zeros(len(found))
        return np.where(found == 0, 0.0, WEIGHT * (found - self.middle) / self.spread)


def fit_agreement_scale(found: NDArray[np.float64]) -> AgreementScale:
    """Return the middle and the spread of agreements: the median, and half of the distance between the sixths."""
    compared = found[found != 0]
    if len(compared) < FEWEST:
        return AgreementScale(0.0, 0.0)
    low, middle, high = np.quantile(compared, (0.16, 0.5, 0.84))
    return AgreementScale(float(middle), float(high - low) / 2)


def build_code_query(numbers: NDArray[np.float32], frames: int, encoder: str, peaks: NDArray[np.int64]) -> CodeQuery:
    """Return tables of the numbers (windows, bits) that an encoder gives for the windows of a query."""
    length = np.linalg.norm(numbers, axis=1, keepdims=True)
    unit = numbers / np.maximum(length, 1e-9)
    alike = np.maximum(unit @ unit.T, 0.0) ** 2
    weights = 1 / np.maximum(alike.sum(axis=1), 1.0)
    directions = unit.reshape(len(numbers), numbers.shape[1] // 8, 8)
    tables = (directions @ SIGNS.T.astype(np.float32)).astype(np.float32)
    starts = np.arange(len(numbers)) * ASKED_STEP
    sounding = np.searchsorted(peaks, starts + frames) > np.searchsorted(peaks, starts)
    return CodeQuery(tables, starts, frames, encoder, weights.astype(np.float64), sounding)


def compare_codes(
    query: CodeQuery, segment: CatalogSegment, places: Alignments, sounding: NDArray[np.bool_]
) -> PartScores:
    """Return the cosines of windows and codes at each place, a window a part, times the weights of windows.

    At a place where the recording has no codes, or codes of another encoder, there are none.
    """
    shape = len(places.tracks), len(query.starts)
    if segment.encoder != query.encoder or not len(query.starts) or not len(segment.codes):
        return PartScores(np.zeros(shape), np.zeros(shape))
    middles = query.starts + query.frames / 2
    begin = (places.starts - segment.firsts[places.tracks])[:, None] + middles * places.speeds[:, None]
    number = np.rint((begin - query.frames / 2) / STEP).astype(np.int64)
    there = sounding & query.sounding & (number >= 0) & (number < segment.code_counts[places.tracks][:, None])
    row = np.where(there, segment.code_firsts[places.tracks][:, None] + number, 0)
    codes = segment.codes[row]
    windows, byte = np.arange(len(middles))[:, None], np.arange(codes.shape[2])
    cosines = query.tables[windows, byte, codes].sum(axis=2, dtype=np.float64) / np.sqrt(8.0 * codes.shape[2])
    found = np.where(there, cosines * query.weights, 0.0)
    return PartScores(found, there.astype(np.float64))
