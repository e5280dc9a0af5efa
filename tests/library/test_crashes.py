"""An add that is killed at any moment loses nothing it acknowledged and adds nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from making import tone, write_wav
from sonolux.library import Library

ADD = """
import sys
from sonolux.library import Library
with Library(sys.argv[1]) as library:
    spaces = ["colour-layout", "mfcc", "bm25"]
    library.add(sys.argv[2], spaces=spaces, progress=lambda done, path: print(path, flush=True))
print("END", flush=True)
"""


def write_files(folder: Path, n: int) -> Path:
    """Write n small files: images, sounds (some with several windows), texts."""
    from PIL import Image

    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(n):
        if number % 10 < 5:
            Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(folder / f"{number:03}.png")
        elif number % 10 < 7:
            write_wav(folder / f"{number:03}.wav", tone(200 + number, 13 if number % 10 == 6 else 1))
        else:
            (folder / f"{number:03}.txt").write_text(f"text number {number}")
    return folder


def start(library: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ADD, str(library), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_whole(library: Path, folder: Path) -> float:
    """Add without harm; return the seconds it took."""
    began = time.monotonic()
    process = start(library, folder)
    out, err = process.communicate(timeout=240)
    assert out.endswith("END\n"), err
    return time.monotonic() - began


def kill_and_resume(library: Path, folder: Path, after: float) -> None:
    process = start(library, folder)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    acknowledged = [line for line in out.splitlines() if line != "END"]
    if acknowledged:
        with Library(library) as opened:
            held = {item.path for item in opened.items()}
        assert set(acknowledged) <= held
    run_whole(library, folder)
    with Library(library) as opened:
        assert Counter(item.path for item in opened.items()) == Counter(map(str, folder.iterdir()))
        spans = Counter((item.file, item.span) for item in opened.items(spans=True) if item.span)
        assert set(spans.values()) <= {1}
        assert len({file for file, _ in spans}) == sum(1 for path in folder.iterdir() if path.name[2] == "6")


def kill_often(tmp_path: Path, files: int, moments: int, seed: int) -> None:
    folder = write_files(tmp_path / "files", files)
    whole = run_whole(tmp_path / "whole.sonolux", folder)
    chance = random.Random(seed)
    for number in range(moments):
        kill_and_resume(tmp_path / f"{number}.sonolux", folder, chance.uniform(0.3, 1.0) * whole)


def test_kill_at_random_moments(tmp_path: Path) -> None:
    kill_often(tmp_path, files=60, moments=2, seed=1)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_kill_at_thirty_random_moments_of_five_hundred_files(tmp_path: Path) -> None:
    kill_often(tmp_path, files=500, moments=30, seed=2)


def test_a_second_process_is_told_who_holds_the_library(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "files", 10)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=["bm25"])
        process = start(tmp_path / "l.sonolux", folder)
        _, err = process.communicate(timeout=60)
        import os

        assert process.returncode
        assert "LibraryBusyError" in err
        assert str(os.getpid()) in err
    run_whole(tmp_path / "l.sonolux", folder)


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.errors import LibraryError
    from sonolux.settings import settings

    folder = write_files(tmp_path / "files", 20)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder / "000.png", spaces=["bm25", "colour-layout"])
        monkeypatch.setenv("SONOLUX_MIN_FREE", str(2**60))
        settings.cache_clear()
        with pytest.raises(LibraryError, match="disk"):
            library.add(folder)
        assert len(list(library.items())) == 1
        monkeypatch.setenv("SONOLUX_MIN_FREE", "0")
        settings.cache_clear()
        assert library.add(folder).added == 19
