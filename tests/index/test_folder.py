"""An embedded library's folder: who may make it, who holds it, what happens when it is damaged or full."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.index_oracle import id_of
from sonolux.errors import LibraryBusyError, LibraryError
from sonolux.holder_note import announce, read_note, read_socket
from sonolux.index.base import Condition, Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.settings import settings
from sonolux.types import Space

ROW = np.ones(4, np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a closed library of one space and three points."""
    index = EmbeddedIndex(str(tmp_path / "trips.sonolux"))
    with index:
        index.create()
        index.add_space(Space("look", 4))
        index.upsert([Point(id_of(n), {"look": ROW}, {"n": n}) for n in range(3)])
    return tmp_path / "trips.sonolux"


def opened(folder: Path) -> EmbeddedIndex:
    return EmbeddedIndex(str(folder))


# Killed while a space came or went


@pytest.mark.parametrize("kept", [[], ["sound"]])
def test_a_configuration_behind_its_segments_is_mended(folder: Path, kept: list[str]) -> None:
    with opened(folder) as index:
        index.add_space(Space("sound", 8))
    file = folder / "shard" / "edge_config.json"
    config = json.loads(file.read_text())
    config["vectors"] = {name: vector for name, vector in config["vectors"].items() if name in kept}
    file.write_text(json.dumps(config))
    with opened(folder) as index:
        assert index.count(space="look") == 3
        index.add_space(Space("taste", 2))
        index.upsert([Point(id_of(9), {"sound": np.ones(8, np.float32), "taste": np.ones(2, np.float32)}, {})])
    with opened(folder) as index:
        assert index.count(space="taste") == 1
        assert {match.id for match in index.search("look", ROW, 9)} == {id_of(n) for n in range(3)}


# Making


def test_nothing_is_touched_before_first_use(tmp_path: Path) -> None:
    index = opened(tmp_path / "none")
    assert not index.exists()
    index.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LibraryError, match="none does not exist"):
        index.count()


def test_an_empty_folder_and_deep_folders_become_libraries(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "a/b/c"):
        with opened(tmp_path / name) as index:
            index.create()
            assert index.count() == 0


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(LibraryError, match="other files"):
        opened(tmp_path).create()
    with pytest.raises(LibraryError, match="no library"):
        opened(tmp_path).count()
    assert [entry.name for entry in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trips.sonolux"
    file.write_text("x")
    assert not opened(file).exists()
    for call in (opened(file).create, opened(file).count):
        with pytest.raises(LibraryError, match="is a file"):
            call()
    assert file.read_text() == "x"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot make a library"):
        opened(tmp_path / "file" / "trips").create()


def test_a_creation_cut_short_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "creating-x" / "wal").mkdir(parents=True)
    with opened(tmp_path) as index:
        assert not index.exists()
        index.create()
        assert index.count() == 0
    assert not (tmp_path / "creating-x").exists()


def test_home_is_understood(private_home: Path) -> None:
    with opened(Path("~/trips")) as index:
        index.create()
    assert (private_home / "trips" / "shard").is_dir()


# Holding


def test_a_second_process_is_told_who_holds_the_library(folder: Path) -> None:
    code = f"""
        from sonolux.index.embedded import EmbeddedIndex
        index = EmbeddedIndex({str(folder)!r})
        print(index.count(), flush=True)
        input()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"3\n"
        with pytest.raises(LibraryBusyError, match=f"in use by process {child.pid} on .* since 20"):
            opened(folder).count()
        child.kill()
    assert (folder / "holder.json").exists()
    with opened(folder) as index:
        assert index.count() == 3
    assert not (folder / "holder.json").exists()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"pid": 1, "host": "a\\nb"}'])
def test_a_damaged_note_of_the_holder_is_survived(folder: Path, note: str) -> None:
    with opened(folder) as index:
        index.count()
        (folder / "holder.json").write_text(note)
        with pytest.raises(LibraryBusyError, match="in use by another process"):
            opened(folder).count()


def test_the_note_is_one_printable_line(folder: Path) -> None:
    note = {"pid": 1, "host": "h", "command": "evil\n\x1b[31m", "since": "now"}
    with opened(folder) as index:
        index.count()
        (folder / "holder.json").write_text(json.dumps(note))
        with pytest.raises(LibraryBusyError, match=r"\(evil\?\?\[31m\)"):
            opened(folder).count()


def test_the_note_names_where_the_holder_answers_calls(folder: Path) -> None:
    note = folder / "holder.json"
    with opened(folder) as index:
        index.count()
        assert read_socket(note) is None
        announce(note, Path("/run/calls"))
        assert read_socket(note) == Path("/run/calls")
        assert note.stat().st_mode & 0o777 == 0o600
        assert f"process {os.getpid()} " in read_note(note)
        index.close()
        assert not note.exists()
        index.count()  # opened anew
        assert read_socket(note) == Path("/run/calls")
        announce(note, None)
        assert read_socket(note) is None
        note.write_text('{"pid": 1, "socket": "relative"}')
        assert read_socket(note) is None
        announce(note, Path("/run/calls"))  # another process holds it: its note is left alone
        assert read_socket(note) is None
        announce(note, None)


def test_threads_share_an_index(folder: Path) -> None:
    with opened(folder) as index:

        def work(n: int) -> int:
            index.upsert([Point(id_of(100 + n), {"look": ROW}, {"n": n})])
            index.set_payload([id_of(100 + n)], {"seen": True})
            return len(index.search("look", ROW, 100, where=[Condition("seen", "=", True)]))

        with ThreadPoolExecutor(4) as pool:
            assert min(pool.map(work, range(40))) >= 1
        assert index.count([Condition("seen", "=", True)]) == 40


# Damage


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"spaces": []}', b'{"spaces": [1], "meta": {}}', b"\xff\xfe",
     b'{"spaces": [{"nome": "x"}], "meta": {}}', b'{"spaces": [], "meta": []}'],
)  # fmt: skip
def test_a_damaged_record(folder: Path, content: bytes) -> None:
    (folder / "sonolux.json").write_bytes(content)
    with pytest.raises(LibraryError, match=r"sonolux\.json is lost or damaged .* copy"):
        opened(folder).count()
    assert (folder / "sonolux.json").read_bytes() == content


def test_a_lost_record(folder: Path) -> None:
    record = (folder / "sonolux.json").read_text()
    (folder / "sonolux.json").unlink()
    with pytest.raises(LibraryError, match="lost or damaged"):
        opened(folder).count()
    (folder / "sonolux.json").write_text(record)
    with opened(folder) as index:
        assert index.count() == 3


def test_a_lost_shard(folder: Path) -> None:
    shutil.rmtree(folder / "shard")
    assert not opened(folder).exists()
    for call in (opened(folder).count, opened(folder).create):
        with pytest.raises(LibraryError, match="lost its shard"):
            call()


@pytest.mark.parametrize("harm", ["cut", "emptied", "scribbled"])
def test_a_damaged_shard_is_one_clear_line(folder: Path, harm: str) -> None:
    harms: dict[str, Callable[[Path], Any]] = {
        "cut": lambda file: os.truncate(file, file.stat().st_size // 2),
        "emptied": lambda file: os.truncate(file, 0),
        "scribbled": lambda file: file.write_bytes(b"\xff" * file.stat().st_size),
    }
    files = sorted((folder / "shard").rglob("segment.json"))
    files += sorted((folder / "shard").rglob("vector_storage-*/vectors/status.dat"))
    assert len(files) == 2
    refused = 0
    for file in files:
        content = file.read_bytes()
        harms[harm](file)
        try:
            with opened(folder) as index:
                index.count()
        except LibraryError as error:
            refused += 1
            assert str(error).startswith(f"{folder} cannot be")
            assert "\n" not in str(error)
        file.write_bytes(content)
    assert refused >= 1
    with opened(folder) as index:
        assert index.count() == 3


def test_a_space_that_is_in_no_record_gives_way(folder: Path) -> None:
    """A process killed between the engine's change and the record's leaves one behind."""
    record = json.loads((folder / "sonolux.json").read_text())
    record["spaces"] = []
    (folder / "sonolux.json").write_text(json.dumps(record))
    with opened(folder) as index:
        index.add_space(Space("look", 6, "dot"))
        assert index.count(space="look") == 0
        index.update_vectors([Point(id_of(1), {"look": np.ones(6, np.float32)})])
        assert index.search("look", np.ones(6, np.float32), 3)[0].score == 6


# A full disk


def test_a_full_disk_refuses_writes_and_goes_on_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(folder) as index:
        assert index.count() == 3
        monkeypatch.setenv("SONOLUX_MIN_FREE", str(2**60))
        settings.cache_clear()
        writes: list[Callable[[], Any]] = [
            lambda: index.upsert([Point(id_of(9))]),
            lambda: index.update_vectors([Point(id_of(1), {"look": ROW})]),
            lambda: index.set_payload([id_of(1)], {"n": 7}),
            lambda: index.delete([id_of(1)]),
            lambda: index.delete_where([Condition("n", "=", 1)]),
            lambda: index.add_space(Space("more", 4)),
            lambda: index.drop_space("look"),
            lambda: index.update_meta(lambda meta: {"a": 1}),
            index.optimize,
            lambda: opened(folder.parent / "new").create(),
        ]
        for write in writes:
            with pytest.raises(LibraryError, match=r"the disk of .* is nearly full: \d+ MiB"):
                write()
        assert len(index.search("look", ROW, 9)) == 3
        assert {p.payload["n"] for p in index.scroll()} == {0, 1, 2}
    with opened(folder) as index:
        assert index.read_meta() == {}
        assert list(index.spaces()) == ["look"]


def test_after_a_failed_write_the_shard_is_opened_afresh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        """A shard whose disk fails once."""

        def __init__(self, shard: Any) -> None:
            self.close, self.count = shard.close, shard.count

        def update(self, operation: Any) -> None:
            raise OSError("Input/output error")

    with opened(folder) as index:
        index.count()
        monkeypatch.setattr(index._held, "_shard", Failing(index.shard()))
        with pytest.raises(LibraryError, match="cannot be written: Input/output error"):
            index.delete([id_of(1)])
        index.delete([id_of(1)])
        assert index.count() == 2
