"""A library in a folder, or on a disk, that cannot be written is searched, and says so when it is written to."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from making import write_wav
from sonolux.library import Library
from tunes import tune

DROP_FROM_BOUNDING_SET, OVERRIDE, READ_ANY = 24, 1, 2

ASK = """
import json, sys
from sonolux.errors import SonoluxError
from sonolux.library import Library

def refusal(act):
    try:
        act()
    except SonoluxError as error:
        return str(error)

location, media = sys.argv[1:]
told = {}
with Library(location) as library:
    told["found"] = [hit.path for hit in library.search("marmalade")]
    told["confident"] = library.search("marmalade")[0].chance is not None
    told["judged"] = len(library.judgements())
    told["heard"] = [match.path for match in library.identify(media + "/tune.wav")]
    told["refused"] = [
        refusal(act)
        for act in (
            lambda: library.add(media),
            lambda: library.remove(media),
            lambda: library.judge(media + "/a.txt", liked=[media + "/b.txt"]),
            lambda: library.fingerprint(media),
            lambda: library.drop_space("bm25"),
            lambda: library.optimize(),
        )
    ]
    told["after"] = [hit.path for hit in library.search("marmalade")]
    told["opened"] = [refusal(lambda: Library(location).info()) for _ in range(2)]
print(json.dumps(told))
"""


def without_privileges() -> None:
    """Have the permissions of files count for root too, from the next program on."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (OVERRIDE, READ_ANY):
            if libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0):
                os._exit(77)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    (folder / "a.txt").write_text("marmalade")
    (folder / "b.txt").write_text("a letter of thanks")
    write_wav(folder / "tune.wav", tune(0, 12))
    return folder


@pytest.fixture(scope="module")
def locked(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a library that may not be written."""
    location = tmp_path_factory.mktemp("read") / "l.sonolux"
    with Library(location) as library:
        library.add(media, spaces=["bm25"])
        library.judge(media / "a.txt", liked=[media / "b.txt"])
    every = [location, *location.rglob("*")]
    for path in every:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield location
    for path in every:
        path.chmod(0o755 if path.is_dir() else 0o644)


def ask(location: Path, media: Path, temporary: Path) -> dict[str, Any]:
    temporary.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(location), str(media)],
        preexec_fn=without_privileges,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("root cannot give its privileges up here")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_read_only_library_is_searched_and_takes_no_writes(locked: Path, media: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in locked.rglob("*")}
    told = ask(locked, media, tmp_path / "temporary")
    assert told["found"] == told["after"] == [str(media / "a.txt")]
    assert told["judged"] == 1
    assert told["heard"] == [str(media / "tune.wav")]
    assert told["refused"] == [
        f"{locked} can be searched, but not written: its disk or folder is read-only for this user"
    ] * len(told["refused"])
    assert told["opened"] == [None, None]  # by as many as like
    assert {path: path.stat().st_mtime_ns for path in locked.rglob("*")} == before
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_is_being_written_is_not_read_in_between(locked: Path, media: Path, tmp_path: Path) -> None:
    with (locked / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, "-m", "sonolux", "search", "marmalade", "--library", str(locked)],
            preexec_fn=without_privileges,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    if done.returncode == 77:
        pytest.skip("root cannot give its privileges up here")
    assert done.returncode == 1
    assert "is in use by another process" in done.stderr


def test_what_is_copied_has_the_holes_of_the_original(tmp_path: Path) -> None:
    from sonolux.index.read_only import shadow

    shard = tmp_path / "shard"
    shard.mkdir()
    with (shard / "page.dat").open("wb") as file:
        file.truncate(2**25)
        for place in (0, 5_000_000, 2**25 - 10):
            file.seek(place)
            file.write(b"ten bytes.")
    (shard / "matrix.dat").write_bytes(b"vectors")
    (shard / "empty.dat").touch()
    with shadow(shard, "l.sonolux") as aside:
        copy = Path(aside)
        assert (copy / "page.dat").read_bytes() == (shard / "page.dat").read_bytes()
        assert (copy / "page.dat").stat().st_blocks * 512 < 2**20
        assert (copy / "matrix.dat").is_symlink()
        assert (copy / "empty.dat").read_bytes() == b""
    assert not copy.exists()
    shutil.rmtree(shard)
