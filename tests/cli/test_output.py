from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sonolux.cli.output import GAP, NARROWEST, Output, _fitted, shown_path

COLUMNS = ("a", ">b", "path", "title")
rows = st.lists(st.tuples(*[st.text("xyz 漢", max_size=30)] * 4).map(list), max_size=5)


@given(rows, st.integers(20, 200))
def test_last_column_fits_beside_or_below(table: list[list[str]], width: int) -> None:
    columns, fitted = _fitted(COLUMNS, table, width)
    widths = [max(cell_len(line) for line in cell.split("\n")) for row in fitted for cell in row[-1:]]
    before = [
        max(map(cell_len, column)) + GAP for column in zip(["a", "b", "path"], *[r[:3] for r in table], strict=True)
    ]
    if len(columns) == 4:
        assert all(sum(before) + own <= max(width, sum(before) + len("title")) for own in widths)
        assert all(short[:-1] == long[:-1] for short, long in zip(fitted, table, strict=True))
    else:
        assert all(
            cell.split("\n")[0].rstrip() == long[2].rstrip() for (*_, cell), long in zip(fitted, table, strict=True)
        )
        assert width - sum(before) < NARROWEST


@pytest.mark.parametrize("width", [60, 90, 200])
def test_a_terminal_is_never_exceeded(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    path = "photos/" + "long/" * 12 + "name.jpg"
    Output().table(("#", "chance", "path", "title"), [("1", "1 in 4,000", path, "what it shows " * 9)])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert path in "".join(line.strip() for line in lines).replace("  ", "")


def test_a_pipe_gets_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("path", "title"), [("p" * 300, "t" * 300), ("p", "t")])
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_paths_are_relative_where_that_is_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert shown_path(str(tmp_path / "deep" / "down" / "a.jpg")) == "a.jpg"
    assert shown_path("/etc") == "/etc"
