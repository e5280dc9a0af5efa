"""Items that are stored to see what they take: codes in a semantic hash, vectors in an embedded index.

Run as a program, it prints what it measured as JSON:

    python -m sonolux.evaluation.benchmarks.scaling.stored codes N BITS FOLDER
    python -m sonolux.evaluation.benchmarks.scaling.stored vectors N DIM FOLDER
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from sonolux.evaluation.benchmarks.scaling.memory import anonymous_bytes, disk_bytes, highest_bytes
from sonolux.evaluation.benchmarks.search import item_payload
from sonolux.index.base import Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.index.hamming import hamming_search
from sonolux.index.semantic_hash import BITS, SemanticHash
from sonolux.types import Space

QUESTIONS = 5
AT_ONCE = 1_000
FLIPPED = (3, 77, 200)
"""Bits in which a question differs from the code that it is to find."""


def store_codes(n: int, bits: int, folder: Path) -> dict[str, Any]:
    """Hold so many random codes in memory, ask for some of them, and write them to the disk."""
    random = np.random.default_rng(0)
    before = anonymous_bytes()
    codes = np.frombuffer(random.bytes(n * bits // 8), np.uint8).reshape(n, bits // 8)
    addresses = random.integers(0, 2**BITS, n, dtype=np.uint32)
    asked = random.integers(0, n, QUESTIONS)
    where = addresses[asked].tolist()
    table = SemanticHash(addresses, codes)
    del addresses
    held = anonymous_bytes() - before
    found, looked_up, scanned = 0, [], []
    for address, item in zip(where, asked.tolist(), strict=True):
        question = codes[item].copy()
        for bit in FLIPPED:
            question[bit % bits // 8] ^= 1 << bit % 8
        started = time.perf_counter()
        nearest, _ = table.search(address ^ 5, question, 1)
        looked_up.append(time.perf_counter() - started)
        started = time.perf_counter()
        rows, _ = hamming_search(question[None], codes, 1)
        scanned.append(time.perf_counter() - started)
        found += nearest.tolist() == [item] and rows[0].tolist() == [item]
    peak = highest_bytes()
    table.save(folder)
    return {
        "memory": held, "disk": disk_bytes(folder), "peak": peak, "found": found / QUESTIONS,
        "look_up_ms": 1000 * median(looked_up), "scan_ms": 1000 * median(scanned),
    }  # fmt: skip


def store_vectors(n: int, dim: int, folder: Path) -> dict[str, Any]:
    """Write so many random vectors with payloads into an embedded index, make its graph, and open it again."""
    random = np.random.default_rng(0)
    index = EmbeddedIndex(str(folder))
    index.create(spaces=[Space("ready", dim, "cosine")])
    for start in range(0, n, AT_ONCE):
        rows = random.standard_normal((min(AT_ONCE, n - start), dim), np.float32)
        index.upsert([
            Point(str(uuid.UUID(int=start + i + 1)), {"ready": row}, item_payload(start + i))
            for i, row in enumerate(rows)
        ])  # fmt: skip
    index.optimize()
    count = index.count()
    index.close()
    peak = highest_bytes()
    return {"disk": disk_bytes(folder, without="wal"), "peak": peak, "found": count / n}


if __name__ == "__main__":
    what, number, size, where_to = sys.argv[1:]
    measured = {"codes": store_codes, "vectors": store_vectors}[what](int(number), int(size), Path(where_to))
    print(json.dumps(measured))
