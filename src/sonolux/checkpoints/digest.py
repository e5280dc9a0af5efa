"""Digests: the fingerprint of everything that decides what an encoder writes."""

from __future__ import annotations

import hashlib
from pathlib import Path

LENGTH = 16


def digest_of(*parts: object) -> str:
    """Return 16 hexadecimal digits that change with any of the parts (numbers, strings, tuples of them)."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:LENGTH]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
