"""Catalog segment: fingerprints of recordings end to end on one axis of frames, never changed once written.

==============  ============================================================================================
hashes.npy      uint32, ascending: the numbers of all landmarks
anchors.npy     uint32: the frame of each on the axis of the segment, in the same order
times.npy       uint32, ascending: the frames of all peaks
bands.npy       uint16: their bands, in quarters
codes.npy       uint8, a row a code: the learned fingerprints of all recordings, one after the other
tracks.json     the recordings: id, path, first frame, number of frames and of codes
==============  ============================================================================================

Arrays are mapped, not read: a look-up touches the pages that it needs. The axis has 2**32 frames, years of sound.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.index.files import sync_folder

ARRAYS = {"hashes": np.uint32, "anchors": np.uint32, "times": np.uint32, "bands": np.uint16, "codes": np.uint8}

TRACKS = "tracks.json"

FINENESS = 4
"""Steps of a band in which peaks are kept."""

GAP = 256
"""Empty frames between recordings, so that no question fits across two."""

LONGEST_AXIS = 2**32 - 2**24
"""Frames of a segment; no recording is longer than the rest (six days)."""


@dataclass(frozen=True, slots=True)
class Track:
    """A recording on the axis of its segment; frames are counted from its start."""

    id: str
    path: str
    first: int
    frames: int
    codes: int = 0


class Fingerprint(NamedTuple):
    """The fingerprint of a recording: landmarks, peaks and codes.

    Attributes
    ----------
    frames : int
        Of the whole recording.
    hashes, anchors : ndarray, shape (n,)
        Landmarks and their frames.
    times, bands : ndarray, shape (m,)
        Peaks in the order of time, and their bands.
    codes : ndarray of uint8, shape (k, bytes)
        Learned fingerprints in the order of time, see `sonolux.fingerprints.neural_codes`; none where none were taken.
    encoder : str
        Digest of what made them.
    """

    frames: int
    hashes: NDArray[np.uint32]
    anchors: NDArray[np.int64]
    times: NDArray[np.int64]
    bands: NDArray[np.float32]
    codes: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
    encoder: str = ""


class CatalogSegment:
    """Recordings of one segment, open for reading.

    Parameters
    ----------
    tracks : sequence of Track
        In the order of their first frames.
    arrays : dict of ndarray
        By the names in `ARRAYS`.
    encoder : str
        Digest of what made the codes.
    """

    def __init__(self, tracks: Sequence[Track], arrays: dict[str, NDArray[Any]], encoder: str = "") -> None:
        self.tracks = list(tracks)
        self.firsts = np.array([track.first for track in tracks], np.int64)
        self.hashes, self.anchors = arrays["hashes"], arrays["anchors"]
        self.times, self.bands = arrays["times"], arrays["bands"]
        self.codes, self.encoder = arrays["codes"], encoder
        self.code_counts = np.array([track.codes for track in tracks], np.int64)
        self.code_firsts = np.cumsum(self.code_counts) - self.code_counts

    @property
    def axis(self) -> int:
        """Frames of the axis, with the gap after the last recording."""
        return self.tracks[-1].first + self.tracks[-1].frames + GAP if self.tracks else 0

    def fingerprint(self, number: int) -> Fingerprint:
        """Return what a recording was written with."""
        return self._read_fingerprints({number})[0]

    def kept(self, gone: set[int]) -> list[tuple[str, str, Fingerprint]]:
        """Return id, path and fingerprint of all recordings but those whose numbers are gone."""
        numbers = [number for number in range(len(self.tracks)) if number not in gone]
        found = self._read_fingerprints(set(numbers))
        return [
            (self.tracks[number].id, self.tracks[number].path, one) for number, one in zip(numbers, found, strict=True)
        ]

    def _read_fingerprints(self, numbers: set[int]) -> list[Fingerprint]:
        owner = np.searchsorted(self.firsts, self.anchors, side="right") - 1
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        found = []
        for number in sorted(numbers):
            track = self.tracks[number]
            mine = order[slice(*np.searchsorted(owner, [number, number + 1]))]
            peaks = slice(*np.searchsorted(self.times, [track.first, track.first + track.frames]))
            found.append(
                Fingerprint(
                    track.frames,
                    self.hashes[mine],
                    self.anchors[mine].astype(np.int64) - track.first,
                    self.times[peaks].astype(np.int64) - track.first,
                    self.bands[peaks].astype(np.float32) / np.float32(FINENESS),
                    self.codes[self.code_firsts[number] :][: track.codes],
                    self.encoder,
                )
            )
        return found


def build_segment(recordings: Sequence[tuple[str, str, Fingerprint]]) -> CatalogSegment:
    """Lay recordings, each an id, a path and its fingerprint, end to end.

    Codes of different encoders cannot be compared: those of the last one stay.
    """
    tracks, first = [], 0
    encoder = next((fingerprint.encoder for _, _, fingerprint in reversed(recordings) if len(fingerprint.codes)), "")
    width = next(
        (fingerprint.codes.shape[1] for _, _, fingerprint in reversed(recordings) if len(fingerprint.codes)), 0
    )
    parts: dict[str, list[NDArray[Any]]] = {name: [np.zeros(0, kind)] for name, kind in ARRAYS.items()}
    parts["codes"] = [np.zeros((0, width), np.uint8)]
    for identity, path, fingerprint in recordings:
        codes = fingerprint.codes if fingerprint.encoder == encoder and len(fingerprint.codes) else parts["codes"][0]
        tracks.append(Track(identity, path, first, fingerprint.frames, len(codes)))
        parts["codes"].append(codes)
        parts["hashes"].append(fingerprint.hashes)
        parts["anchors"].append((fingerprint.anchors + first).astype(np.uint32))
        parts["times"].append((fingerprint.times + first).astype(np.uint32))
        parts["bands"].append(np.rint(fingerprint.bands * FINENESS).astype(np.uint16))
        first += fingerprint.frames + GAP
    arrays = {name: np.concatenate(part) for name, part in parts.items()}
    order = np.argsort(arrays["hashes"], kind="stable")
    arrays["hashes"], arrays["anchors"] = arrays["hashes"][order], arrays["anchors"][order]
    return CatalogSegment(tracks, arrays, encoder)


def write_segment(segment: CatalogSegment, folder: Path) -> dict[str, int]:
    """Write a segment into a new folder, down to the disk; return its files and their bytes."""
    folder.mkdir(parents=True)
    for name in ARRAYS:
        with (folder / f"{name}.npy").open("wb") as array:
            np.save(array, getattr(segment, name))
            _down(array)
    with (folder / TRACKS).open("w", encoding="utf-8") as text:
        json.dump([asdict(track) for track in segment.tracks], text)
        _down(text)
    sync_folder(folder)
    return {file.name: file.stat().st_size for file in folder.iterdir()}


def read_segment(folder: Path, files: dict[str, int], encoder: str = "") -> CatalogSegment:
    """Open a segment whose files have these sizes; raise ValueError or OSError where it is not whole.

    Segments that were written before there were codes have none.
    """
    for name, size in files.items():
        if (there := (folder / name).stat().st_size) != size:
            raise ValueError(f"{name} has {there} bytes, not {size}")
    tracks = [Track(**fields) for fields in json.loads((folder / TRACKS).read_text(encoding="utf-8"))]
    arrays = {name: _mapped(folder / f"{name}.npy") for name in ARRAYS if name != "codes" or "codes.npy" in files}
    return CatalogSegment(tracks, {"codes": np.zeros((0, 0), np.uint8)} | arrays, encoder)


def _mapped(path: Path) -> NDArray[Any]:
    # A plain array: the subclass that numpy maps with costs microseconds at every touch.
    mapped: NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return mapped


def _down(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
