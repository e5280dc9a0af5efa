"""Bytes an item: formulas of what each representation takes, from the layout of the files and of the tables in memory.

``n`` is the number of items. What lies on the disk is what an embedded index writes after `optimize`; its write-ahead
log, at most 32 MiB whatever it holds, is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sonolux.fingerprints.constellation import CLEAREST, HOP, RATE
from sonolux.fingerprints.landmarks import FAN_OUT
from sonolux.fingerprints.neural_codes import STEP
from sonolux.index import hnsw
from sonolux.index.payload import INDEXED, UNIQUE
from sonolux.index.semantic_hash import BITS

GRAIN = 128
"""Bytes in whole numbers of which the engine stores payloads and sparse vectors."""

POINTER = 16
"""Bytes that say where a stored thing lies."""

IDS = 29
"""Bytes of an item's id, its number and its version."""

FINGERPRINT_CODE = 16
"""Bytes of a learned fingerprint."""

OWN_VALUES = (*UNIQUE, "title")
"""Keys of which nearly every item has a value of its own."""


def float_bytes(dim: int, width: int = 4) -> int:
    """Return the bytes of a vector of numbers of so many bytes: 4 for float32, 2 for float16, 1 for int8."""
    return dim * width


def code_bytes(bits: int) -> int:
    """Return the bytes of a packed code."""
    return bits // 8


def graph_bytes(n: int) -> float:
    """Return the bytes of an item's links: on the lowest level, each as short as the number of an item allows."""
    return 2 * hnsw.LINKS * math.log2(max(2, n)) / 8


def keyword_bytes(terms: int) -> int:
    """Return the bytes of a sparse vector: as it is stored, and in the lists of its terms (number, weight, bound)."""
    return _grained(8 * terms) + POINTER + 12 * terms


def stored_payload_bytes(payload: Mapping[str, Any]) -> int:
    """Return the bytes of a payload as it is stored."""
    return _grained(len(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())) + POINTER


def filter_bytes(payload: Mapping[str, Any]) -> int:
    """Return the bytes of an item in the indexes of its keys, from item to value and back."""
    mapped = [key for key, kind in INDEXED.items() if kind != "text"]
    total = POINTER * len(mapped)
    for key in mapped:
        for value in _values(payload, key):
            length = len(str(value).encode())
            total += 4 + length + (24 + length if key in OWN_VALUES else 0)
    return total


def fingerprint_bytes(seconds: float) -> float:
    """Return the most bytes of fingerprints of so many seconds: peaks, landmarks and learned codes."""
    peak, landmark = 6, 8
    codes = FINGERPRINT_CODE * RATE / (HOP * STEP)
    return seconds * (CLEAREST * (peak + FAN_OUT * landmark) + codes)


def embedded_bytes(n: int, dim: int, payload: Mapping[str, Any]) -> float:
    """Return the bytes on the disk of an item with one float32 vector, in an embedded index of so many."""
    return float_bytes(dim) + graph_bytes(n) + stored_payload_bytes(payload) + filter_bytes(payload) + IDS


def table_bytes(n: int, bits: int) -> float:
    """Return the bytes in memory of a semantic hash of so many long codes.

    Each has its code, an address, a place in the order of addresses and a flag; each address that is taken has a number
    more. The map of addresses, and the counts of its words, are of one size.
    """
    addresses = 1 << BITS
    taken = -addresses * math.expm1(-n / addresses)
    return n * (code_bytes(bits) + 4 + 4 + 1) + 4 * taken + addresses / 8 + 4 * addresses / 64


def table_file_bytes(n: int, bits: int) -> int:
    """Return the bytes on the disk of a semantic hash: codes, addresses and flags."""
    return n * (code_bytes(bits) + 4 + 1)


def _grained(size: int) -> int:
    return -(-size // GRAIN) * GRAIN


def _values(payload: Mapping[str, Any], key: str) -> list[Any]:
    value: Any = payload
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
