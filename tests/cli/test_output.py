from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sonolux.cli.output import GAP, NARROWEST, Output, _fitted, shown_path

words = st.integers(0, 30).map("xy 漢".__mul__)
rows = st.lists(st.tuples(words, words).map(list), min_size=1, max_size=5)


@given(rows, st.integers(20, 200))
def test_last_column_fits_beside_or_goes_below(table: list[list[str]], width: int) -> None:
    columns, fitted = _fitted(("path", "title"), table, width)
    room = width - GAP - max(cell_len("path"), *(cell_len(path) for path, _ in table))
    if len(columns) == 2:
        assert all(cell_len(title) <= max(room, cell_len("title")) for _, title in fitted)
        assert [path for path, _ in fitted] == [path for path, _ in table]
    else:
        assert room < NARROWEST
        assert all(cell.startswith(path.rstrip()) for (cell,), (path, _) in zip(fitted, table, strict=True))
        assert all(cell_len(title) <= max(width, NARROWEST) for (cell,) in fitted for title in cell.split("\n")[1:])


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
