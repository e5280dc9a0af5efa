"""Starters: what somebody is asked about of whom nothing is known differs, and is of what there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from listeners import Song, fill_songs
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.library.starters import find_starters
from sonolux.retrieval.filters import build_conditions


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, list[Song]]]:
    with Library(tmp_path_factory.mktemp("songs") / "l.sonolux") as opened:
        yield opened, fill_songs(opened, 60)


def test_each_kind_of_song_is_among_the_first(filled: tuple[Library, list[Song]]) -> None:
    library, songs = filled
    genres = {song.id: song.genre for song in songs}
    for seed in range(3):
        found = find_starters(library.index, library.spaces, 5, seed=seed)
        assert len(set(found)) == 5
        assert {genres[item] for item in found[:5]} == {0, 1, 2, 3}


def test_filters_and_what_is_known_hold(filled: tuple[Library, list[Song]]) -> None:
    library, songs = filled
    known = {song.id for song in songs if song.genre == 1 and song.id < "8"}
    where = build_conditions({"genre": "genre1"})
    found = find_starters(library.index, library.spaces, 100, where, known)
    assert {*found} == {song.id for song in songs if song.genre == 1} - known
    assert find_starters(library.index, library.spaces, 3, where, {song.id for song in songs}) == []


def test_how_many(filled: tuple[Library, list[Song]]) -> None:
    library, _ = filled
    for k in (0, 101):
        with pytest.raises(QueryError, match="1 to 100 items"):
            find_starters(library.index, library.spaces, k)
