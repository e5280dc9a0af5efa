"""The cache stays within its limit, forgets what was not used, and is shared by threads and processes."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sonolux.media.disk_cache import DiskCache


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_what_is_put_is_there(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "deep" / "kept", 1000)
    assert cache.get("a") is None
    cache.put("a", b"one")
    cache.put("a", b"two")
    assert cache.get("a") == b"two"
    assert DiskCache(tmp_path / "deep" / "kept", 1000).get("a") == b"two"
    assert [file.name for file in cache.folder.iterdir()] == ["a"]


def test_it_stays_within_its_limit_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1000)
    for number in range(10):
        cache.put(str(number), bytes(100))
        os.utime(tmp_path / str(number), (number, number))
    assert cache.get("0") is not None
    cache.put("10", bytes(100))
    assert size(tmp_path) <= 1000
    assert cache.get("0") is not None and cache.get("10") is not None
    assert cache.get("1") is None
    for number in range(200):
        cache.put(f"more {number}", bytes(90))
        assert size(tmp_path) <= 1000


def test_what_is_there_already_counts(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"old {number}").write_bytes(bytes(100))
    DiskCache(tmp_path, 1000).put("new", bytes(10))
    assert size(tmp_path) <= 1000
    assert (tmp_path / "new").is_file()


@pytest.mark.parametrize("limit", [0, 9])
def test_what_is_larger_than_all_is_not_kept(tmp_path: Path, limit: int) -> None:
    cache = DiskCache(tmp_path / "kept", limit)
    cache.put("a", bytes(10))
    assert cache.get("a") is None
    assert not cache.folder.exists()


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = DiskCache(tmp_path / "file", 1000)
    cache.put("a", b"one")
    assert cache.get("a") is None


BUSY = """
import sys
from pathlib import Path
from sonolux.media.disk_cache import DiskCache
cache = DiskCache(Path(sys.argv[1]), 4000)
for number in range(300):
    name = str(number % 80)
    got = cache.get(name)
    assert got is None or got == name.encode() * 50, got
    cache.put(name, name.encode() * 50)
"""


def test_threads_and_processes_share_it(tmp_path: Path) -> None:
    others = [subprocess.Popen([sys.executable, "-c", BUSY, str(tmp_path)]) for _ in range(2)]
    cache = DiskCache(tmp_path, 4000)

    def work(offset: int) -> None:
        for number in range(300):
            name = str((offset + number) % 80)
            got = cache.get(name)
            assert got is None or got == name.encode() * 50
            cache.put(name, name.encode() * 50)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(0, 80, 20)))
    assert [other.wait(60) for other in others] == [0, 0]
    cache.put("last", bytes(4000))
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]
