"""TensorFlow checkpoints (tensor bundles), read without TensorFlow.

A bundle is a table of names, ``.index``, and files of numbers, ``.data-00000-of-00001``. The table is LevelDB's sorted
string table (S. Ghemawat and J. Dean, "LevelDB table format", in the documentation of LevelDB): blocks of keys, each
written as what it shares with the one before and what it adds; a block of blocks; a footer that says where that is. Its
values are protocol buffers: BundleHeaderProto under the empty key, BundleEntryProto under the name of each tensor
(tensorflow/core/protobuf/tensor_bundle.proto). Every place is checked against what is there before it is read, and
blocks against their checksums (CRC-32C). Those of the numbers are not looked at: who trusts weights knows the hash of
their file.

Only what is needed is read: uncompressed tables, one file of numbers, whole tensors of float32, little-endian.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import ModelError

MAGIC = bytes.fromhex("57fb808b247547db")
"""The last bytes of a table."""

FOOTER = 48
"""Bytes at the end of a table, with its magic."""

TRAILER = 5
"""Bytes after a block: how it is compressed, and its checksum."""

LARGEST_TABLE = 2**20
"""Bytes of a table, at most: some ten thousand names."""

LARGEST_NAME = 2**12
"""Bytes of a name, at most."""

FLOAT = 1
"""DT_FLOAT of tensorflow/core/framework/types.proto."""

MASK = 0xA282EAD8
"""That LevelDB adds to a rotated checksum."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types of protocol buffers."""


class BundleError(ValueError):
    """What is read is no tensor bundle."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor: its shape, and where its numbers are in the data file."""

    shape: tuple[int, ...]
    offset: int
    size: int


def read_tensor_bundle(index: Path, data: Path, wanted: frozenset[str] | None = None) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of a checkpoint by name.

    Parameters
    ----------
    index, data : path
        The ``.index`` and the only ``.data`` file.
    wanted : frozenset of str, optional
        Names of those that are read; all of them by default, what an optimiser kept included.

    Raises
    ------
    ModelError
        Where a file cannot be read, is damaged, or holds what is not read here; one line.
    """
    try:
        if index.stat().st_size > LARGEST_TABLE:
            raise BundleError(f"a table of more than {LARGEST_TABLE:,} bytes")
        entries = _entries(index.read_bytes())
        if missing := sorted((wanted or frozenset()) - entries.keys()):
            raise BundleError(f"there is no tensor {missing[0]}")
        length = data.stat().st_size
        with data.open("rb") as file:
            tensors = {}
            for name, entry in entries.items():
                if wanted is not None and name not in wanted:
                    continue
                if entry.offset + entry.size > length:
                    raise BundleError(f"{name} ends behind the end of {data.name}")
                file.seek(entry.offset)
                tensors[name] = _tensor(name, entry, file.read(entry.size))
    except (BundleError, UnicodeDecodeError) as error:
        raise ModelError(f"{index} is no tensor bundle that can be read: {error}") from error
    except OSError as error:
        raise ModelError(f"{error.filename or index} cannot be read: {error.strerror}") from error
    return tensors


def _tensor(name: str, entry: Entry, content: bytes) -> NDArray[np.float32]:
    if len(content) != entry.size:
        raise BundleError(f"{name} ends early")
    return np.frombuffer(content, "<f4").reshape(entry.shape).astype(np.float32)


def _entries(table: bytes) -> dict[str, Entry]:
    """Return the tensors that a table names."""
    if len(table) < FOOTER or not table.endswith(MAGIC):
        raise BundleError("it does not end as a table does")
    footer = _Reader(table[-FOOTER : -len(MAGIC)])
    footer.varint(), footer.varint()  # where the block of statistics is
    blocks = _pairs(_block(table, footer.varint(), footer.varint()))
    found: dict[str, Entry] = {}
    header = False
    for _, place in blocks:
        where = _Reader(place)
        for key, value in _pairs(_block(table, where.varint(), where.varint())):
            if not key:
                _check_header(value)
                header = True
            elif (name := key.decode("utf-8")) in found:
                raise BundleError(f"it names {name} twice")
            else:
                found[name] = _entry(name, value)
    if not header:
        raise BundleError("it has no header")
    return found


def _block(table: bytes, offset: int, size: int) -> bytes:
    """Return the content of a block, without its trailer."""
    end = offset + size
    if end + TRAILER > len(table) - FOOTER:
        raise BundleError("a block ends behind the end of the table")
    if table[end]:
        raise BundleError("its blocks are compressed")
    if _masked_checksum(table[offset : end + 1]) != int.from_bytes(table[end + 1 : end + TRAILER], "little"):
        raise BundleError("a block is damaged")
    return table[offset:end]


def _pairs(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a block; at its end stand the places where keys are written whole, and their number."""
    if len(block) < 4:
        raise BundleError("a block is too short")
    restarts = int.from_bytes(block[-4:], "little")
    if 4 * (restarts + 1) > len(block):
        raise BundleError("a block has more places than bytes")
    reader = _Reader(block[: len(block) - 4 * (restarts + 1)])
    key = b""
    while reader.left:
        shared, added, size = reader.varint(), reader.varint(), reader.varint()
        if shared > len(key) or shared + added > LARGEST_NAME:
            raise BundleError("a name shares more than there is, or is too long")
        key = key[:shared] + reader.bytes(added)
        yield key, reader.bytes(size)


def _check_header(value: bytes) -> None:
    """Refuse what is not little-endian in a single file."""
    for number, _, content in _fields(value):
        if number == 1 and content != 1:
            raise BundleError(f"its numbers are in {content!r} files, not in one")
        if number == 2 and content:
            raise BundleError("its numbers are big-endian")


def _entry(name: str, value: bytes) -> Entry:
    """Return a tensor by its BundleEntryProto: dtype 1, shape 2, shard 3, offset 4, size 5, slices 7."""
    numbers = {1: 0, 3: 0, 4: 0, 5: 0}
    shape: tuple[int, ...] = ()
    for number, wire, content in _fields(value):
        if number == 2 and isinstance(content, bytes):
            shape = _shape(content)
        elif number in numbers and isinstance(content, int) and wire == VARINT:
            numbers[number] = content
        elif number == 7:
            raise BundleError(f"{name} is written in slices")
    if numbers[1] != FLOAT:
        raise BundleError(f"{name} is of type {numbers[1]}, not of float32")
    if numbers[3]:
        raise BundleError(f"{name} is in file {numbers[3]}, and there is one")
    if 4 * math.prod(shape) != numbers[5]:
        raise BundleError(f"{name} has {numbers[5]} bytes for the shape {shape}")
    return Entry(shape, numbers[4], numbers[5])


def _shape(value: bytes) -> tuple[int, ...]:
    """Return a shape by its TensorShapeProto: dimensions 2, each with its size 1."""
    sizes = []
    for number, _, content in _fields(value):
        if number == 2 and isinstance(content, bytes):
            sizes.append(next((size for field, _, size in _fields(content) if field == 1), 0))
    if not all(isinstance(size, int) and 0 <= size < 2**31 for size in sizes):
        raise BundleError("a dimension is negative or unknown")
    return tuple(int(size) for size in sizes if isinstance(size, int))


def _fields(message: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield number, wire type and content of each field of a protocol buffer."""
    reader = _Reader(message)
    while reader.left:
        tag = reader.varint()
        wire = tag & 7
        if wire == VARINT:
            yield tag >> 3, wire, reader.varint()
        elif wire == BYTES:
            yield tag >> 3, wire, reader.bytes(reader.varint())
        elif wire in (FIXED32, FIXED64):
            yield tag >> 3, wire, int.from_bytes(reader.bytes(4 if wire == FIXED32 else 8), "little")
        else:
            raise BundleError(f"a field of wire type {wire}")


class _Reader:
    """Reads bytes from front to back, never behind their end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    @property
    def left(self) -> int:
        return len(self.content) - self.place

    def bytes(self, count: int) -> bytes:
        if count > self.left:
            raise BundleError("something ends behind the end of what holds it")
        self.place += count
        return self.content[self.place - count : self.place]

    def varint(self) -> int:
        """Return the next number: seven bits a byte, the lowest first, at most 64."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.bytes(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (2**64 - 1)
        raise BundleError("a number of more than ten bytes")


def _masked_checksum(content: bytes) -> int:
    """Return the checksum of a block as LevelDB writes it: CRC-32C, rotated, and a number added."""
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum = checksum >> 8 ^ _remainders()[(checksum ^ byte) & 0xFF]
    checksum ^= 0xFFFFFFFF
    return ((checksum >> 15 | checksum << 17) + MASK) & 0xFFFFFFFF


@lru_cache(maxsize=1)
def _remainders() -> tuple[int, ...]:
    """Return what each byte leaves when it is divided by the polynomial of G. Castagnoli, its bits reversed."""
    remainders = []
    for byte in range(256):
        left = byte
        for _ in range(8):
            left = left >> 1 ^ (0x82F63B78 if left & 1 else 0)
        remainders.append(left)
    return tuple(remainders)
