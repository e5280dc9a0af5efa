"""Content hashing: what a file holds as a short name, BLAKE2b of 128 bits in hexadecimal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sonolux.media.errors import decoding
from sonolux.media.inside.members import open_medium
from sonolux.media.inside.names import split_name
from sonolux.media.objects.copies import read_and_keep
from sonolux.media.objects.urls import is_url

DIGEST_BYTES = 16
BLOCK_BYTES = 2**20


def content_hash(path: str) -> str:
    """Return the BLAKE2b-128 of the content of a file, member or object, 32 hexadecimal digits (RFC 7693).

    An object is read once: what is decoded next, a decoding process takes from the copy that this leaves.

    Raises
    ------
    MediaError
        Where the file is empty, special, or cannot be read.
    """
    if is_url(path) and split_name(path) is None:
        return hash_of_blocks(read_and_keep(path))
    with open_medium(path) as file, decoding("file"):
        return hash_of_blocks(iter(lambda: file.read(BLOCK_BYTES), b""))


def hash_of_blocks(blocks: Iterable[bytes]) -> str:
    """Return the content hash of bytes that come block by block."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
