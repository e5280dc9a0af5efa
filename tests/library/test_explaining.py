"""Why a hit was found: spaces, words, labels, places and examples, and nothing where nobody asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from making import photographs
from sonolux.annotators import Annotator
from sonolux.library import Library
from sonolux.presentation.data import hit_as_data
from sonolux.retrieval import Part, Query
from sonolux.types import Annotation, Modality, Region


def test_nothing_is_said_unless_asked(library: Library) -> None:
    hits = library.search("flute", k=3)
    assert all(hit.why == () and "why" not in hit_as_data(hit) for hit in hits)
    explained = library.search("flute", k=3, explain=True)
    assert [hit._replace(why=()) for hit in explained] == hits


def test_words_that_a_hit_holds_are_named_as_they_were_asked(library: Library) -> None:
    [hit] = library.search("the Flute zeppelin!", k=1, spaces="bm25", explain=True)
    [reason] = hit.why
    assert (reason.space, reason.asked, reason.part, reason.rank) == ("bm25", "text", 0, 1)
    assert (reason.words, reason.item, reason.chance) == (("Flute",), hit.id, hit.chance)


def test_every_space_that_found_it_is_a_reason_the_strongest_first(library: Library) -> None:
    image = photographs()[0]
    hits = library.search(image=image, k=3, explain=True)
    assert {reason.space for reason in hits[0].why} >= {"hog", "colour-layout"}
    assert hits[0].space == hits[0].why[0].space
    for hit in hits:
        chances = [reason.chance for reason in hit.why]
        assert chances == sorted(chances)
        assert len({reason.space for reason in hit.why}) == len(hit.why)
    assert all(reason.rank == 1 for reason in hits[0].why if reason.space in ("hog", "colour-layout"))


def test_a_span_that_was_matched_is_said(library: Library) -> None:
    video = next(hit for hit in library.search(image=photographs()[0], k=20, explain=True) if hit.modality == "video")
    assert any(reason.span for reason in video.why)
    assert {reason.item for reason in video.why} <= {part.id for part in library.spans_of(video.file)} | {video.file}


def test_of_several_examples_the_nearest_is_named(library: Library) -> None:
    first, second, *_ = library.items({"modality": "image"})
    [hit] = library.search(like=first, k=1, spaces="hog", explain=True)
    assert (hit.why[0].example, hit.why[0].asked) == (first.id, "like")
    scores = {
        item.id: {hit.id: hit.score for hit in library.search(like=item, k=20, spaces="hog", spans=True)}
        for item in (first, second)
    }
    for examples in ([first, second], [second, first]):
        for hit in library.search(like=examples, k=20, spaces="hog", spans=True, explain=True):
            assert hit.why[0].example == max(scores, key=lambda item: scores[item][hit.id])


def test_parts_are_told_apart(library: Library) -> None:
    query = Query((Part("text", "flute"), Part("text", "a beach")), k=3, spaces=("bm25",), explain=True)
    assert {reason.part for hit in library.ask(query) for reason in hit.why} <= {0, 1}
    ranking = library.rank(query)
    assert ranking.window(0, 3) == library.rank(query).window(0, 3)
    assert all(hit.why for hit in ranking.window(0, 2))


class Box(Annotator):
    """Says of every image that a lantern is in its upper left quarter."""

    name = spec = "box"
    digest = "1"
    modality = Modality.IMAGE

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        region = Region(0, 0, 0.5, 0.5)
        return [[Annotation("box", "paper lantern", 0.9, region=region), Annotation("box", "sky", 0.8)] for _ in batch]


def test_the_label_that_matched_is_named_with_its_place(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "own.sonolux") as library:
        library.add(own, fingerprints=False, labels=False)
        library.annotate(Box())
        hit = library.search("a lantern", k=1, where={"modality": "image"}, explain=True)[0]
        reason = next(one for one in hit.why if one.space == "bm25")
        assert (reason.label, reason.words) == ("paper lantern", ("lantern",))
        assert reason.region == Region(0, 0, 0.5, 0.5)
