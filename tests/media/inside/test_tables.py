"""Tables of media: which rows are media, what the other columns say of them, and what is wrong, a line each."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from shards import picture
from sonolux.errors import MediaError
from sonolux.media.finding import find
from sonolux.media.inside.members import descriptions_of, local_file, open_medium, stamp_of, status_of
from sonolux.settings import settings
from sonolux.types import Failure
from tables import cell, write_table


def found(path: Path) -> tuple[list[str], list[str]]:
    both = list(find([str(path)], real=True, inside=True))
    names = [one.removeprefix(f"{path}#") for one in both if isinstance(one, str)]
    return names, [one.reason for one in both if isinstance(one, Failure)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    cells = [cell(picture(n), f"{n}.jpg") for n in range(5)]
    captions = [f"caption {n}" for n in range(5)]
    return write_table(tmp_path / "t.parquet", cells, label=[0, 1, 0, 1, 7], caption=captions)


def test_rows_are_members_in_any_order(table: Path) -> None:
    assert found(table) == (["0", "1", "2", "3", "4"], [])
    for number in (4, 0, 3, 1, 2, 2):
        with open_medium(f"{table}#{number}") as file:
            assert file.read() == picture(number)
        assert status_of(f"{table}#{number}").size == len(picture(number))
    with local_file(f"{table}#3") as local:
        assert list(local.coming) == [len(picture(3))]
        assert Path(local.path).read_bytes() == picture(3)
    assert not list((settings().cache / "members").iterdir())


def test_large_groups_are_read_in_parts(tmp_path: Path) -> None:
    table = write_table(tmp_path / "a.parquet", [cell(b"%d" % n) for n in range(300)], group=200)
    for number in (299, 0, 63, 64, 199, 200, 130):
        with open_medium(f"{table}#{number}") as file:
            assert file.read() == b"%d" % number
    assert status_of(f"{table}#299").size == 3


def test_other_columns_describe_a_row_with_the_names_of_classes(table: Path) -> None:
    said = [json.loads(descriptions_of(f"{table}#{number}")["json"]) for number in (0, 1, 4)]
    assert said == [
        {"label": "cat", "caption": "caption 0"},
        {"label": "dog", "caption": "caption 1"},
        {"label": 7, "caption": "caption 4"},
    ]


def test_bytes_by_themselves_and_other_columns(tmp_path: Path) -> None:
    plain = write_table(tmp_path / "a.parquet", [picture(1)], pa.binary(), "img")
    large = write_table(tmp_path / "b.parquet", [picture(2)], pa.large_binary(), "audio", image_id=[3])
    assert (found(plain), found(large)) == ((["0"], []), (["0"], []))
    with open_medium(f"{large}#0") as file:
        assert file.read() == picture(2)


def test_rows_without_bytes_are_left_out(tmp_path: Path) -> None:
    cells = [None, cell(picture(1)), cell(None, "/etc/passwd"), cell(None), cell(None, "x.jpg"), cell(b"")]
    table = write_table(tmp_path / "a.parquet", cells)
    assert found(table) == (
        ["1", "5"],
        [
            "2 of its rows, such as 0, are empty: left out",
            "2 of its rows, such as 2, name a file instead of holding its bytes: add its folder: left out",
        ],
    )
    for name in ("0", "2", "6", "-1", "x", "9" * 30, "1.0"):
        with pytest.raises(MediaError, match="is not there"):
            open_medium(f"{table}#{name}")
    with pytest.raises(MediaError, match="empty"):
        open_medium(f"{table}#5")


@pytest.mark.parametrize(
    ("column", "kind", "cells", "line"),
    [
        ("pixels", pa.binary(), [b"x"], "has no column of media: none is called image, audio, video"),
        ("image", pa.int64(), [3], "has a column image of type int64, which holds no files"),
        ("image", pa.list_(pa.int8()), [[3]], "has a column image of type list<"),
        ("image", pa.struct([("path", pa.string())]), [{"path": "x"}], "has a column image of type struct<"),
        ("image", pa.string(), ["x.jpg"], "1 of its rows, such as 0, name a file"),
    ],
)
def test_tables_without_media_are_one_line(tmp_path: Path, column: str, kind: object, cells: list, line: str) -> None:
    names, told = found(write_table(tmp_path / "a.parquet", cells, kind, column))
    assert (names, len(told)) == ([], 1)
    assert told[0].startswith(line)


def test_damaged_tables_are_one_line(table: Path) -> None:
    whole = table.read_bytes()
    for content in (b"PAR1 no table", whole[: len(whole) // 2], whole[:9] + os.urandom(2000) + whole[2009:]):
        table.write_bytes(content)
        names, told = found(table)
        assert (names, len(told)) == ([], 1)
        assert told[0].startswith("cannot be read as a Parquet table")
        assert "\n" not in told[0]


def test_rows_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_MAX_MEMBER", "1000")
    settings.cache_clear()
    table = write_table(tmp_path / "a.parquet", [cell(picture(1)), cell(bytes(1001))])
    names, told = found(table)
    assert (names, len(told)) == (["0"], 1)
    assert told[0].startswith("has 1,001 bytes in its table, more than 1,000")
    with pytest.raises(MediaError, match="SONOLUX_MAX_MEMBER"):
        open_medium(f"{table}#1")


def test_without_pyarrow_the_extra_is_named(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert found(table) == ([], ["a Parquet table needs pyarrow: pip install 'sonolux[train]'"])


def test_the_stamp_follows_what_is_said(table: Path) -> None:
    before = [stamp_of(f"{table}#{number}") for number in (0, 1)]
    cells = [cell(picture(9)), cell(picture(1))]
    write_table(table, cells, label=[0, 1], caption=["caption 0", "another"])
    after = [stamp_of(f"{table}#{number}") for number in (0, 1)]
    assert (after[0], after[1] != before[1]) == (before[0], True)
