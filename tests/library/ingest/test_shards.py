"""Shards in the library: members are items that samples describe, and follow their shard as files their folder."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from making import noise
from shards import animals, picture, sound, write_tar
from sonolux.errors import LibraryError
from sonolux.index import Condition
from sonolux.library import Library
from sonolux.settings import settings

GONE = "is not there (vanished, moved, or a link to nothing)"
FAST = {"fingerprints": False, "labels": False}
SPACES = ["bm25", "colour-histogram", "mfcc"]


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two shards and an ordinary file."""
    monkeypatch.setenv("SONOLUX_WORKERS", "1")
    settings.cache_clear()
    folder = tmp_path / "shards"
    folder.mkdir()
    write_tar(folder / "00000.tar", animals())
    write_tar(folder / "00001.tar", [("bell.wav", sound(tmp_path)), ("bell.txt", b"A bell"), ("bell.cls", b"bell")])
    (folder / "loose#1.jpg").write_bytes(picture(77))
    return folder


def found(library: Library, words: str) -> list[str]:
    return [Path(hit.path).name for hit in library.search(words)]


def test_members_are_found_by_what_their_samples_say(shards: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(shards, spaces=SPACES, **FAST)
        assert (summary.added, summary.failed) == (4, [])
        assert found(library, "sill") == ["00000.tar#cat-17.jpg"]
        assert found(library, "kitten") == ["00000.tar#cat-17.jpg"]
        assert found(library, "terrier") == ["00000.tar#dog-4.png"]
        cat = library.item(f"{shards}/00000.tar#cat-17.jpg")
        assert (cat.metadata["title"], cat.metadata["keywords"]) == ("A cat asleep on a sill", ["3", "tabby"])
        assert (cat.metadata["width"], cat.metadata["artist"]) == (32, ["Ada"])
        assert [item.path for item in library.items({"folder": str(shards / "00001.tar")})] == [
            f"{shards}/00001.tar#bell.wav"
        ]
        nearest = library.search(image=picture_file(tmp_path, 10))[0]
        assert nearest.path.endswith("cat-17.jpg")
        like = library.search(image=f"{shards}/00000.tar#dog-4.png")
        assert Path(like[0].path).name == "00000.tar#dog-4.png"
        assert not list((settings().cache / "members").iterdir())


def picture_file(folder: Path, shade: int) -> Path:
    (folder / "asked.jpg").write_bytes(picture(shade))
    return folder / "asked.jpg"


def test_braces_and_single_members_are_added(shards: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(f"{shards}/00000.tar#dog-4.png", spaces=SPACES, **FAST).added == 1
        summary = library.add(f"{shards}/{{00000..00002}}.tar")
        assert (summary.added, summary.unchanged) == (2, 1)
        assert [(Path(one.path).name, one.reason) for one in summary.failed] == [("00002.tar", GONE)]


def test_a_shard_that_changed_is_followed(shards: Path, tmp_path: Path) -> None:
    shard = shards / "00000.tar"
    with Library(tmp_path / "l.sonolux") as library:
        library.add(shards, spaces=SPACES, **FAST)
        assert library.add(shards, **FAST).unchanged == 4
        ids = {item.path: item.id for item in library.items()}
        said = [(name, b"A cat awake" if name == "cat-17.txt" else content) for name, content in animals()]
        write_tar(shard, [("aa.jpg", picture(90)), *said])
        summary = library.add(shards, **FAST)
        assert (summary.added, summary.updated, summary.unchanged, summary.failed) == (1, 1, 3, [])
        assert library.item(f"{shard}#cat-17.jpg").metadata["title"] == "A cat awake"
        assert (found(library, "awake"), found(library, "sill")) == (["00000.tar#cat-17.jpg"], [])
        write_tar(shard, [("aa.jpg", picture(91)), *said[:4]])
        summary = library.add(shard, prune=True)
        assert (summary.updated, summary.removed, summary.unchanged) == (1, 1, 1)
        assert library.item(f"{shard}#cat-17.jpg").id == ids[f"{shard}#cat-17.jpg"]
        shard.unlink()
        assert library.add(shards, prune=True, **FAST).removed == 2
        assert sorted(Path(item.path).name for item in library.items()) == ["00001.tar#bell.wav", "loose#1.jpg"]


def test_a_shard_that_moved_keeps_its_items(shards: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(shards, spaces=SPACES, **FAST)
        before = library.item(f"{shards}/00001.tar#bell.wav").id
        (shards / "00001.tar").rename(shards / "first.tar")
        summary = library.add(shards, **FAST)
        assert (summary.moved, summary.unchanged) == (1, 3)
        assert library.item(f"{shards}/first.tar#bell.wav").id == before


def test_a_cut_off_shard_loses_nothing_of_the_library(shards: Path, tmp_path: Path) -> None:
    shard = shards / "00000.tar"
    whole = shard.read_bytes()
    with Library(tmp_path / "l.sonolux") as library:
        library.add(shards, spaces=SPACES, **FAST)
        shard.write_bytes(whole[:3000])
        summary = library.add(shards, prune=True, **FAST)
        assert summary.removed == 0
        assert [one.reason for one in summary.failed] == ["is cut off after 2 entries: the rest is not read"]
        shard.write_bytes(whole)
        again = library.add(shards, prune=True, **FAST)
        assert (again.added, again.failed, again.removed) == (0, [], 0)
        assert library.item(f"{shard}#cat-17.jpg").metadata["keywords"] == ["3", "tabby"]


def test_a_damaged_member_costs_no_other(shards: Path, tmp_path: Path) -> None:
    write_tar(shards / "00000.tar", [("a.jpg", b"\xff\xd8\xff\xe0 no picture"), ("b.jpg", b""), *animals()])
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(shards, spaces=SPACES, **FAST)
        assert summary.added == 4
        assert [Path(one.path).name for one in summary.failed] == ["00000.tar#b.jpg", "00000.tar#a.jpg"]
        assert "empty" in summary.failed[0].reason


def test_fingerprints_copies_and_labels_work_within_shards(shards: Path, tmp_path: Path) -> None:
    melody = sound(tmp_path, noise(8.0))
    write_tar(shards / "00001.tar", [("bell.wav", melody), ("bell.txt", b"A bell"), ("twin.jpg", picture(10))])
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(shards, spaces=SPACES)
        assert (summary.added, summary.failed) == (5, [])
        twins = {"00000.tar#cat-17.jpg", "00001.tar#twin.jpg"}
        assert any({Path(one.path).name for one in group.items} == twins for group in library.copies().groups)
        assert [Path(match.path).name for match in library.identify(f"{shards}/00001.tar#bell.wav")] == [
            "00001.tar#bell.wav"
        ]
        skipping = Library(tmp_path / "s.sonolux")
        skipped = skipping.add(shards, spaces=SPACES, skip_copies=True).skipped
        assert len(skipped) == 1
        skipping.close()


def test_removing_a_shard_removes_its_members(shards: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(shards, spaces=SPACES, **FAST)
        assert library.remove(f"{shards}/00000.tar#cat-17.jpg") == 1
        assert library.remove(shards / "00000.tar") == 1
        assert library.index.count([Condition("kind", "=", "file")]) == 2


def test_nothing_is_written_outside_of_the_cache(shards: Path, tmp_path: Path) -> None:
    with tarfile.open(shards / "evil.tar", "w") as archive:
        for name in ("/tmp/evil-sonolux.jpg", "../../evil.jpg"):
            entry = tarfile.TarInfo(name)
            archive.addfile(entry)
    before = sorted(path for path in tmp_path.rglob("*") if "l.sonolux" not in str(path))
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(shards, spaces=SPACES, **FAST)
        assert [one.reason.partition(",")[0] for one in summary.failed] == ["2 of its members lead out of it"]
    after = sorted(path for path in tmp_path.rglob("*") if "l.sonolux" not in str(path))
    assert after == before
    assert not Path("/tmp/evil-sonolux.jpg").exists()


def test_a_shard_reached_through_a_link_is_one(shards: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(shards)
    with Library(tmp_path / "l.sonolux") as library:
        library.add(shards, spaces=SPACES, **FAST)
        assert library.add(tmp_path / "linked").unchanged == 4
        assert library.item(tmp_path / "linked" / "00000.tar#cat-17.jpg").path == f"{shards}/00000.tar#cat-17.jpg"
        shutil.copy(shards / "00000.tar", shards / "copy.tar")
        assert library.add(shards, **FAST).added == 2


def test_a_path_that_is_no_text_is_taken_as_it_is(shards: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library, pytest.raises(LibraryError, match="nothing to add"):
        library.add(shards / "{00000,..}" / "00001.tar", spaces=SPACES)
