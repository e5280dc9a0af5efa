"""Files are found by the words of their names and texts, in every script and however they are written."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonolux.library import Library

DOT = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,".encode("latin-1") + (
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
OLD_NAMES = {"Подмосковные вечера.gif": "cp1251", "夜来香.gif": "cp932"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Return a library of names and texts like those of the shared cases, and of some that are no UTF-8."""
    folder = tmp_path_factory.mktemp("words")
    names = [
        "The Who",
        "To be or not to be",
        "Übergröße",
        "Чайный домик",
        "दिल्ली यात्रा",
        "சென்னை கடற்கரை",
        "O’Brien",
        "GoFish",
    ]
    for name in names:
        (folder / f"{unicodedata.normalize('NFD', name)}.gif").write_bytes(DOT)
    for name, encoding in OLD_NAMES.items():
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name.encode(encoding))).write_bytes(DOT)
    (folder / "hyphen.txt").write_text("We saw a hippopo-\ntamus and a rhino-\nceros by the river.")
    (folder / "soft.html").write_text("<html><p>An ele&shy;phant, a cro<wbr>co<b>dile</b> and an okapi.</p></html>")
    (folder / "zero.txt").write_text("The wolve\u200brine sleeps")
    opened = Library(tmp_path_factory.mktemp("library") / "library")
    with opened:
        assert opened.add(folder, spaces=["bm25"], fingerprints=False).failed == []
        yield opened


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("the who", "The Who.gif"),
        ("to be or not to be", "To be or not to be.gif"),
        ("ubergrosse", "Übergröße.gif"),
        ("Übergröße", "Übergröße.gif"),
        ("чайный", "Чайный домик.gif"),
        ("दिल्ली", "दिल्ली यात्रा.gif"),
        ("சென்னை", "சென்னை கடற்கரை.gif"),
        ("o'brien", "O’Brien.gif"),
        ("go fish", "GoFish.gif"),
        ("gofish", "GoFish.gif"),
        ("hippopotamus", "hyphen.txt"),
        ("rhinoceros river", "hyphen.txt"),
        ("elephant", "soft.html"),
        ("crocodile", "soft.html"),
        ("wolverine", "zero.txt"),
    ],
)
def test_files_are_found(question: str, name: str, library: Library) -> None:
    hits = library.search(question, space="bm25")
    assert unicodedata.normalize("NFC", Path(hits[0].path).name) == name


@pytest.mark.parametrize(("question", "name"), [("вечера", "Подмосковные вечера.gif"), ("来香", "夜来香.gif")])
def test_names_from_before_unicode(question: str, name: str, library: Library) -> None:
    hits = library.search(question, space="bm25")
    assert os.fsencode(hits[0].path).endswith(name.encode(OLD_NAMES[name]))


def test_the_shared_cases(cases: Path, tmp_path: Path) -> None:
    for kind in ("names-combining", "text-broken-words"):
        shutil.copytree(cases / kind, tmp_path / "files" / kind)
    with Library(tmp_path / "library") as library:
        library.add(tmp_path / "files", spaces=["bm25"], fingerprints=False)
        for name in (cases / "names-combining").iterdir():
            hits = library.search(unicodedata.normalize("NFC", name.stem), space="bm25")
            assert Path(hits[0].path).name == name.name
        assert {Path(hit.path).stem for hit in library.search("hippopotamus")} == {"hyphen_break", "soft_hyphen"}
        assert {Path(hit.path).stem for hit in library.search("rhinoceros")} == {"hyphen_break", "zwsp"}
