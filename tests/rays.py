"""Ray for tests: a small local cluster, and readers and actors that end the worker they run in."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media import faulty
from sonolux.encoders.batch import Batch
from sonolux.encoders.ray_executor import EncodingActor
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Image, Probe, Segment
from sonolux.media.workers.ray_cluster import RayCluster, ray_cluster
from sonolux.settings import settings
from sonolux.types import Modality


@contextmanager
def local_ray(folder: Path) -> Iterator[RayCluster]:
    """Have a local cluster of two processors, whose workers keep what they keep in a folder."""
    pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("SONOLUX_CACHE", str(folder / "cache"))
        patch.setenv("SONOLUX_WORKERS", "2")
        patch.delenv("RAY_ADDRESS", raising=False)
        settings.cache_clear()
        with ray_cluster() as cluster:
            yield cluster
    settings.cache_clear()


def read(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Do what the name says to the worker of Ray, whose child this process is, or else as `faulty.read` does."""
    name = Path(path).stem.partition("-")[0]
    if name not in ("poison", "twice", "changed"):
        yield from faulty.read(path, options)
        return
    yield Probe(Modality.IMAGE, "png")
    for number in range(8):
        yield Segment("shot", Image(np.full((1024, 1024, 3), number, np.uint8)))
        if number == 5 and (name == "poison" or _is_first(path)):
            if name == "changed":
                Path(path).write_text("something else")
            _kill_parent()


def slow(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Wait as one does for a reader from afar, then yield a piece."""
    time.sleep(0.5)
    yield Probe(Modality.TEXT, "txt")
    yield Segment("passage", Path(path).name)


def _is_first(path: str) -> bool:
    try:
        Path(path).with_suffix(".begun").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)  # until that is noticed here


class PoisonedActor(EncodingActor):
    """Is ended by an image that is black."""

    def encode(self, batch: Batch) -> Any:
        if any(isinstance(content, Image) and not content.pixels.any() for content in batch.contents):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(batch)
