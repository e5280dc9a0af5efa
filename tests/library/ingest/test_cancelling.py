"""A run that is cancelled ends at once, with whole files in the library, and the next one goes on."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from making import noise, write_wav
from sonolux.errors import Cancelled
from sonolux.library import Library
from sonolux.library.ingest import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8)).save(folder / f"{number:02}.png")
        (folder / f"{number:02}.txt").write_text(
            f"text number {number} " + "and so on " * (300 if number % 4 == 0 else 1)
        )
    for number in range(3):
        write_wav(folder / f"{number:02}.wav", noise(12, number))
    return folder


def until(last: int) -> Callable[..., None]:
    def progress(*said: object) -> None:
        told.append(said)
        if len(told) == last:
            raise Cancelled

    told: list[tuple[object, ...]] = []
    progress.told = told  # type: ignore[attr-defined]
    return progress


def children() -> set[str]:
    own = str(os.getpid())
    if not Path("/proc/self/stat").exists():  # another system than Linux
        return set()
    return {
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (stat := _stat(entry)) and stat[1] == own and stat[0] != "Z"
    }


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def check_whole(library: Library, folder: Path) -> int:
    """Check that every file that is in has all its spans and descriptors; return how many files there are."""
    files = list(library.items())
    assert Counter(item.path for item in files).most_common(1)[0][1] == 1
    for item in files:
        spans = library.spans_of(item.id)
        long_text = item.modality == "text" and Path(item.path).stat().st_size > 1000
        assert bool(spans) == (item.modality == "audio" or long_text), item.path
        [point] = library.index.fetch([item.id])
        assert point.payload["encoded"] == ["bm25", "colour-layout", "mfcc"]
    return len(files)


@pytest.mark.parametrize(("last", "batch"), [(1, 1), (7, 5), (1, 64), (26, 5)])
def test_add(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int, batch: int) -> None:
    monkeypatch.setattr(write, "FILES", batch)
    before = children()
    with Library(tmp_path / "l.sonolux") as library:
        stop = until(last)
        with pytest.raises(Cancelled):
            library.add(folder, spaces=["bm25", "colour-layout", "mfcc"], progress=stop)
        end = time.monotonic() + 5
        while children() - before and time.monotonic() < end:
            time.sleep(0.01)
        assert children() <= before
        assert len(stop.told) == last  # type: ignore[attr-defined]
        done = check_whole(library, folder)
        assert done >= last
        summary = library.add(folder)
        assert summary.failed == []
        assert (summary.added, summary.unchanged) == (27 - done, done)
        assert check_whole(library, folder) == 27
        assert summary.fingerprinted == 3


def test_fingerprints_that_were_taken_are_kept(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(Cancelled):
            library.add(folder, spaces=["mfcc"], hearing=until(2))
        assert len(library.fingerprints) == 2
        assert library.add(folder).fingerprinted == 1
        assert len(library.fingerprints) == 3


def test_optimize(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=["bm25", "colour-layout"])
        for last in (1, 2, 3):
            with pytest.raises(Cancelled):
                library.optimize(until(last))
            assert len(library.search("number", k=50)) == 12
        every = until(99)
        library.optimize(every)
        assert every.told == [(0, "opening"), (1, "merging"), (2, "closing")]  # type: ignore[attr-defined]
        assert len(library.search("number", k=50)) == 12
