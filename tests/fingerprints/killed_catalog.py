"""A process that adds recordings until it is killed; each line on stdout acknowledges one call.

Call n adds two recordings and deletes one of call n - 3. Run as ``python killed_catalog.py FOLDER NAME``.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import numpy as np

from sonolux.fingerprints.catalog import FingerprintCatalog
from sonolux.fingerprints.segment import Fingerprint


def some_prints(seed: int) -> Fingerprint:
    chance = np.random.default_rng(seed)
    return Fingerprint(
        1000,
        chance.integers(0, 2**20, 300).astype(np.uint32),
        chance.integers(0, 1000, 300),
        np.sort(chance.integers(0, 1000, 50)),
        chance.integers(0, 600, 50).astype(np.float32) / 4,
    )


def add(folder: str, name: str) -> None:
    catalog = FingerprintCatalog(Path(folder))
    for n in count():
        catalog.add([(f"{name} {n} {half}", "a.wav", some_prints(n)) for half in (0, 1)])
        catalog.delete([f"{name} {n - 3} 1"])
        print(n, flush=True)


if __name__ == "__main__":
    add(sys.argv[1], sys.argv[2])
