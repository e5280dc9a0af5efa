"""Names that try to be more than names are shown harmlessly, and survive whole in JSON."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

NAMES = [
    b"two\nlines.txt",
    b"red\x1b[31m\x1b]0;owned\x07.txt",
    b"bytes \xff\xfe.txt",
    "astronaut \N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}.txt".encode(),
    "right \N{RIGHT-TO-LEFT OVERRIDE}txt.exe.txt".encode(),
    b"\"quotes' & <img src=x onerror=alert(1)>.txt",
    b"[bold red]markup :smiley: .txt",
    b" spaces  .txt",
]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    media = tmp_path / "media"
    media.mkdir()
    for number, name in enumerate(NAMES):
        Path(os.fsdecode(bytes(media) + b"/" + name)).write_text(f"a lighthouse, number {number}")
    return media


def test_shown_harmlessly_and_whole_in_json(cli, folder: Path, tmp_path: Path) -> None:
    cli("add", folder, "--space", "bm25")
    paths = {os.fsdecode(bytes(folder) + b"/" + name) for name in NAMES}
    for command in (["list"], ["search", "lighthouse", "-k", "20"]):
        ran = cli(*command)
        assert len(ran.lines) == len(NAMES) + (command[0] == "search")
        assert not CONTROL.search(ran.out)
        assert r"two\nlines.txt" in ran.out and r"bytes \xff\xfe.txt" in ran.out
        assert "[bold red]markup :smiley: .txt" in ran.out
        assert {record["path"] for record in cli(*command, "--json").records} == paths
    for path in paths:
        assert cli("show", path, "--json").records[0]["path"] == path
        assert not CONTROL.search(cli("show", path).out)


def test_failures_are_named_harmlessly(cli, tmp_path: Path) -> None:
    bad = Path(os.fsdecode(bytes(tmp_path) + b"/red\x1b[31m\n\xff.txt"))
    bad.write_bytes(b"")
    ran = cli("add", bad, "--quiet")
    assert ran.code == 3 and not CONTROL.search(ran.err) and ran.err.count("\n") == 1
    assert cli("add", bad, "--json").records[0]["failed"][0]["path"] == str(bad)
    refused = cli("show", bad)
    assert refused.code == 1 and not CONTROL.search(refused.err) and refused.err.count("\n") == 1


def test_page_is_harmless(cli, folder: Path, tmp_path: Path) -> None:
    cli("add", folder, "--space", "bm25")
    cli("search", "lighthouse", "-k", "20", "--html", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<img src=x" not in page and "&lt;img src=x onerror=alert(1)&gt;" in page
    assert not CONTROL.search(page)
