"""Buckets on the command line, with a library that is opened there and with one that a service holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import run, serving
from making import noise
from object_store import KEY, SECRET, ObjectStore
from shards import picture, sound

SPACES = ("--space", "colour-histogram", "--space", "bm25")
FAST = ("--no-labels", "--no-fingerprints")


@pytest.fixture
def filled(objects: ObjectStore) -> ObjectStore:
    objects.buckets["box"] = {
        "in/a #1%.jpg": picture(10),
        "in/b.jpg": picture(240),
        "in/cat.txt": b"A cat asleep on a sill",
    }
    return objects


def test_a_bucket_is_added_searched_shown_and_left(filled: ObjectStore, private_home: Path) -> None:
    filled.buckets["box"]["in/../up.jpg"] = picture(1)
    added = run("add", "s3://box/in", *SPACES, *FAST)
    assert added.out == "3 added, 1 failed in N s\n"
    assert "failed: s3://box/in/../up.jpg: has a key that cannot be asked for" in added.err
    del filled.buckets["box"]["in/../up.jpg"]
    assert run("add", "s3://box/in").out == "3 unchanged in N s\n"
    assert "s3://box/in/cat.txt" in run("search", "sill").out
    found = json.loads(run("search", "--image", "s3://box/in/a #1%.jpg", "-k", "1", "--json").out.splitlines()[0])
    assert found["path"] == "s3://box/in/a #1%.jpg"
    assert "s3://box/in/b.jpg" in run("show", "s3://box/in/b.jpg").out
    assert run("list", "--where", "folder=s3://box/in", "--where", "modality=image").out.splitlines() == [
        "image  s3://box/in/a #1%.jpg",
        "image  s3://box/in/b.jpg",
    ]
    html = private_home / "hits.html"
    assert run("search", "sill", "--html", html).code == 0
    assert "cat.txt" in html.read_text()
    assert run("remove", "s3://box/in/a #1%.jpg").code == 0
    del filled.buckets["box"]["in/b.jpg"]
    assert run("add", "s3://box", "--prune").out == "1 added, 1 unchanged, 1 removed in N s\n"


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("s3://AKIA:topsecret@box/a.jpg", "names no user and no password"),
        ("s3://box/a.jpg?X-Amz-Signature=topsecret", "with a signature is refused"),
    ],
)
def test_urls_that_say_too_much_are_one_line(objects: ObjectStore, url: str, line: str) -> None:
    objects.buckets["box"]["cat.txt"] = b"A cat"
    assert run("add", "s3://box", "--space", "bm25", "--space", "colour-histogram", *FAST).code == 0
    for command in (("add", url), ("search", "--image", url), ("identify", url), ("show", url), ("remove", url)):
        told = run(*command)
        assert told.code != 0
        assert line in told.err and "topsecret" not in told.err + told.out


def test_a_service_adds_buckets_of_its_owner(filled: ObjectStore, private_home: Path) -> None:
    filled.buckets["box"]["in/bell.wav"] = sound(private_home, noise(8.0))
    location = private_home / "library.sonolux"
    assert run("add", "s3://box/in/cat.txt", *SPACES, *FAST).code == 0
    with serving(location):
        added = run("add", "s3://box/in")
        assert added.out == "3 added, 1 unchanged in N s\n", added.err
        assert run("search", "--image", "s3://box/in/b.jpg", "-k", "1").out.count("s3://box/in/b.jpg") == 1
        assert "s3://box/in/bell.wav" in run("identify", "s3://box/in/bell.wav").out
        assert "holds no objects" in run("add", "s3://box/nothing").err
    for file in (file for file in location.rglob("*") if file.is_file()):
        assert not any(one.encode() in file.read_bytes() for one in (KEY, SECRET, filled.url)), file
