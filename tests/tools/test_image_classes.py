"""The table of classes, from a dictionary of five things."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.encoders.packaged import image_classes as module
from sonolux.encoders.packaged.image_classes import TABLE
from tools import image_classes as tool

NOUNS = """\
00000001 03 n 01 entity 0 001 ~ 00000002 n 0000 | all there is
00000002 03 n 02 animal 0 beast 0 002 @ 00000001 n 0000 ~ 00000003 n 0000 | what breathes
00000003 05 n 01 true_cat 0 002 @ 00000002 n 0000 @i 00000005 n 0000 | what purrs
00000004 06 n 01 crane 4 001 @ 00000001 n 0000 | what lifts
00000005 05 n 01 pet 0 001 @ 00000002 n 0000 | what is kept
"""


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    folder = tmp_path / "wordnet"
    folder.mkdir()
    notice = "".join(f"  {number} a line of the licence\n" for number in range(1, tool.PREAMBLE + 1))
    (folder / "data.noun").write_text(notice + NOUNS)
    (folder / "index.sense").write_text(
        "animal%1:03:00:: 00000002 1 80\nbeast%1:03:00:: 00000002 1 7\nrun%2:38:00:: 00000003 1 9\n"
    )
    return folder


def test_classes_come_first_and_everything_above_them_once(
    wordnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = tmp_path / "sample"
    sample.mkdir()
    for name in ("n00000004_crane.jpg", "n00000003_true_cat.jpg", "notes.txt"):
        (sample / name).write_bytes(b"")
    table = tmp_path / "table.tsv"
    monkeypatch.setattr(tool, "TABLE", table)
    assert tool.write_table(sample, wordnet) == 5
    lines = table.read_text().splitlines()
    assert lines[: tool.PREAMBLE] == ["# a line of the licence"] * tool.PREAMBLE
    assert lines[tool.PREAMBLE :] == [
        "00000003\ttrue cat\t00000002 00000005\t0\t05",
        "00000004\tcrane\t00000001\t0\t06",
        "00000002\tanimal|beast\t00000001\t87\t03",
        "00000005\tpet\t00000002\t0\t05",
        "00000001\tentity\t\t0\t03",
    ]


def test_the_table_that_is_there_begins_with_the_notice_and_is_whole() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in text.split("\n01440764")[0]
    table = module.image_classes()
    assert table.labels[0] == "tench" and table.labels[999] == "toilet tissue"
    roots = [place for place, above in enumerate(table.parents) if not above]
    assert [table.labels[place] for place in roots] == ["entity"]
    assert all(roots[0] in table.kinds(place) for place in range(module.CLASSES))
