"""A library's rankings and facets: the hits of a search, a window at a time, and what there is to choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from making import photographs
from sonolux.errors import ExpiredError, LibraryError
from sonolux.library import Library
from sonolux.retrieval import Part, Query

TEXT = Query((Part("text", "flute"),))


@pytest.mark.parametrize("spans", [False, True])
@pytest.mark.parametrize("spaces", [(), ("bm25",)])
def test_a_ranking_has_the_hits_of_a_search(library: Library, spans: bool, spaces: tuple[str, ...]) -> None:
    query = Query((Part("text", "flute"),), k=6, spans=spans, spaces=spaces)
    hits = library.ask(query)
    ranking = library.rank(query, depth=6)
    assert ranking.window(0, 6) == hits
    assert ranking.window(0, 6).spaces == ranking.spaces == hits.spaces
    assert [*ranking.window(0, 2), *ranking.window(2, 4)] == hits
    assert ranking.sure == sum(hit.confident for hit in hits)


def test_a_ranking_goes_on_to_its_end(library: Library) -> None:
    ranking = library.rank(TEXT, depth=2)
    assert (ranking.total, ranking.complete) == (2, False)
    ranking.window(0, 100)
    assert ranking.complete
    assert len(set(ranking.files)) == ranking.total == len(library.search("flute", k=100))
    assert library.ranking(ranking.id) is ranking


def test_a_picture_is_not_kept_with_the_ranking_that_it_asked(library: Library) -> None:
    image = photographs()[0]
    ranking = library.rank(Query((Part("image", library.search(image=image, k=1)[0].path),)), depth=2)
    assert [part.content for part in ranking.query.parts] == [None]
    assert ranking.window(0, 9) != []


def test_what_is_removed_leaves_its_place_empty(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "own.sonolux") as library:
        library.add(own, fingerprints=False)
        ranking = library.rank(TEXT, depth=50)
        before = ranking.window(0, 50)
        library.remove(before[1].path)
        assert ranking.window(0, 50) == [before[0], *before[2:]]
        assert ranking.window(2, 1) == before[2:3]
        counted = sum(files for _, files in ranking.facets("modality")["modality"])
        assert counted == ranking.total - 1
        short = library.rank(TEXT, depth=1)
        library.drop_space("bm25")
        with pytest.raises(LibraryError, match="no space 'bm25'"):
            short.window(0, 9)
        with pytest.raises(ExpiredError):
            library.ranking(short.id)


def test_facets_take_filters_as_a_search_does(library: Library) -> None:
    info = library.info()["modalities"]
    assert dict(library.facets("modality")["modality"]) == info
    asked = library.facets(["modality", "folder", "artist"], {"modality": ["image", "audio"]})
    assert dict(asked["modality"]) == {name: info[name] for name in ("image", "audio")}
    folder, files = asked["folder"][-1]
    assert len(list(library.items({"folder": folder, "modality": ["image", "audio"]}))) == files
    others = library.facets("modality", {"modality": "image"}, own=False)
    assert dict(others["modality"]) == info
