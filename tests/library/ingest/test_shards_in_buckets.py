"""Shards and tables in buckets: a member is read by its range, and listed once for as long as its shard is the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from making import noise
from object_store import ObjectStore, be_impatient
from shards import animals, picture, sound, write_tar
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.media.finding import find
from sonolux.media.hashing import content_hash
from sonolux.media.inside import holders
from sonolux.media.inside.members import descriptions_of, is_there, listing_at, local_file, open_medium, status_of
from sonolux.media.inside.patterns import expand_names
from sonolux.media.paths import folders
from sonolux.types import Failure
from tables import cell, write_table

FAST = {"fingerprints": False, "labels": False}
SPACES = ["bm25", "colour-histogram"]
CAT = "s3://box/train/00000.tar#cat-17.jpg"


def tar(folder: Path, members: list[tuple[str, bytes]]) -> bytes:
    path = write_tar(folder / "written.tar", members)
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.fixture
def filled(objects: ObjectStore, tmp_path: Path) -> ObjectStore:
    """A store with two shards, a table and a picture."""
    table = write_table(tmp_path / "t.parquet", [cell(picture(40)), cell(picture(80))], caption=["one coin", "a moon"])
    objects.buckets["box"] = {
        "train/00000.tar": tar(tmp_path, animals()),
        "train/00001.tar": tar(tmp_path, [("bell.wav", sound(tmp_path, noise(8.0))), ("bell.txt", b"A bell")]),
        "train/t.parquet": Path(table).read_bytes(),
        "train/loose.jpg": picture(77),
    }
    holders._listings.clear()
    return objects


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "l.sonolux")


def test_members_of_shards_and_tables_are_items(filled: ObjectStore, library: Library) -> None:
    summary = library.add("s3://box", spaces=SPACES, labels=False)
    assert (summary.added, summary.fingerprinted, summary.failed) == (6, 1, [])
    assert library.search("sill")[0].path == CAT
    assert library.search("moon")[0].path == "s3://box/train/t.parquet#1"
    assert library.item(CAT).metadata["keywords"] == ["3", "tabby"]
    assert {item.path for item in library.items({"folder": "s3://box/train/00001.tar"})} == {
        "s3://box/train/00001.tar#bell.wav"
    }
    assert library.search(image=CAT)[0].path == CAT
    assert [m.path for m in library.identify("s3://box/train/00001.tar#bell.wav")] == [
        "s3://box/train/00001.tar#bell.wav"
    ]
    filled.asked.clear()
    assert library.add("s3://box", labels=False).unchanged == 6
    assert {one[:2] for one in filled.asked} == {("GET", "")}  # the listing of the bucket alone
    assert library.remove("s3://box/train/00000.tar") == 2


def test_a_member_is_one_range_of_its_own_bytes(filled: ObjectStore) -> None:
    place = listing_at("s3://box/train/00000.tar").members["cat-17.jpg"].place
    filled.asked.clear()
    with open_medium(CAT) as file:
        assert file.read() == dict(animals())["cat-17.jpg"]
        assert file.seek(-2, io.SEEK_END) and file.read() == dict(animals())["cat-17.jpg"][-2:]
    assert [one[2] for one in filled.asked if one[0] == "GET"] == [
        f"bytes={place.start}-{place.start + place.size - 1}"
    ]
    assert descriptions_of(CAT) == {
        name.partition(".")[2]: content
        for name, content in animals()
        if name.startswith("cat-17.") and not name.endswith("jpg")
    }
    with local_file(CAT) as local:
        assert list(local.coming)[-1] == place.size
        assert Path(local.path).read_bytes() == dict(animals())["cat-17.jpg"]


def test_a_shard_is_listed_once_in_all_processes(filled: ObjectStore, tmp_path: Path) -> None:
    filled.buckets["box"]["big.tar"] = tar(tmp_path, [(f"{n:05}.jpg", b"x" * 600) for n in range(10_000)])
    assert len(listing_at("s3://box/big.tar").members) == 10_000
    reads = filled.count("GET")
    assert reads <= 3  # some megabytes at a time
    holders._listings.clear()  # as in another process
    assert len(listing_at("s3://box/big.tar").members) == 10_000
    assert filled.count("GET") == reads
    filled.buckets["box"]["big.tar"] = tar(tmp_path, [("a.jpg", b"y")])
    assert list(listing_at("s3://box/big.tar").members) == ["a.jpg"]


def test_a_damaged_listing_in_the_cache_is_made_again(filled: ObjectStore) -> None:
    from sonolux.settings import settings

    before = listing_at("s3://box/train/00000.tar")
    for file in (settings().cache / holders.FOLDER).iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    holders._listings.clear()
    assert listing_at("s3://box/train/00000.tar") == before


def test_a_shard_that_changed_or_went_is_followed(
    filled: ObjectStore, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("s3://box/train/*.tar", spaces=SPACES, **FAST)
    before = library.item(CAT).id
    said = [(name, b"A cat awake" if name == "cat-17.txt" else content) for name, content in animals()]
    filled.buckets["box"]["train/00000.tar"] = tar(tmp_path, [("aa.jpg", picture(90)), *said[:4]])
    summary = library.add("s3://box/train", prune=True, **FAST)
    assert (summary.updated, summary.removed, summary.failed) == (1, 1, [])
    assert library.item(CAT).id == before
    assert library.search("awake")[0].path == CAT
    be_impatient(monkeypatch)
    filled.faults = {"train/00001.tar": 503}
    summary = library.add("s3://box/train", prune=True, **FAST)
    assert summary.removed == 0
    filled.faults = {}
    del filled.buckets["box"]["train/00001.tar"]
    assert library.add("s3://box/train", prune=True, **FAST).removed == 1
    assert library.add("s3://box/train/00000.tar", prune=True, **FAST).removed == 0


def test_a_shard_that_cannot_be_read_costs_no_other(
    filled: ObjectStore, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_impatient(monkeypatch)
    box = filled.buckets["box"]
    box |= {"train/cut.tar": box["train/00000.tar"][:3000], "train/none.tar": b"no tar at all" * 100}
    filled.faults = {"train/00001.tar": "cut"}
    summary = library.add("s3://box", spaces=SPACES, **FAST)
    assert {one.path.rpartition("/")[2]: one.reason for one in summary.failed} == {
        "00001.tar": "cannot be read: the store cuts it off again and again: try again later",
        "cut.tar": "is cut off after 2 entries: the rest is not read",
        "none.tar": "is no tar",
    }
    filled.faults = {}
    assert library.add("s3://box", **FAST).added == 1


def test_stars_and_braces_stand_for_shards(filled: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert expand_names("s3://box/train/*.tar") == ["s3://box/train/00000.tar", "s3://box/train/00001.tar"]
    assert expand_names("s3://box/*/0000{1,2}*r") == ["s3://box/train/00001.tar", "s3://box/*/00002*r"]
    assert expand_names("s3://box/*.tar") == ["s3://box/*.tar"]
    assert list(find(["s3://box/*.tar"])) == [Failure("s3://box/*.tar", "holds no objects: is its name right?")]
    filled.buckets["box"]["star*.jpg"] = picture(1)
    filled.buckets["box"]["stars.jpg"] = picture(2)
    assert expand_names("s3://box/star*.jpg") == ["s3://box/star*.jpg"]
    assert expand_names("/data/*.tar") == ["/data/*.tar"]
    be_impatient(monkeypatch)
    filled.faults = {"": 403}
    with pytest.raises(QueryError, match=r"s3://box/train/\*\.tar cannot be read: access denied"):
        expand_names("s3://box/train/*.tar")


def test_a_store_without_ranges_is_copied_once(filled: ObjectStore) -> None:
    filled.ranges = False
    names = [f"s3://box/train/00000.tar#{name}" for name in listing_at("s3://box/train/00000.tar").members]
    filled.asked.clear()
    assert len({content_hash(name) for name in names}) == len(names)
    whole = [one for one in filled.asked if one[0] == "GET" and not one[2]]
    assert len(whole) == 0  # the listing has kept it


def test_names_of_members_are_told_from_keys(filled: ObjectStore) -> None:
    assert folders("s3://box/train/00000.tar#sub/cat.jpg") == [
        "s3://box",
        "s3://box/train",
        "s3://box/train/00000.tar",
        "s3://box/train/00000.tar#sub",
    ]
    assert is_there(CAT) and not is_there("s3://box/train/00000.tar#other.jpg")
    assert status_of(CAT).size == len(dict(animals())["cat-17.jpg"])
    assert list(find([CAT], inside=True)) == [CAT]
    filled.buckets["box"] = {"x.tar#y.jpg": picture(3)}
    (failure,) = find(["s3://box"], inside=True)
    assert isinstance(failure, Failure)
    assert failure.reason == "is called as what lies in a shard is: an object of such a name is not read"


def test_hostile_members_are_left_out(filled: ObjectStore, tmp_path: Path) -> None:
    members = [("../up.jpg", picture(1)), ("/etc/x.jpg", picture(2)), ("in.tar", b"x"), ("fine.jpg", picture(3))]
    filled.buckets["box"] = {"h.tar": tar(tmp_path, members)}
    found = list(find(["s3://box"], inside=True))
    assert [one for one in found if isinstance(one, str)] == ["s3://box/h.tar#fine.jpg"]
    assert all(one.path == "s3://box/h.tar" for one in found if isinstance(one, Failure))
