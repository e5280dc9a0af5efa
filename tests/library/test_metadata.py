"""What files say of themselves, from the library's side: found, filtered, shown, and kept when a file moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.faulty_cluster import FaultyCluster
from media.tagged import frame, id3, utf8, write_mp3
from sonolux.index import Condition, Point
from sonolux.index.cluster import node
from sonolux.library import Library
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.draft import Draft
from sonolux.library.ingest.moved import draft_of
from sonolux.media.segment import Probe
from sonolux.presentation.data import hit_as_data, item_as_data
from sonolux.presentation.html import PageSection, page
from sonolux.types import Modality, Span

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


def draft(**metadata: object) -> Draft:
    task = Task("/music/duet.mp3", "new", "id", 1, 2, "hash")
    return Draft(task, Probe(Modality.AUDIO, "mp3", metadata, "la la\nlu lu"))


def test_every_value_and_the_words_find_a_file() -> None:
    words = draft(artist=["Ella", "Louis"], keywords=["swing"], composer="Gershwin", rating=4.0).words()
    assert all(word in words.split() for word in ("Ella", "Louis", "swing", "Gershwin", "duet", "la", "lu"))
    assert "4.0" not in words


def test_a_file_that_is_in_the_library_has_the_words_that_it_had() -> None:
    file = draft(artist=["Ella", "Louis"], title="Summertime")
    stored = Point(file.task.id, {}, file.file_point(frozenset()).payload)
    assert draft_of(file.task, stored).words() == file.words()


@pytest.fixture(params=["embedded", "cluster"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    if request.param == "embedded":
        with Library(tmp_path / "l.sonolux") as library:
            yield library
        return
    cluster = FaultyCluster(share=0.0)
    monkeypatch.setattr(node, "make_client", cluster.at)
    with Library("http://a:6333/trips") as library:
        yield library
    cluster.close()


def test_single_strings_of_earlier_libraries_are_lists_of_one(opened: Library, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(name)
    opened.add(tmp_path / "one.txt", tmp_path / "two.txt", spaces=["bm25"])
    one, two = (opened.item(tmp_path / f"{name}.txt").id for name in ("one", "two"))
    opened.index.set_payload([one], {"meta": {"format": "txt", "artist": "Ella", "genre": "jazz"}})
    opened.index.set_payload([two], {"meta": {"format": "txt", "artist": ["Louis", "Ella"]}})
    assert opened.item(one).metadata["artist"] == ["Ella"]
    assert item_as_data(opened.item(one))["metadata"]["genre"] == ["jazz"]
    assert {item.id for item in opened.items({"artist": "Ella"})} == {one, two}
    assert [item.id for item in opened.items({"artist": "Louis"})] == [two]


def test_hits_in_subtitles_are_places_in_time(opened: Library, tmp_path: Path) -> None:
    (tmp_path / "film.srt").write_text("1\n01:40:00,000 --> 01:40:03,000\na special okapi\n")
    (tmp_path / "notes.txt").write_text("The okapi. " * 300)
    opened.add(tmp_path / "film.srt", tmp_path / "notes.txt", spaces=["bm25"])
    film = opened.search("special okapi")[0]
    assert film.span == Span(6000.0, 6003.0)
    data = hit_as_data(film)
    assert (data["start"], data["end"], data["unit"]) == (6000.0, 6003.0, "seconds")
    assert "film.srt#t=6000.00" in page([PageSection("okapi", [film])], "Sonolux")
    notes = next(hit for hit in opened.search("okapi") if hit.path.endswith(".txt") and hit.span)
    assert notes.span is not None and notes.span.unit == "characters"
    # As an earlier version wrote them.
    spans = [point.id for point in opened.index.scroll([Condition("kind", "=", "passage")])]
    for point in opened.index.fetch(spans):
        old = {key: value for key, value in point.payload.items() if key != "unit"}
        opened.index.delete([point.id])
        opened.index.upsert([Point(point.id, {}, old)])
    units = {Path(item.path).suffix: item.span.unit for item in opened.items(spans=True) if item.span}
    assert units == {".srt": "seconds", ".txt": "characters"}


def test_a_song_is_found_by_all_that_its_tags_hold(opened: Library, tmp_path: Path) -> None:
    front = id3(
        frame("TPE1", utf8("Ella\0Louis"), 4), frame("TCON", utf8("8\0Swing"), 4),
        frame("USLT", b"\x03eng\0and the living is easy", 4), frame("COMM", b"\x03eng\0a wapiti", 4),
        frame("TXXX", utf8("SYNCEDLYRICS\0[00:00.00]Summertime\n[00:00.20]okapi\n"), 4), version=4,
    )  # fmt: skip
    song = write_mp3(tmp_path / "duet.mp3", front)
    opened.add(song, spaces=["bm25"])
    [file] = list(opened.items())
    for where in ({"artist": "Ella"}, {"artist": "Louis"}, {"genre": "Jazz"}, {"genre": ["Swing", "Rock"]}):
        assert [item.id for item in opened.items(where)] == [file.id]
    assert not list(opened.items({"artist": "Ella; Louis"}))
    for word in ("living", "wapiti", "Louis", "swing"):
        assert opened.search(word)[0].file == file.id
    timed = opened.search("okapi")[0]
    assert (timed.file, timed.span, timed.kind) == (file.id, Span(0.0, 4.2), "passage")
    song.rename(tmp_path / "song.mp3")
    opened.add(tmp_path / "song.mp3")
    assert opened.search("wapiti")[0].path == str(tmp_path / "song.mp3")
