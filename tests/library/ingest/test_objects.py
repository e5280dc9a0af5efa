"""Buckets in the library: objects are items by their URLs, and what goes wrong costs the object that it meets."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from making import noise
from object_store import KEY, SECRET, ObjectStore, be_impatient, use_store
from s3_server import KEY as S3_KEY
from s3_server import SECRET as S3_SECRET
from s3_server import S3Server
from shards import die, picture, sound
from sonolux.errors import Cancelled, LibraryError, QueryError
from sonolux.library import Library
from sonolux.media.objects.copies import FOLDER
from sonolux.media.options import ReadOptions
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.types import Failure

FAST = {"fingerprints": False, "labels": False}
SPACES = ["bm25", "colour-histogram", "mfcc"]
ODD = ["100%.jpg", "a b.jpg", "a#b.jpg", "a%20b.jpg", "a+b&c=d.jpg", "ü/日本.jpg", "what?.jpg"]


@pytest.fixture
def filled(objects: ObjectStore, tmp_path: Path) -> ObjectStore:
    """A store with three pictures and a text."""
    objects.buckets["box"] = {
        "photos/2019/red.jpg": picture(250),
        "photos/2019/green.jpg": picture(10),
        "photos/grey.png": picture(120, "PNG"),
        "notes/cat.txt": b"A cat asleep on a sill",
        "data/table.csv.bin": b"no medium",
    }
    return objects


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "l.sonolux")


def urls(library: Library) -> list[str]:
    return sorted(item.path for item in library.items())


def failed(summary: object) -> dict[str, str]:
    return {one.path: one.reason for one in summary.failed}  # type: ignore[attr-defined]


def test_objects_are_items_by_their_urls(filled: ObjectStore, library: Library) -> None:
    summary = library.add("s3://box/", spaces=SPACES, **FAST)
    assert (summary.added, summary.failed) == (4, [])
    assert library.search("sill")[0].path == "s3://box/notes/cat.txt"
    assert library.search("grey box")[0].path == "s3://box/photos/grey.png"  # the bucket is a folder that lends words
    assert library.search("s3") == []
    assert library.search(image="s3://box/photos/2019/green.jpg")[0].path == "s3://box/photos/2019/green.jpg"
    below = {item.path for item in library.items({"folder": "s3://box/photos/2019/"})}
    assert below == {"s3://box/photos/2019/red.jpg", "s3://box/photos/2019/green.jpg"}
    assert library.item("s3://box/photos/grey.png").metadata["width"] == 32
    assert library.remove("s3://box/photos/2019") == 2
    assert urls(library) == ["s3://box/notes/cat.txt", "s3://box/photos/grey.png"]


def test_what_is_unchanged_is_listed_and_not_read(filled: ObjectStore, library: Library) -> None:
    library.add("s3://box", spaces=SPACES, **FAST)
    reads = [key for method, key, _ in filled.asked if method == "GET" and key]
    assert sorted(reads) == sorted(key for key in filled.buckets["box"] if not key.endswith(".bin"))  # each once
    filled.asked.clear()
    assert library.add("s3://box", **FAST).unchanged == 4
    assert [one[:2] for one in filled.asked] == [("GET", "")]
    filled.asked.clear()
    assert library.add("s3://box/photos/grey.png", **FAST).unchanged == 1
    # What may lie beside an object is told by a listing of its prefix.
    assert [one[:2] for one in filled.asked] == [("HEAD", "photos/grey.png"), ("GET", "")]


def test_what_changed_is_read_again_and_keeps_its_item(filled: ObjectStore, library: Library) -> None:
    library.add("s3://box", spaces=SPACES, **FAST)
    before = {item.path: item.id for item in library.items()}
    filled.buckets["box"]["notes/cat.txt"] = b"A dog awake on the sill"  # as long as it was, and as old
    assert len(filled.buckets["box"]["notes/cat.txt"]) == len(b"A cat asleep on a sill") + 1
    filled.buckets["box"]["photos/new.jpg"] = picture(60)
    summary = library.add("s3://box", **FAST)
    assert (summary.added, summary.updated, summary.unchanged) == (1, 1, 3)
    assert library.search("dog")[0].id == before["s3://box/notes/cat.txt"]
    assert library.add("s3://box", **FAST).unchanged == 5


def test_objects_that_moved_keep_their_items(filled: ObjectStore, library: Library, tmp_path: Path) -> None:
    library.add("s3://box", spaces=SPACES, **FAST)
    before = library.item("s3://box/photos/grey.png").id
    filled.buckets["box"]["elsewhere/grey.png"] = filled.buckets["box"].pop("photos/grey.png")
    summary = library.add("s3://box", **FAST)
    assert (summary.moved, summary.unchanged) == (1, 3)
    assert library.item("s3://box/elsewhere/grey.png").id == before
    filled.faults = {"elsewhere/grey.png": 403}  # it may be there, so this is another
    filled.buckets["box"]["photos/grey.png"] = filled.buckets["box"]["elsewhere/grey.png"]
    assert library.add("s3://box/photos", **FAST).added == 1


def test_a_folder_and_a_bucket_are_one_library(filled: ObjectStore, library: Library, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "same.jpg").write_bytes(picture(250))
    summary = library.add(tmp_path / "here", "s3://box", spaces=SPACES, **FAST)
    assert summary.added == 5
    groups = [{Path(one.path).name for one in group.items} for group in library.copies().groups]
    assert {"same.jpg", "red.jpg"} in groups
    skipping = Library(tmp_path / "s.sonolux")
    skipped = skipping.add(tmp_path / "here", "s3://box", spaces=SPACES, skip_copies=True, **FAST).skipped
    assert [one.path for one in skipped if "same bytes" in one.reason] == ["s3://box/photos/2019/red.jpg"]


@pytest.mark.parametrize("fault", [403, 404, 503, "cut", "stall"])
def test_an_object_that_fails_costs_no_other(
    filled: ObjectStore, library: Library, monkeypatch: pytest.MonkeyPatch, fault: object
) -> None:
    be_impatient(monkeypatch)
    filled.faults = {"photos/grey.png": fault}
    summary = library.add("s3://box", spaces=SPACES, **FAST)
    assert summary.added == 3
    assert list(failed(summary)) == ["s3://box/photos/grey.png"]
    assert "\n" not in summary.failed[0].reason
    filled.faults = {}
    again = library.add("s3://box", **FAST)
    assert (again.added, again.unchanged, again.failed) == (1, 3, [])


def test_objects_that_are_no_media_cost_no_other(filled: ObjectStore, library: Library) -> None:
    filled.buckets["box"] |= {"empty.jpg": b"", "broken.jpg": b"\xff\xd8\xff\xe0 no picture"}
    summary = library.add("s3://box", spaces=SPACES, **FAST)
    assert summary.added == 4
    assert failed(summary).keys() == {"s3://box/empty.jpg", "s3://box/broken.jpg"}
    assert failed(summary)["s3://box/empty.jpg"] == "is empty (0 bytes)"


def test_odd_keys_are_items_and_those_that_cannot_be_are_named(filled: ObjectStore, library: Library) -> None:
    unreadable = ["a/../up.jpg", "a//b.jpg"]
    filled.buckets["box"] = {key: picture(number * 20) for number, key in enumerate([*ODD, *unreadable])}
    summary = library.add("s3://box", spaces=SPACES, **FAST)
    assert urls(library) == sorted(f"s3://box/{key}" for key in ODD)
    assert failed(summary).keys() == {f"s3://box/{key}" for key in unreadable}
    for number, key in enumerate(ODD):
        assert library.item(f"s3://box/{key}").path == f"s3://box/{key}"
        hit = library.search(image=f"s3://box/{key}")[0]
        assert hit.path == f"s3://box/{key}", number
    assert library.add("s3://box", prune=True, **FAST).removed == 0
    assert library.remove("s3://box/a#b.jpg") == 1


def test_an_object_replaced_while_it_is_read_is_right_after_the_next_add(filled: ObjectStore, library: Library) -> None:
    replaced = iter([picture(30)])

    def progress(*_: object) -> None:
        for content in replaced:
            filled.buckets["box"]["photos/grey.png"] = content

    library.add("s3://box", spaces=SPACES, progress=progress, **FAST)
    again = library.add("s3://box", **FAST)
    assert again.failed == [] and again.updated + again.added <= 1
    assert library.add("s3://box", **FAST).unchanged == 4
    asked = Path(settings().cache / "asked.jpg")
    asked.write_bytes(picture(30))
    assert library.search(image=str(asked))[0].path == "s3://box/photos/grey.png"


def test_pruning_takes_what_is_no_longer_listed(filled: ObjectStore, library: Library) -> None:
    library.add("s3://box", spaces=SPACES, **FAST)
    del filled.buckets["box"]["photos/2019/red.jpg"]
    assert library.add("s3://box", **FAST).removed == 0
    assert library.add("s3://box/notes", prune=True, **FAST).removed == 0
    assert library.add("s3://box/photos", prune=True, **FAST).removed == 1
    assert "s3://box/photos/2019/red.jpg" not in urls(library)


def test_pruning_takes_nothing_where_a_listing_is_not_whole(
    filled: ObjectStore, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("s3://box", spaces=SPACES, **FAST)
    be_impatient(monkeypatch)
    kept = dict(filled.buckets["box"])
    filled.page = 1
    filled.faults, filled.times = {"": 503}, {}
    summary = library.add("s3://box", prune=True, **FAST)
    assert summary.removed == 0
    assert summary.failed[-1].reason.endswith("nothing of it was removed")
    filled.faults = {}
    filled.buckets["box"] = {}
    emptied = library.add("s3://box", prune=True, **FAST)
    assert emptied.removed == 0
    assert "held 4 objects and is empty now: nothing of it was removed" in emptied.failed[-1].reason
    del filled.buckets["box"]
    gone = library.add("s3://box", prune=True, **FAST)
    assert gone.removed == 0
    assert gone.failed[0].reason == "is in a bucket that is not there"
    filled.buckets["box"] = kept
    whole = library.add("s3://box", prune=True, **FAST)
    assert (whole.unchanged, whole.removed, whole.failed) == (4, 0, [])


def test_a_bucket_that_goes_away_in_between_is_named(
    filled: ObjectStore, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_impatient(monkeypatch)
    filled.faults = dict.fromkeys(filled.buckets["box"], 404)
    summary = library.add("s3://box", spaces=SPACES, **FAST)
    assert (summary.added, len(summary.failed)) == (0, 4)
    filled.faults = {}
    assert library.add("s3://box", **FAST).added == 4


def test_roots_that_are_refused_leave_others_alone(filled: ObjectStore, library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(5))
    summary = library.add("s3://nobody", "s3://box/photos/nothing", tmp_path / "a.jpg", spaces=SPACES, **FAST)
    assert summary.added == 1
    assert failed(summary) == {
        "s3://nobody": "is in a bucket that is not there",
        "s3://box/photos/nothing": "holds no objects: is its name right?",
    }
    with pytest.raises(QueryError, match="names no user and no password"):
        library.add("s3://AKIA:secret@box/photos", **FAST)
    with pytest.raises(QueryError, match="was a URL before it became a Path"):
        library.add(Path("s3://box/photos"), **FAST)
    with pytest.raises(LibraryError, match="nothing to add"):
        library.add("ftp://box/photos", **FAST)


def test_braces_stand_for_urls(filled: ObjectStore, library: Library) -> None:
    summary = library.add("s3://box/photos/2019/{red,green}.jpg", spaces=SPACES, **FAST)
    assert (summary.added, summary.failed) == (2, [])


def test_recordings_are_identified_and_keep_their_spans(filled: ObjectStore, library: Library, tmp_path: Path) -> None:
    filled.buckets["box"] = {
        "music/one.wav": sound(tmp_path, noise(12.0)),
        "music/two.wav": sound(tmp_path, noise(12.0, 1)),
    }
    filled.ranges = False
    summary = library.add("s3://box", spaces=SPACES, labels=False)
    assert (summary.added, summary.fingerprinted, summary.failed) == (2, 2, [])
    assert [match.path for match in library.identify("s3://box/music/two.wav")] == ["s3://box/music/two.wav"]
    hit = library.search(audio="s3://box/music/one.wav", where={"modality": "audio"})[0]
    assert (hit.path, hit.span is not None) == ("s3://box/music/one.wav", True)
    assert library.add("s3://box", labels=False).unchanged == 2


def test_no_credentials_are_kept_or_said(filled: ObjectStore, library: Library, private_home: Path) -> None:
    filled.faults = {"photos/grey.png": 403}
    summary = library.add("s3://box", spaces=SPACES, **FAST)
    assert not any(one in repr(summary) for one in (KEY, SECRET, filled.url))
    places = [Path(library.location), settings().cache]
    library.close()
    for file in (file for place in places for file in place.rglob("*") if file.is_file()):
        content = file.read_bytes()
        assert not any(one.encode() in content for one in (KEY, SECRET, filled.url)), file


def test_who_cancels_leaves_no_reading_behind(filled: ObjectStore, library: Library) -> None:
    filled.buckets["box"] = {f"{number:03}.txt": f"text {number}".encode() for number in range(200)}

    def progress(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        library.add("s3://box", spaces=["bm25"], progress=progress, **FAST)
    assert not [one for one in threading.enumerate() if one.name.startswith("sonolux-objects")]
    summary = library.add("s3://box", **FAST)
    assert summary.added + summary.unchanged == 200


def test_a_decoder_that_is_killed_leaves_no_copy(filled: ObjectStore) -> None:
    with DecoderPool(1, ReadOptions(), timeout=60, memory=2**32, reader=die) as pool:
        ((_, failure),) = pool.read(["s3://box/photos/grey.png"])
    assert isinstance(failure, Failure) and failure.reason == "the decoder crashed (signal 9)"
    assert not list((settings().cache / "members").iterdir())


def test_what_is_on_the_disk_is_bounded(filled: ObjectStore, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_OBJECT_CACHE", "4000")
    settings.cache_clear()
    filled.buckets["box"] = {f"{shade}.png": picture(shade, "PNG") for shade in range(0, 250, 2)}
    summary = library.add("s3://box", spaces=["colour-histogram"], **FAST)
    assert (summary.added, summary.failed) == (125, [])
    assert sum(one.stat().st_size for one in (settings().cache / FOLDER).iterdir()) <= 4000
    assert not list((settings().cache / "members").iterdir())


def test_a_real_store_goes_the_whole_way(
    s3_server: S3Server, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_store(monkeypatch, s3_server.url, S3_KEY, S3_SECRET)
    bucket = s3_server.folder / "whole"
    (bucket / "in").mkdir(parents=True)
    (bucket / "in" / "a #1%.jpg").write_bytes(picture(10))
    (bucket / "in" / "bell.wav").write_bytes(sound(tmp_path, noise(8.0)))
    summary = library.add("s3://whole", spaces=SPACES)
    assert (summary.added, summary.fingerprinted, summary.failed) == (2, 1, [])
    assert library.add("s3://whole").unchanged == 2
    assert [match.path for match in library.identify("s3://whole/in/bell.wav")] == ["s3://whole/in/bell.wav"]
    (bucket / "in" / "a #1%.jpg").write_bytes(picture(200))
    (bucket / "in" / "bell.wav").unlink()
    (bucket / "in" / "b.jpg").write_bytes(picture(90))
    summary = library.add("s3://whole", prune=True)
    assert (summary.added, summary.updated, summary.removed, summary.failed) == (1, 1, 1, [])
