"""Content hashing: what a file holds as a short name, BLAKE2b of 128 bits in hexadecimal."""

from __future__ import annotations

import hashlib

from sonolux.media.errors import decoding
from sonolux.media.inside.members import open_medium

DIGEST_BYTES = 16
BLOCK_BYTES = 2**20


def content_hash(path: str) -> str:
    """Return the BLAKE2b-128 of the content of a file or member, 32 hexadecimal digits (RFC 7693).

    Raises
    ------
    MediaError
        Where the file is empty, special, or cannot be read.
    """
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with open_medium(path) as file, decoding("file"):
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
