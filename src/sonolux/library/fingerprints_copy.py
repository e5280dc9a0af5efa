"""Copy of the fingerprints of a library in another home: what is there alike stays, all is read again and compared.

A folder drops codes of a former encoder when it merges segments: these alone may be missing in a copy.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from sonolux.errors import LibraryError
from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.fingerprints.segment import FINENESS, Fingerprint
from sonolux.media.paths import printable

AT_ONCE = 2**20
"""Landmarks that are held before they are written."""


class _Digests(NamedTuple):
    """Of what a catalog keeps of a recording: its path and sound, and its codes; empty where it has none."""

    sound: bytes
    codes: bytes


def copy_recordings(source: RecordingCatalog, copy: RecordingCatalog) -> int:
    """Make one catalog of recordings say what another says; return how many recordings there are.

    Raises
    ------
    LibraryError
        Where the copy differs in the end, for the original has changed meanwhile.
    """
    if source.is_empty() and not copy.exists():
        return 0
    copy.choose(source.model)
    there = _digests_of(copy)
    said: dict[str, _Digests] = {}
    waiting: list[tuple[str, str, Fingerprint]] = []
    for identity, path, prints in source.recordings():
        said[identity] = _digests(path, prints)
        if there.get(identity) == said[identity]:
            continue
        # Codes of two encoders do not go together in one write.
        if waiting and (waiting[-1][2].encoder != prints.encoder or _landmarks(waiting) >= AT_ONCE):
            copy.add(waiting)
            waiting = []
        waiting.append((identity, path, prints))
    copy.add(waiting)
    copy.delete(there.keys() - said.keys())
    if list(copy.samples) != list(source.samples):
        copy.note(source.samples, anew=True)
    _compare(said, _digests_of(copy))
    return len(said)


def _compare(said: dict[str, _Digests], there: dict[str, _Digests]) -> None:
    for identity in said.keys() | there.keys():
        one, other = said.get(identity), there.get(identity)
        if one is None or other is None or one.sound != other.sound or other.codes not in (one.codes, b""):
            raise LibraryError(
                f"the fingerprints of {printable(identity)} differ in the copy: the library changed meanwhile, so copy"
                " it once more"
            )


def _digests_of(catalog: RecordingCatalog) -> dict[str, _Digests]:
    return {identity: _digests(path, prints) for identity, path, prints in catalog.recordings()}


def _digests(path: str, prints: Fingerprint) -> _Digests:
    order = np.lexsort((prints.anchors, prints.hashes))
    columns = (
        prints.hashes[order].astype("<u4"),
        prints.anchors[order].astype("<i8"),
        prints.times.astype("<i8"),
        np.rint(prints.bands * FINENESS).astype("<u2"),
    )
    sound = hashlib.blake2b(f"{prints.frames} {path}".encode(errors="surrogateescape"), digest_size=16)
    for column in columns:
        sound.update(np.int64(len(column)).tobytes())
        sound.update(column.tobytes())
    if not len(prints.codes):
        return _Digests(sound.digest(), b"")
    codes = hashlib.blake2b(f"{prints.encoder} {prints.codes.shape}".encode(), digest_size=16)
    codes.update(np.ascontiguousarray(prints.codes).tobytes())
    return _Digests(sound.digest(), codes.digest())


def _landmarks(recordings: list[tuple[str, str, Fingerprint]]) -> int:
    return sum(len(prints.hashes) for _, _, prints in recordings)
