"""A reader that waits, as one does for files from afar.

`sonolux.evaluation.benchmarks.scaling.waiting` is the program that measures it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Probe, Segment
from sonolux.media.workers.worker import Finished
from sonolux.settings import settings
from sonolux.types import Modality

WAITED = 0.5
"""Seconds that a file takes to come."""


def read_from_afar(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Wait, and yield the name of the file as its text."""
    time.sleep(WAITED)
    yield Probe(Modality.TEXT, "txt")
    yield Segment("passage", Path(path).name)


def measure_workers(workers: int, files: int, folder: Path) -> float:
    """Return how many files a second so many workers of a Ray of its own read, once all of them have begun.

    Parameters
    ----------
    workers, files : int
        How many there are, and how many files each reads after two that are not counted.
    folder : Path
        Where the files are written.
    """
    from sonolux.library.workplaces import workplace

    folder.mkdir()
    paths = [folder / f"{number:05}.txt" for number in range(workers * (files + 2))]
    for path in paths:
        path.write_text(path.name)
    settings().workers = workers
    ended: list[float] = []
    with workplace("ray") as place, place.decoder(ReadOptions()) as decoder:
        events = decoder.read(map(str, paths), decoder.orders_for(read_from_afar))
        ended.extend(time.perf_counter() for _, event in events if isinstance(event, Finished))
    first = 2 * workers
    return (len(ended) - first) / (ended[-1] - ended[first - 1])
