"""One addition, measured from the inside.

Run as a program, it prints the outcome as JSON:

python -m sonolux.evaluation.benchmarks.scaling.adding WHERE LIBRARY [ray]
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Literal

from sonolux.evaluation.benchmarks.scaling.memory import watched_memory
from sonolux.library import Library

SPACES = ("colour-layout", "bm25")
FIRST = 500
"""Files, at most, before the clock runs: neither the start of processes nor what is decoded meanwhile is in a rate."""


def measure_addition(where: str, library: str, on: Literal["ray"] | None = None) -> dict[str, Any]:
    """Add what is somewhere to a new library.

    Returns
    -------
    measured : dict
        Files ``added`` and ``failed``, the ``rate`` in files a second, and the ``peak`` of memory of this process
        that is no file's and not shared, in bytes.
    """
    times: list[float] = []
    with watched_memory() as seen, Library(library) as opened:
        summary = opened.add(where, spaces=SPACES, progress=lambda done, path: times.append(time.perf_counter()), on=on)
    first = min(FIRST, len(times) // 4)
    rate = (len(times) - 1 - first) / (times[-1] - times[first])
    return {"added": summary.added, "failed": len(summary.failed), "rate": rate, "peak": max(seen)}


if __name__ == "__main__":
    source, target, *place = sys.argv[1:]
    print(json.dumps(measure_addition(source, target, "ray" if place else None)))
