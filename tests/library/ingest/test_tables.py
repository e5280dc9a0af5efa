"""Tables of media in the library: rows are items that the other columns describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from shards import picture, sound
from sonolux.library import Library
from sonolux.settings import settings
from tables import cell, write_table

FAST = {"fingerprints": False, "labels": False}
SPACES = ["bm25", "colour-histogram", "mfcc"]


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_WORKERS", "1")
    settings.cache_clear()


def write(path: Path, captions: list[str]) -> Path:
    cells = [cell(picture(40 * n), f"{n}.jpg") for n in range(len(captions))]
    return write_table(path, cells, label=[n % 2 for n in range(len(captions))], caption=captions)


def test_rows_are_added_found_and_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    table = write(tmp_path / "data" / "t.parquet", ["a heron", "a stork", "an ibis"])
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(tmp_path / "data", spaces=SPACES, **FAST)
        assert (summary.added, summary.failed) == (3, [])
        assert [Path(hit.path).name for hit in library.search("stork")] == ["t.parquet#1"]
        stork = library.item(f"{table}#1")
        assert (stork.metadata["description"], stork.metadata["keywords"]) == ("a stork", ["dog"])
        assert library.search(image=f"{table}#2")[0].path == f"{table}#2"
        assert library.add(table, **FAST).unchanged == 3
        write(table, ["a heron", "a crane"])
        summary = library.add(table, prune=True, **FAST)
        assert (summary.updated, summary.unchanged, summary.removed, summary.failed) == (1, 1, 1, [])
        assert library.item(f"{table}#1").metadata["description"] == "a crane"
        assert library.remove(table) == 2


def test_a_column_of_audio(tmp_path: Path) -> None:
    table = write_table(tmp_path / "a.parquet", [cell(sound(tmp_path))], column="audio", text=["a bell rings"])
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(table, spaces=SPACES, **FAST).added == 1
        (item,) = library.items()
        assert (str(item.modality), item.metadata["description"]) == ("audio", "a bell rings")
