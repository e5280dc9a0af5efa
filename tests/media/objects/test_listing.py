"""Listings of buckets: page by page, whatever their keys are, and what of them is a medium."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from itertools import islice

import pytest

from object_store import ObjectStore, be_impatient, entity_tag, use_store
from s3_server import KEY, SECRET, S3Server
from sonolux.errors import MediaError
from sonolux.media.finding import find
from sonolux.media.objects.listing import ListedObject, list_objects
from sonolux.media.objects.pages import raw_objects, sign_request
from sonolux.media.objects.statuses import listed_status
from sonolux.types import Failure

ODD = ["100%.jpg", "a b.jpg", "a#b.jpg", "a%20b.jpg", "a+b&c=d.jpg", "dots..jpg", 'quo"te.jpg', "ü/日本.jpg", "~.jpg"]
UNREADABLE = ["a//b.jpg", "a/../b.jpg", "a/./b.jpg", "tab\tbed.jpg", "line\nbreak.jpg"]


def keys_of(root: str) -> tuple[list[str], list[str]]:
    """Return the keys that are listed, and those that cannot be asked for."""
    found = list(list_objects(root))
    names = [one.url if isinstance(one, ListedObject) else one.path for one in found]
    short = [name.removeprefix("s3://box/") for name in names]
    failed = [isinstance(one, Failure) for one in found]
    return [s for s, bad in zip(short, failed, strict=True) if not bad], [
        s for s, bad in zip(short, failed, strict=True) if bad
    ]


def test_odd_keys_are_listed_as_they_are(objects: ObjectStore) -> None:
    objects.buckets["box"] = {key: key.encode() for key in ODD}
    assert keys_of("s3://box") == (sorted(ODD), [])
    assert [entity_tag(key.encode()) for key in sorted(ODD)] == [
        one.status.etag for one in list_objects("s3://box") if isinstance(one, ListedObject)
    ]


def test_keys_that_cannot_be_asked_for_cost_no_others(objects: ObjectStore) -> None:
    objects.page = 3
    objects.buckets["box"] = dict.fromkeys([*ODD, *UNREADABLE, "a/folder/", "zz.jpg"], b"x")
    listed, unreadable = keys_of("s3://box")
    assert listed == sorted([*ODD, "zz.jpg"])
    assert unreadable == sorted(UNREADABLE)
    assert keys_of("s3://box/a") == ([], sorted(key for key in UNREADABLE if key.startswith("a/")))


def test_a_prefix_ends_at_a_slash(objects: ObjectStore) -> None:
    objects.buckets["box"] = {"a/x.jpg": b"1", "ab/y.jpg": b"2", "a.jpg": b"3"}
    assert keys_of("s3://box/a") == (["a/x.jpg"], [])


def test_ten_thousand_keys_are_listed_in_pages(objects: ObjectStore) -> None:
    objects.buckets["box"] = {f"many/{number:05}.jpg": b"x" for number in range(10_000)}
    assert len(keys_of("s3://box")[0]) == 10_000
    assert len(objects.asked) == 10
    objects.asked.clear()
    assert len(list(islice(find(["s3://box/many"]), 5))) == 5
    assert objects.count("GET") == 10  # what describes the first may be called as the last is


def test_a_listing_of_ten_million_keys_is_never_held(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulated one: what is taken from it in passing is counted, and memory looked at."""
    page = [
        {"path": f"{n:08}.jpg", "size": 1, "e_tag": '"x"', "last_modified": datetime(2024, 1, 1, tzinfo=UTC)}
        for n in range(1000)
    ]
    monkeypatch.setattr("obstore.list", lambda *_, **__: iter(page for _ in range(10_000)))
    tracemalloc.start()
    try:
        taken = sum(1 for _ in islice(list_objects("s3://box"), 30_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (taken, peak < 2_000_000) == (30_000, True)


def test_a_listing_that_breaks_off_says_so(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    be_impatient(monkeypatch)
    objects.buckets["box"] = {f"{number:04}.jpg": b"x" for number in range(4000)}
    objects.faults, objects.times = {"": 503}, {"": 0}
    listing = list_objects("s3://box")
    taken = [next(listing)]
    del objects.times[""]
    with pytest.raises(MediaError, match="503"):
        taken.extend(listing)
    assert [one.url for one in taken if isinstance(one, ListedObject)] == [
        f"s3://box/{number:04}.jpg" for number in range(len(taken))
    ]


def test_media_are_found_by_their_names(objects: ObjectStore) -> None:
    media = ["a.jpg", "b/c.MP3", "d/noending", "e/f.pdf"]
    others = ["data.parquet", "x.bin", ".hidden.jpg", "b/.git/c.jpg", "Thumbs.db", "@eaDir/a.jpg", "old.sonolux/a.jpg"]
    objects.buckets["box"] = dict.fromkeys([*media, *others], b"x") | {"d/empty-folder": b""}
    assert list(find(["s3://box"])) == [f"s3://box/{key}" for key in sorted(media)]
    assert list(find(["s3://box/x.bin"])) == ["s3://box/x.bin"]  # who names it means it
    status = listed_status("s3://box/a.jpg")
    assert status is not None and (status.size, status.etag) == (1, entity_tag(b"x"))


def test_empty_buckets_and_prefixes_are_said(objects: ObjectStore) -> None:
    assert list(find(["s3://box", "s3://box/nothing"])) == [Failure("s3://box", "holds no objects: is its name right?")]
    assert list(find(["s3://box/nothing"])) == [Failure("s3://box/nothing", "holds no objects: is its name right?")]
    (failure,) = find(["s3://nobody"])
    assert isinstance(failure, Failure) and failure.reason == "is in a bucket that is not there"


def test_signatures_are_those_of_the_standard() -> None:
    """The example "GET Bucket (List Objects)" in the documentation of Signature Version 4 for S3."""
    options = {
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "region": "us-east-1",
    }
    headers = {"host": "examplebucket.s3.amazonaws.com"}
    signed = sign_request("/", "max-keys=2&prefix=J", headers, options, datetime(2013, 5, 24, tzinfo=UTC))
    assert signed["authorization"].endswith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


def test_a_real_store_lists_alike_in_both_ways(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    use_store(monkeypatch, s3_server.url, KEY, SECRET)
    bucket = s3_server.folder / "listed"
    (bucket / "ü").mkdir(parents=True)
    names = [name for name in ODD if '"' not in name]
    for name in names:
        (bucket / name).write_bytes(name.encode())
    with open(bytes(bucket) + b"/not-utf8-\xff.jpg", "wb") as file:  # noqa: PTH123
        file.write(b"x")
    listed = [one for one in list_objects("s3://listed") if isinstance(one, ListedObject)]
    keys = [one.url.removeprefix("s3://listed/") for one in listed]
    assert sorted(names) == sorted(key for key in keys if not key.startswith("not-utf8"))
    assert len(keys) == len(names) + 1
    raw = list(raw_objects("s3://listed", "", ""))
    assert [(one.key, one.status) for one in raw] == [(key, one.status) for key, one in zip(keys, listed, strict=True)]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(MediaError, match="403"):
        list(raw_objects("s3://listed", "", ""))
