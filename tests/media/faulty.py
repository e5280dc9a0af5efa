"""Readers that fail in every way a decoder can, chosen by the name of the file; run in real worker processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sonolux.errors import MediaError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Image, Probe, Segment
from sonolux.media.workers.worker import GATHERED_SECONDS
from sonolux.types import Modality


def read(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Yield a probe, then do what the name says, then yield a piece."""
    if Path(path).name.startswith("hang"):
        time.sleep(2 * GATHERED_SECONDS)  # so that the probe is sent at once
    yield Probe(Modality.TEXT, "txt", {"title": str(os.getpid())})
    FAULTS.get(Path(path).stem.partition("-")[0], lambda _: None)(path)
    yield Segment("passage", Path(path).name)


def read_any(path: str, options: ReadOptions, **_: object) -> Iterator[Probe | Segment]:
    """Do as `read` does, whatever else is asked for."""
    yield from read(path, options)


def many(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Yield large images without end, and note how many were asked for."""
    yield Probe(Modality.IMAGE, "png")
    for number in range(1000):
        Path(path).with_suffix(".count").write_text(str(number))
        yield Segment("image", Image(np.full((500, 500, 3), number % 256, np.uint8)))


def slow(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Yield pieces slowly: long as a whole, but never silent for long."""
    yield Probe(Modality.TEXT, "txt")
    for number in range(6):
        time.sleep(0.3)
        yield Segment("passage", str(number))


def spin_in_c(path: str, options: ReadOptions) -> Iterator[Probe | Segment]:
    """Hang in C with the GIL held, so that no thread of Python can run."""
    time.sleep(2 * GATHERED_SECONDS)
    yield Probe(Modality.TEXT, "txt", {"title": str(os.getpid())})
    ctypes.PyDLL(None).sleep(1000)


def _segfault(path: str) -> None:
    ctypes.string_at(0)


def _eat(path: str) -> None:
    held = [bytearray(2**26) for _ in range(64)]
    raise AssertionError(f"{len(held)} blocks of memory were given")


def _refuse(path: str) -> None:
    raise MediaError("damaged on\npurpose")


def _noise(path: str) -> None:
    os.write(1, b"noise on stdout\n")
    os.write(2, b"noise on stderr\n")
    print("more noise", file=sys.stderr, flush=True)


def _recurse(path: str) -> None:
    _recurse(path)


def _change(path: str) -> None:
    Path(path).write_text("changed while it was read")


FAULTS = {
    "segfault": _segfault,
    "killed": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda _: os._exit(3),
    "hang": lambda _: time.sleep(1000),
    "memory": _eat,
    "refuse": _refuse,
    "bug": lambda _: {}["missing"],
    "recursion": _recurse,
    "noise": _noise,
    "change": _change,
    "touch": lambda path: os.utime(path, ns=(0, 12345)),
    "vanish": lambda path: Path(path).unlink(),
}
