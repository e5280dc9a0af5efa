"""Libraries of earlier formats open, whole, and become libraries of today's when they are written to.

Each archive in ``before`` holds a library as the last version of its format wrote it, made with the sources of that
version on the search path::

    PYTHONPATH=OLD/src python tests/library/before/write_library.py /tmp/format-1
    tar --sparse -cJf tests/library/before/library-format-1.tar.xz -C /tmp/format-1 library.sonolux
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from making import tone, write_wav
from sonolux.errors import LibraryError
from sonolux.library import Library
from sonolux.library.manifest import FORMAT, MIGRATIONS, LibraryManifest, merge_spaces

BEFORE = Path(__file__).with_name("before")


@pytest.fixture(params=range(1, FORMAT))
def former(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a library of an earlier format."""
    with tarfile.open(BEFORE / f"library-format-{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    location = tmp_path / "library.sonolux"
    assert format_of(location) == request.param
    return location


def format_of(location: Path) -> int:
    return int(json.loads((location / "sonolux.json").read_text())["meta"]["format"])


def test_every_format_leads_to_the_next() -> None:
    assert list(MIGRATIONS) == list(range(1, FORMAT))
    assert all((BEFORE / f"library-format-{number}.tar.xz").stat().st_size < 150_000 for number in MIGRATIONS)


def test_what_was_kept_is_there(former: Path) -> None:
    with Library(former) as library:
        assert library.info()["modalities"] == {"image": 2, "audio": 1, "text": 1}
        assert library.info()["spaces"] == {"colour-layout": 2, "mfcc": 1, "bm25": 4}
        poem, red, blue = (next(i for i in library.items() if Path(i.path).stem == n) for n in ("poem", "red", "blue"))
        assert library.search("lighthouse")[0].id == poem.id
        assert [hit.id for hit in library.search("crimson")] == [red.id]
        assert library.search(like=blue.id, space="colour-layout")[0].id == red.id
        assert [(said.annotator, said.label) for said in library.annotations(red.id)] == [("colours", "crimson")]
        judged = {(one.query, one.item, one.liked) for one in library.judgements()}
        assert judged == {("ships at sea", poem.id, True), ("ships at sea", red.id, False)}
        assert len(library.fingerprints) == 1
    before = format_of(former)
    assert before < FORMAT, "what only asks writes nothing"


def test_it_is_added_to_and_written_in_todays_format(former: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    write_wav(sounds / "walk.wav", tone(330, 6))
    (sounds / "words.txt").write_text("a walrus")
    with Library(former) as library:
        summary = library.add(sounds)
        assert (summary.added, summary.failed) == (2, [])
        assert library.info()["spaces"] == {"colour-layout": 2, "mfcc": 2, "bm25": 6}
        assert library.search("walrus")[0].path == str(sounds / "words.txt")
        changes = library.manifest.changes
        assert changes > 6
    assert format_of(former) == FORMAT
    with Library(former) as library:
        assert library.manifest.changes == changes
        assert library.search("lighthouse")
        library.drop_space("mfcc")
        library.optimize()
        assert library.search("lighthouse")


def test_words_are_encoded_again_when_something_is_added(former: Path, tmp_path: Path) -> None:
    """Keyword search of an earlier version is asked as it is; the next `add` brings what today's finds."""
    (tmp_path / "walrus.txt").write_text("a walrus")
    with Library(former) as library:
        before = library.spaces.entries["bm25"]
        assert library.search("lighthouse", space="bm25")
        assert not library.search("the", space="bm25")
        library.add(tmp_path / "walrus.txt")
        assert library.spaces.entries["bm25"] != before
        poem = library.search("lighthouse", space="bm25")[0]
        assert library.search("the", space="bm25")[0].id == poem.id
        # Labels are words of their file, as before.
        assert Path(library.search("crimson", space="bm25")[0].path).stem == "red"
        assert not library.spaces.older_keyword()


def encoder(name: str, modality: str = "image", **more: Any) -> dict[str, Any]:
    return {"modality": modality, "name": name, "spec": name, "digest": "0" * 16, "licence": "", **more}


def stored(**changes: Any) -> dict[str, Any]:
    spaces = {"hog": [encoder("hog")], "clip": [encoder("clip"), encoder("clip", "text", weight=3.0)]}
    return {
        "format": 1, "cutting": {"image_side": 512}, "spaces": spaces, "changes": 7, "spans": False, "created": "",
    } | changes  # fmt: skip


def test_format_1_is_weighed() -> None:
    manifest = LibraryManifest.from_meta(stored(), "here")
    assert [entry["weight"] for entries in manifest.spaces.values() for entry in entries] == [1.0, 1.0, 3.0]
    assert manifest.as_meta()["format"] == FORMAT
    assert LibraryManifest.from_meta(manifest.as_meta(), "here") == manifest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": FORMAT + 1}, "newer Sonolux"),
        ({"format": "one"}, "damaged: 'one' is no format"),
        ({"format": None}, "damaged"),
        ({"format": 0}, "damaged"),
        ({"spaces": 3}, "damaged"),
        ({"more": 3}, "damaged"),
    ],
)
def test_what_is_no_manifest_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        LibraryManifest.from_meta(stored(**changes), "here")


def test_a_migration_leaves_what_it_was_given() -> None:
    given = stored()
    LibraryManifest.from_meta(given, "here")
    assert given == stored()


def test_spaces_of_two_writers_are_merged() -> None:
    before = {"hog": [encoder("hog")], "clip": [encoder("clip")]}
    ours = {"clip": [encoder("clip"), encoder("clip", "text")], "mfcc": [encoder("mfcc", "audio")]}
    theirs = {"hog": [encoder("hog")], "clip": [encoder("clip")], "bm25": [encoder("bm25", "text")]}
    merged = merge_spaces(theirs, before, ours)
    assert set(merged) == {"clip", "bm25", "mfcc"}
    assert merged["clip"] == [encoder("clip"), encoder("clip", "text")]
    # What they dropped and we left as it was stays dropped; what we left stays as they have changed it.
    assert merge_spaces({}, before, before) == {}
    changed = {"hog": [encoder("hog", digest="1" * 16)]}
    assert merge_spaces(changed, before, before) == changed
