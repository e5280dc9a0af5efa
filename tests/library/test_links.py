"""One folder by several names, and one file by two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sonolux.library import Library
from sonolux.media.paths import folders, to_stored


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "ash.txt").write_text("ash")
    (folder / "elm.txt").write_text("elm")
    (tmp_path / "alias").symlink_to(folder)
    return folder


def test_a_folder_reached_by_a_link_in_another_run_is_the_same(tmp_path: Path, notes: Path) -> None:
    alias = tmp_path / "alias"
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes, spaces=["bm25"])
        again = library.add(alias)
        assert (again.added, again.unchanged) == (0, 2)
        assert library.item(alias / "ash.txt").path == str(notes / "ash.txt")
        for where in ({"folder": str(alias)}, {"path": str(alias / "ash.txt")}):
            assert library.search("ash", where=where)[0].path == str(notes / "ash.txt")
        (notes / "ash.txt").unlink()
        assert library.add(alias, prune=True).removed == 1
        assert library.remove(alias) == 1


def test_a_hard_link_is_an_item_of_its_own(tmp_path: Path, notes: Path) -> None:
    os.link(notes / "ash.txt", notes / "rowan.txt")
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(notes, spaces=["bm25"]).added == 3
        assert [hit.path for hit in library.search("rowan")] == [str(notes / "rowan.txt")]
        assert library.add(notes).unchanged == 3


def test_a_link_to_a_file_that_is_in_is_no_second_item(tmp_path: Path, notes: Path) -> None:
    favourites = tmp_path / "favourites"
    favourites.mkdir()
    (favourites / "best.txt").symlink_to(notes / "ash.txt")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes, spaces=["bm25"])
        again = library.add(favourites)
        assert (again.added, again.moved, again.unchanged) == (0, 0, 1)
        assert library.info()["files"] == 2


def test_a_file_known_by_a_link_keeps_its_item_when_it_comes_by_its_own_name(tmp_path: Path, notes: Path) -> None:
    favourites = tmp_path / "favourites"
    favourites.mkdir()
    (favourites / "best.txt").symlink_to(notes / "ash.txt")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(favourites, spaces=["bm25"])
        before = library.item(favourites / "best.txt").id
        summary = library.add(notes)
        assert (summary.added, summary.moved) == (1, 1)
        assert library.item(notes / "ash.txt").id == before
        assert library.add(favourites).unchanged == 1


def test_a_library_that_kept_links_to_folders_finds_its_items(tmp_path: Path, notes: Path) -> None:
    alias = tmp_path / "alias"
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes, spaces=["bm25"])
        ids = {item.id for item in library.items()}
        for item in list(library.items()):
            named = str(alias / Path(item.path).name)
            library.index.set_payload([item.id], {"path": to_stored(named), "folders": folders(named)})
        assert library.item(alias / "ash.txt").id in ids
        assert len(list(library.items({"folder": str(alias)}))) == 2
        again = library.add(alias)
        assert (again.added, again.moved) == (0, 2)
        assert {item.path for item in library.items()} == {str(notes / "ash.txt"), str(notes / "elm.txt")}
        assert {item.id for item in library.items()} == ids
