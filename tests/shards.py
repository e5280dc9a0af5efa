"""Shards as WebDataset writes them, for tests: tar files of samples."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import PIL.Image

from making import tone, write_wav
from sonolux.media.options import ReadOptions
from sonolux.media.segment import ReadEvent


def picture(shade: int, ending: str = "JPEG") -> bytes:
    """A small picture; another for each shade."""
    out = io.BytesIO()
    PIL.Image.new("RGB", (32, 24), (shade, 255 - shade, 60)).save(out, ending)
    return out.getvalue()


def sound(folder: Path, samples: np.ndarray | None = None) -> bytes:
    """Return samples, or a tone of a second, as the bytes of a WAV file."""
    path = write_wav(folder / "written.wav", tone(440.0, 1.0) if samples is None else samples)
    content = path.read_bytes()
    path.unlink()
    return content


def die(path: str, _: ReadOptions) -> Iterator[ReadEvent]:
    """A reader whose process is killed with a local copy in its hands."""
    assert Path(path).stat().st_size
    os.kill(os.getpid(), signal.SIGKILL)
    yield from ()


def write_tar(path: Path, members: Iterable[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT) -> Path:
    """Write a tar of plain files, in their order, names twice too."""
    with tarfile.open(path, "w", format=form) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def animals() -> list[tuple[str, bytes]]:
    """Two samples: a cat with a caption, an object and a class, and a dog with a class alone."""
    said = {"artist": "Ada", "label": "tabby", "url": "http://example.org/kitten", "width": 9, "nested": {"a": 1}}
    return [
        ("cat-17.jpg", picture(10)),
        ("cat-17.txt", b"A cat asleep on a sill"),
        ("cat-17.json", json.dumps(said).encode()),
        ("cat-17.cls", b"3"),
        ("dog-4.png", picture(200, "PNG")),
        ("dog-4.cls", b"terrier"),
        ("dog-4.npy", b"\x93NUMPY"),
    ]
