"""Sidecars beside objects: they describe theirs as in folders, are no items, and are seen when they change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from object_store import ObjectStore, use_store
from s3_server import KEY, SECRET, S3Server
from shards import picture
from sonolux.library import Library
from sonolux.media.finding import find
from sonolux.media.objects import finding
from sonolux.media.objects.beside import forget_beside, listed_beside
from sonolux.media.reading import ReadOptions, read_description
from sonolux.media.segment import Probe
from sonolux.media.workers import ray_decoder
from sonolux.media.workers.pool import DecoderPool
from sonolux.media.workers.ray_cluster import own_version
from sonolux.media.workers.ray_decoder import read_packets

FAST = {"fingerprints": False, "labels": False}
SPACES = ["bm25"]
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>
<rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"""


def xmp(title: str) -> bytes:
    return XMP.format(title=title).encode()


def takeout(description: str, title: str = "b.jpg") -> bytes:
    said = {"title": title, "description": description, "photoTakenTime": {"timestamp": "1700000000"}}
    return json.dumps(said).encode()


def album() -> dict[str, bytes]:
    """Return two described photos, one that is not, subtitles, which are a text, and a JSON of another program."""
    return {
        "trip/a.jpg": picture(10),
        "trip/a.xmp": xmp("Flamborough"),
        "trip/b.jpg": picture(60),
        "trip/b.jpg.supplemental-metadata.json": takeout("A gannet"),
        "trip/c.jpg": picture(110),
        "trip/c.json": b'{"note": "a heron by another program"}',
        "trip/day/a.jpg": picture(160),
        "trip/film.srt": b"1\n00:00:01,000 --> 00:00:02,000\nA cormorant dives\n",
    }


def found(library: Library, words: str) -> list[str]:
    return [hit.path.removeprefix("s3://box/") for hit in library.search(words)]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "l.sonolux")


def check_life(library: Library, put: object, root: str) -> None:
    """Add an album, change, add and remove sidecars, and look what the library says."""
    summary = library.add(root, spaces=SPACES, **FAST)
    assert (summary.added, summary.failed) == (5, [])
    assert [Path(hit.path).name for hit in library.search("Flamborough")] == ["a.jpg"]
    assert library.item(f"{root}/trip/a.jpg").metadata["title"] == "Flamborough"
    assert library.item(f"{root}/trip/b.jpg").metadata["description"] == "A gannet"
    assert "title" not in library.item(f"{root}/trip/day/a.jpg").metadata
    assert library.search("cormorant")[0].path == f"{root}/trip/film.srt"
    assert library.add(root, **FAST).unchanged == 5
    item = library.item(f"{root}/trip/a.jpg").id
    put("trip/a.xmp", xmp("Bempton"))  # type: ignore[operator]
    summary = library.add(root, **FAST)
    assert (summary.updated, summary.unchanged, summary.added) == (1, 4, 0)
    assert (library.search("Flamborough"), library.item(item).metadata["title"]) == ([], "Bempton")
    put("trip/a.xmp", None)  # type: ignore[operator]
    put("trip/c.xmp", xmp("Spurn"))  # type: ignore[operator]
    assert library.add(root, **FAST).updated == 2
    assert "title" not in library.item(item).metadata
    assert library.item(f"{root}/trip/c.jpg").metadata["title"] == "Spurn"
    assert library.add(root, **FAST).unchanged == 5


def test_sidecars_of_a_real_store(
    s3_server: S3Server, library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_store(monkeypatch, s3_server.url, KEY, SECRET)
    bucket = s3_server.folder / "described"

    def put(key: str, content: bytes | None) -> None:
        if content is None:
            (bucket / key).unlink()
            return
        (bucket / key).parent.mkdir(parents=True, exist_ok=True)
        (bucket / key).write_bytes(content)

    for key, content in album().items():
        put(key, content)
    check_life(library, put, "s3://described")


def test_sidecars_of_a_listing_in_pages_that_is_longer_than_what_is_held(
    objects: ObjectStore, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WINDOW", 3)
    objects.page = 2
    box = objects.buckets["box"]
    box.update(album())

    def put(key: str, content: bytes | None) -> None:
        if content is None:
            del box[key]
        else:
            box[key] = content

    check_life(library, put, "s3://box")


class TestSidecarObjects:
    def test_what_is_unchanged_costs_its_listing_alone(self, objects: ObjectStore, library: Library) -> None:
        objects.buckets["box"] = {key: album()[key] for key in ("trip/a.jpg", "trip/a.xmp", "trip/b.jpg")}
        library.add("s3://box", spaces=SPACES, **FAST)
        objects.asked.clear()
        assert library.add("s3://box", **FAST).unchanged == 2
        assert [one[:2] for one in objects.asked] == [("GET", "")]

    def test_a_sidecar_that_was_is_known_is_not_read_again(self, objects: ObjectStore, library: Library) -> None:
        objects.buckets["box"] = album()
        library.add("s3://box", spaces=SPACES, **FAST)
        objects.asked.clear()
        assert library.add("s3://box", **FAST).unchanged == 5
        assert [one[:2] for one in objects.asked] == [("GET", "")]

    def test_an_object_named_as_a_root_and_its_sidecar_too(self, objects: ObjectStore, library: Library) -> None:
        objects.buckets["box"] = album()
        assert library.add("s3://box/trip/a.jpg", spaces=SPACES, **FAST).added == 1
        assert found(library, "Flamborough") == ["trip/a.jpg"]
        objects.buckets["box"]["trip/a.xmp"] = xmp("Bempton")
        assert library.add("s3://box/trip/a.xmp", **FAST).updated == 1
        assert found(library, "Bempton") == ["trip/a.jpg"]

    def test_one_that_cannot_be_read_costs_no_photo(self, objects: ObjectStore, library: Library) -> None:
        objects.buckets["box"] = album() | {"trip/a.xmp": b"<" * 1000}
        objects.faults["trip/b.jpg.supplemental-metadata.json"] = 403
        summary = library.add("s3://box", spaces=SPACES, **FAST)
        assert (summary.added, summary.failed) == (5, [])

    def test_a_json_of_another_program_is_meant_itself(self, objects: ObjectStore, library: Library) -> None:
        objects.buckets["box"] = album()
        assert library.add("s3://box/trip/c.json", spaces=SPACES, **FAST).added == 1
        assert [item.path for item in library.items()] == ["s3://box/trip/c.json"]
        assert library.add("s3://box/trip/b.jpg.supplemental-metadata.json", **FAST).added == 1
        assert found(library, "gannet") == ["trip/b.jpg"]

    def test_without_leave_to_list_what_is_known_stays(self, objects: ObjectStore, library: Library) -> None:
        objects.buckets["box"] = album()
        library.add("s3://box/trip/a.jpg", spaces=SPACES, **FAST)
        objects.faults[""] = 403
        assert library.add("s3://box/trip/a.jpg", **FAST).unchanged == 1
        assert found(library, "Flamborough") == ["trip/a.jpg"]

    def test_names_that_takeout_gives_to_copies_and_to_long_names(self, objects: ObjectStore, library: Library) -> None:
        """Reported: the number of a copy stands elsewhere in the name of its sidecar, and long names are cut."""
        long = "a" * 50
        objects.buckets["box"] = {
            "t/2025(3).jpg": picture(10),
            "t/2025.jpg.supplemental-metadata(3).json": takeout("A dunlin", "2025.jpg"),
            "t/2025.jpg": picture(90),
            "t/2025.jpg.supplemental-metadata.json": takeout("A plover", "2025.jpg"),
            f"t/{long}.jpg": picture(170),
            f"t/{long[:46]}.json": takeout("A turnstone", f"{long}.jpg"),
            "other/2025.jpg.json": takeout("A knot", "2025.jpg"),
        }
        assert library.add("s3://box", spaces=SPACES, **FAST).added == 3
        assert (found(library, "dunlin"), found(library, "plover")) == (["t/2025(3).jpg"], ["t/2025.jpg"])
        assert (found(library, "turnstone"), found(library, "knot")) == ([f"t/{long}.jpg"], [])

    def test_an_album_that_moves_is_not_read_for_its_sidecars(self, objects: ObjectStore, library: Library) -> None:
        box = objects.buckets["box"]
        box.update({key: album()[key] for key in ("trip/a.jpg", "trip/a.xmp")})
        library.add("s3://box", spaces=SPACES, **FAST)
        for key in list(box):
            box[key.replace("trip", "journey")] = box.pop(key)
        summary = library.add("s3://box", **FAST)
        assert (summary.moved, summary.updated, summary.added) == (1, 0, 0)
        assert found(library, "Flamborough") == ["journey/a.jpg"]

    def test_a_task_of_ray_is_told_what_lies_beside(self, objects: ObjectStore) -> None:
        objects.buckets["box"] = album()
        (url,) = [one for one in find(["s3://box"]) if str(one).endswith("trip/a.jpg")]
        beside = {url: listed_beside(url) or ()}
        forget_beside(url)  # what the process of the run knows, a worker does not
        orders = DecoderPool(1, ReadOptions(), timeout=60, memory=2**32).orders_for(read_description)
        try:
            events = [
                event for packet in read_packets([url], orders, own_version(), beside) for _, event in packet.events
            ]
        finally:
            ray_decoder._own_pool().close()
            ray_decoder._own_pool.cache_clear()
        (probe,) = [event for event in events if isinstance(event, Probe)]
        assert probe.metadata["title"] == "Flamborough"
