"""Pieces of a fingerprint, ten seconds each: what a cluster keeps of a recording, a point a piece.

A piece has the landmarks whose anchors lie in it, its peaks, and the codes that begin in it, each with its frame from
the start of the piece. Pieces that hold nothing are left out. As text, arrays are base64 of their bytes, little-endian.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.neural_codes import STEP
from sonolux.fingerprints.segment import FINENESS, Fingerprint

FRAMES = 20 * STEP
"""Of a piece: 10.24 s, a little more than a window of a query."""

LONGEST = 2**24
"""Frames of a recording: six days."""

WIDEST = 1024
"""Bytes of a code."""

STORED = {"hashes": "<u4", "anchors": "<u2", "times": "<u2", "bands": "<u2", "codes": "u1"}


class Piece(NamedTuple):
    """Ten seconds of a fingerprint.

    Attributes
    ----------
    number : int
        It begins at frame ``number * FRAMES`` of the recording.
    hashes, anchors : ndarray, shape (n,)
    times, bands : ndarray, shape (m,)
        Bands in steps of one over `FINENESS`.
    codes : ndarray of uint8, shape (k, bytes)
    """

    number: int
    hashes: NDArray[np.uint32]
    anchors: NDArray[np.uint16]
    times: NDArray[np.uint16]
    bands: NDArray[np.uint16]
    codes: NDArray[np.uint8]

    def silenced(self) -> Piece:
        """Return it without landmarks."""
        return self._replace(hashes=self.hashes[:0], anchors=self.anchors[:0])

    def to_payload(self) -> dict[str, Any]:
        """Return it as plain data."""
        said = {name: _text(getattr(self, name), kind) for name, kind in STORED.items()}
        return {"number": self.number, "width": self.codes.shape[1], **said}

    @classmethod
    def from_payload(cls, said: Mapping[str, Any]) -> Piece:
        """Return what `to_payload` gave; KeyError, TypeError or ValueError for anything else."""
        number, width = said["number"], said["width"]
        if not (isinstance(number, int) and 0 <= number * FRAMES < LONGEST):
            raise ValueError(f"{number!r} is no piece")
        if not (isinstance(width, int) and 0 <= width <= WIDEST):
            raise ValueError(f"{width!r} are no bytes of a code")
        hashes, anchors, times, bands, codes = (_array(said[name], kind) for name, kind in STORED.items())
        if len(hashes) != len(anchors) or len(times) != len(bands) or (len(codes) % width if width else len(codes)):
            raise ValueError("its arrays do not go together")
        if max(anchors.max(initial=0), times.max(initial=0)) >= FRAMES or len(codes) > FRAMES // STEP * width:
            raise ValueError("it holds more than ten seconds")
        if (times[1:] < times[:-1]).any():
            raise ValueError("its peaks are out of order")
        return cls(number, hashes, anchors, times, bands, codes.reshape(-1, width) if width else _no_codes(0))


def split_fingerprint(whole: Fingerprint) -> Iterator[Piece]:
    """Yield the pieces of a fingerprint that hold anything, in their order."""
    owner = whole.anchors // FRAMES
    order = np.argsort(owner, kind="stable")
    owner = owner[order]
    for number in range(max(-(-whole.frames // FRAMES), 1)):
        first = number * FRAMES
        mine = order[slice(*np.searchsorted(owner, [number, number + 1]))]
        peaks = slice(*np.searchsorted(whole.times, [first, first + FRAMES]))
        codes = whole.codes[first // STEP : (first + FRAMES) // STEP]
        times = whole.times[peaks]
        if len(mine) or len(times) or len(codes):
            yield Piece(
                number,
                whole.hashes[mine].astype(np.uint32),
                (whole.anchors[mine] - first).astype(np.uint16),
                (times - first).astype(np.uint16),
                np.rint(whole.bands[peaks] * FINENESS).astype(np.uint16),
                codes if len(codes) else _no_codes(whole.codes.shape[1]),
            )


def join_fingerprint(frames: int, codes: int, encoder: str, pieces: Iterable[Piece]) -> Fingerprint:
    """Return the fingerprint of a recording, given some of its pieces: where others are, there is nothing.

    Parameters
    ----------
    frames, codes : int
        Of the whole recording.
    encoder : str
        Digest of what made the codes.
    pieces : iterable of Piece
    """
    there = sorted(pieces, key=lambda piece: piece.number)
    width = max((piece.codes.shape[1] for piece in there if len(piece.codes)), default=0)
    all_codes = np.zeros((codes if width else 0, width), np.uint8)
    for piece in there:
        place = all_codes[piece.number * FRAMES // STEP :][: len(piece.codes)]
        if place.shape == piece.codes.shape:
            place[:] = piece.codes
    firsts = [piece.number * FRAMES for piece in there]
    return Fingerprint(
        frames,
        _joined([piece.hashes for piece in there], np.uint32),
        _joined([piece.anchors + np.int64(first) for piece, first in zip(there, firsts, strict=True)], np.int64),
        _joined([piece.times + np.int64(first) for piece, first in zip(there, firsts, strict=True)], np.int64),
        (_joined([piece.bands for piece in there], np.float32) / np.float32(FINENESS)).astype(np.float32),
        all_codes,
        encoder,
    )


def _joined(parts: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)


def _no_codes(width: int) -> NDArray[np.uint8]:
    return np.zeros((0, width), np.uint8)


def _text(array: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode()


def _array(text: str, kind: str) -> NDArray[Any]:
    content = np.frombuffer(base64.b64decode(text, validate=True), kind)
    return content.astype(content.dtype.newbyteorder("="))
