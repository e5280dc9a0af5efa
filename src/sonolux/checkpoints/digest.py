"""Digests: short hashes of everything that decides what an encoder writes.

Hashing gigabytes of weights takes seconds, so the hash of a large file is kept in the cache of this machine, beside
what tells that the file is still the same: its size, when it was written and when it was last changed in any way.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

LENGTH = 16

WORTH_KEEPING = 2**20
"""Bytes of a file from which its hash is kept; smaller ones are hashed as fast as a record is read."""


def digest_of(*parts: object) -> str:
    """Return 16 hexadecimal digits that change with any of the parts (numbers, strings, tuples of them)."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:LENGTH]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, from the record that is kept of it while the file stays the same."""
    state = path.stat()
    if state.st_size < WORTH_KEEPING:
        return file_sha256(path)
    stamp = [str(path.resolve()), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
    record = records() / f"{digest_of(stamp[0])}.json"
    if kept := _read(record, stamp):
        return kept
    found = file_sha256(path)
    with suppress(OSError):  # a hash that cannot be kept is made again
        record.parent.mkdir(parents=True, exist_ok=True)
        unfinished = record.with_suffix(f".{os.getpid()}.part")
        unfinished.write_text(json.dumps({"stamp": stamp, "sha256": found}), encoding="utf-8")
        unfinished.replace(record)
    return found


def records() -> Path:
    """Return the folder in which hashes are kept."""
    from sonolux.settings import settings

    return settings().cache / "digests"


def _read(record: Path, stamp: list[object]) -> str:
    """Return the hash in a record, empty where there is none of this stamp."""
    try:
        said = json.loads(record.read_text(encoding="utf-8"))
        return str(said["sha256"]) if said["stamp"] == stamp else ""
    except (OSError, ValueError, TypeError, KeyError):
        return ""
