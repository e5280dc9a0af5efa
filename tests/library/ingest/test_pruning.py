"""Items leave with their files, and stay where it may be their drive that is gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonolux.library import Library
from sonolux.library.ingest import changes, volumes


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Two folders of three notes each."""
    for folder in ("card", "card/deep", "other"):
        (tmp_path / "media" / folder).mkdir(parents=True)
        for name in ("ash", "elm", "oak"):
            (tmp_path / "media" / folder / f"{name}.txt").write_text(f"{name} {folder}")
    return tmp_path / "media"


@pytest.fixture
def library(tmp_path: Path, notes: Path) -> Iterator[Library]:
    with Library(tmp_path / "l.sonolux") as opened:
        opened.add(notes, spaces=["bm25"])
        yield opened


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def mounted(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    """Have a folder look like the root of another file system."""

    def volume_of(path: str | Path) -> str:
        return name if Path(path).is_relative_to(folder) else "root"

    monkeypatch.setattr(volumes, "volume_of", volume_of)
    monkeypatch.setattr(changes, "volume_of", volume_of)
    # Devices are what volumes are asked by.
    monkeypatch.setattr(changes.ChangeDetector, "_volume_of", lambda self, path, device: volume_of(path))


def test_a_named_folder_that_held_items_and_is_empty_keeps_them(library: Library, notes: Path) -> None:
    empty(notes / "card")
    (notes / "card" / ".Trash").mkdir()
    (notes / "other" / "ash.txt").unlink()
    summary = library.add(notes / "card", notes / "other", prune=True)
    [refused] = summary.failed
    assert refused.path == str(notes / "card")
    assert refused.reason == (
        f"held 6 files and is empty now: is a drive not mounted? Nothing of it was removed; if the files are gone for"
        f" good: sonolux remove {notes / 'card'}"
    )
    assert summary.removed == 1  # what is gone from elsewhere leaves
    assert library.info()["files"] == 8
    assert library.remove(notes / "card") == 6  # the way to mean it


def test_a_folder_whose_files_have_moved_to_another_is_empty_and_no_reason_to_refuse(
    library: Library, notes: Path
) -> None:
    for file in list((notes / "other").iterdir()):
        file.rename(notes / "card" / f"moved {file.name}")
    summary = library.add(notes / "card", notes / "other", prune=True)
    assert (summary.moved, summary.removed, summary.failed) == (3, 0, [])


def test_a_drive_below_a_named_folder_that_is_not_mounted_keeps_its_items(
    tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch, notes / "card", "stick")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes, spaces=["bm25"])
        monkeypatch.undo()
        mounted(monkeypatch, tmp_path / "nowhere", "stick")
        empty(notes / "card")
        (notes / "other" / "ash.txt").unlink()
        summary = library.add(notes, prune=True)
        assert summary.removed == 0
        assert "6 of its files lay on another drive" in summary.failed[0].reason
        assert summary.failed[0].reason.endswith(f"sonolux remove {notes / 'card'}")
        assert library.remove(notes / "card") == 6
        assert library.add(notes, prune=True).removed == 1


def test_another_drive_in_the_place_of_the_first_keeps_the_items_of_the_first(
    tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch, notes / "card", "first")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes / "card", spaces=["bm25"])
        monkeypatch.undo()
        mounted(monkeypatch, notes / "card", "second")
        empty(notes / "card")
        (notes / "card" / "new.txt").write_text("of the second drive")
        for _ in range(2):
            summary = library.add(notes / "card", prune=True)
            assert (summary.removed, len(summary.failed)) == (0, 1)
        assert library.info()["files"] == 7


def test_a_drive_that_comes_back_under_another_number_is_the_same(
    tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch, notes / "card", "sdb1")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes / "card", spaces=["bm25"])
        monkeypatch.undo()
        mounted(monkeypatch, notes / "card", "sdc1")
        (notes / "card" / "ash.txt").unlink()
        assert library.add(notes / "card", prune=True).removed == 1


def test_a_folder_that_is_a_link_to_nothing_loses_nothing(tmp_path: Path, notes: Path) -> None:
    (tmp_path / "drive").mkdir()
    (notes / "card").rename(tmp_path / "drive" / "card")
    (notes / "card").symlink_to(tmp_path / "drive" / "card")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(notes, spaces=["bm25"])
        (tmp_path / "drive").rename(tmp_path / "unplugged")
        assert library.add(notes, prune=True).removed == 0
        assert library.add(notes / "card", notes / "other", prune=True).removed == 0
        assert library.info()["files"] == 9
