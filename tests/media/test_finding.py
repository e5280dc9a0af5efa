from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.media.finding import find
from sonolux.media.paths import folders, from_stored, printable, to_stored
from sonolux.types import Failure

NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name).map(os.fsdecode)


@given(NAMES)
def test_every_name_is_stored_and_comes_back(name: str) -> None:
    stored = to_stored(name)
    stored.encode("utf-8")
    assert from_stored(stored) == name


@given(NAMES, NAMES)
def test_stored_names_do_not_meet(one: str, other: str) -> None:
    assert (to_stored(one) == to_stored(other)) == (one == other)


def test_valid_names_stay_as_they_are() -> None:
    assert to_stored("/a/🐕 100%.jpg") == "/a/🐕 100%.jpg"
    assert to_stored("/a/caf\udce9") == "\0/a/caf%E9"


@given(NAMES)
def test_printable_is_one_safe_line(name: str) -> None:
    line = printable(name)
    line.encode("utf-8")
    assert all(c.isprintable() or c in "\u200c\u200d" for c in line)


def test_printable_shows_what_hides() -> None:
    assert printable("a\nb\x1b[31m\udcff\u202e") == "a\\nb\\x1b[31m\\xff\\u202e"
    assert printable("🐕 👨‍👩‍👧 ñ") == "🐕 👨‍👩‍👧 ñ"


def test_folders_are_all_above() -> None:
    assert folders("/a/b c/d.jpg") == ["/", "/a", "/a/b c"]
    assert folders("/caf\udce9/x/y") == ["/", "\0/caf%E9", "\0/caf%E9/x"]


def names(root: Path, *roots: Path) -> list[str]:
    found = list(find([str(r) for r in roots or (root,)]))
    assert all(isinstance(path, str) and Path(path).is_absolute() for path in found), found
    return [os.path.relpath(str(path), root) for path in found]


def fill(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(file)


def test_files_are_found_in_order(tmp_path: Path) -> None:
    fill(tmp_path, "b.txt", "a/2.txt", "a/10.txt", "c/d/e.txt")
    assert names(tmp_path) == ["a/10.txt", "a/2.txt", "b.txt", "c/d/e.txt"]


def test_what_is_nobodys_media_is_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, ".git/x", ".DS_Store", "Thumbs.db", "desktop.ini", "trips.sonolux/x", "lib/sonolux.json", "lib/y")
    fill(tmp_path, "kept.txt")
    assert names(tmp_path) == ["kept.txt"]
    assert names(tmp_path, tmp_path / ".git") == [".git/x"]
    [refused] = find([str(tmp_path / "lib")])
    assert isinstance(refused, Failure)
    assert "is a library" in refused.reason


def test_model_folders_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "m/model.json", "m/model.safetensors", "m/confusion.png", "car/model.json", "car/b.jpg")
    assert names(tmp_path) == ["a.jpg", "car/b.jpg", "car/model.json"]
    [refused] = find([str(tmp_path / "m")])
    assert isinstance(refused, Failure)
    assert "is a model folder" in refused.reason


def test_what_drives_keep_for_themselves_is_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/b.jpg", "$RECYCLE.BIN/S-1-5/c.jpg")
    fill(tmp_path, "trip/#snapshot/d/a.jpg", "trip/d.jpg", "lost+found/#12.jpg", "__MACOSX/._a.jpg", "d/@Recycle/e.jpg")
    fill(tmp_path, "texts/Recycler", "texts/lost+found")
    assert names(tmp_path) == ["a.jpg", "texts/Recycler", "texts/lost+found", "trip/d.jpg"]
    assert names(tmp_path, tmp_path / "#recycle") == ["#recycle/b.jpg"]


def test_links_are_followed_once(tmp_path: Path) -> None:
    fill(tmp_path, "real/file.txt", "other/deep/x.txt")
    (tmp_path / "real" / "loop").symlink_to(tmp_path)
    (tmp_path / "zlink").symlink_to(tmp_path / "real" / "file.txt")
    os.link(tmp_path / "real" / "file.txt", tmp_path / "zhard.txt")
    (tmp_path / "alias").symlink_to(tmp_path / "other")
    assert names(tmp_path) == ["alias/deep/x.txt", "real/file.txt", "zhard.txt"]
    assert names(tmp_path, tmp_path / "real" / "file.txt", tmp_path, tmp_path) == [
        "real/file.txt",
        "alias/deep/x.txt",
        "zhard.txt",
    ]
    assert names(tmp_path, tmp_path / "zlink", tmp_path / "real" / "file.txt") == ["zlink"]
    assert names(tmp_path, tmp_path / "other" / "deep" / "x.txt", tmp_path / "alias") == ["other/deep/x.txt"]


def test_a_folder_has_one_path_however_it_was_reached(tmp_path: Path) -> None:
    fill(tmp_path, "other/deep/x.txt")
    (tmp_path / "alias").symlink_to(tmp_path / "other")
    (tmp_path / "other" / "named").symlink_to(tmp_path / "other" / "deep" / "x.txt")
    for root in ("alias", "other"):
        assert list(find([str(tmp_path / root)], real=True)) == [str(tmp_path / "other" / "deep" / "x.txt")]
    assert list(find([str(tmp_path / "alias" / "named")], real=True)) == [str(tmp_path / "other" / "named")]


def test_what_cannot_be_walked_is_told_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a.txt", "locked/b.txt", "z.txt")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    iterdir = Path.iterdir

    def guarded(path: Path) -> object:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", guarded)
    found = list(find([str(tmp_path / "vanished"), str(tmp_path), "bad\0name"]))
    failures = {Path(f.path).name: f.reason for f in found if isinstance(f, Failure)}
    assert [Path(p).name for p in found if isinstance(p, str)] == ["a.txt", "z.txt"]
    assert failures.keys() == {"vanished", "dangling", "locked", "self", "bad\0name"}
    assert "is not there" in failures["vanished"]
    assert failures["locked"] == "cannot be read: permission denied"


def test_odd_names_are_found(tmp_path: Path) -> None:
    odd = [b"new\nline", b"caf\xe9", "🐕".encode(), b"quote'\"", b" "]
    for name in odd:
        (tmp_path / os.fsdecode(name)).write_text("x")
    assert [os.fsencode(str(path)).rpartition(b"/")[2] for path in find([str(tmp_path)])] == sorted(odd)


def test_deep_folders(tmp_path: Path) -> None:
    deep = str(tmp_path)
    for _ in range(300):
        deep += "/d"
        Path(deep).mkdir()
    Path(deep, "x.txt").write_text("x")
    assert len(names(tmp_path)) == 1


def test_the_walk_is_lazy(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.txt", "b/2.txt")
    walk = find([str(tmp_path)])
    next(walk)
    fill(tmp_path, "b/3.txt")
    assert len(list(walk)) == 2
