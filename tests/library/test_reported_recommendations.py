"""What people have reported of other recommenders and radios, rebuilt: each of these was somebody's bug."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from listeners import Song, fill_songs
from sonolux.index import Point
from sonolux.index.interactions import FILE, Interaction
from sonolux.library import Library
from sonolux.retrieval.recommendation.taste import EXAMPLES, taste_of


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, list[Song]]]:
    with Library(tmp_path_factory.mktemp("songs") / "l.sonolux") as opened:
        yield opened, fill_songs(opened, 100)


@pytest.fixture
def library(filled: tuple[Library, list[Song]]) -> Library:
    (Path(filled[0].location) / FILE).unlink(missing_ok=True)
    return filled[0]


@pytest.fixture
def songs(filled: tuple[Library, list[Song]]) -> list[Song]:
    return filled[1]


def of_genre(songs: list[Song], genre: int) -> list[str]:
    return [song.id for song in songs if song.genre == genre]


@pytest.mark.parametrize("k", [1, 7, 40, 90])
def test_as_many_as_are_asked_for_however_many_are_left_out(library: Library, songs: list[Song], k: int) -> None:
    """implicit 736: N and as many as were filtered; implicit 198: fewer than N, as N were taken before the filter."""
    like, unlike = of_genre(songs, 0)[:5], of_genre(songs, 1)[:5]
    found = library.recommend(like=like, unlike=unlike, k=k)
    assert len({hit.file for hit in found}) == len(found) == k
    assert not {hit.file for hit in found} & {*like, *unlike}


def test_where_fewer_are_left_there_are_fewer_and_no_filler(library: Library, songs: list[Song]) -> None:
    """implicit 507: more asked for than there are, and the rest was filled with what is no item."""
    found = library.recommend(like=of_genre(songs, 2)[:3], where={"genre": "genre2"}, k=80)
    assert {hit.file for hit in found} == {*of_genre(songs, 2)[3:]}


def test_what_was_played_is_not_new(library: Library, songs: list[Song]) -> None:
    """implicit 365: what a user had liked came again, though it was to be left out."""
    played = of_genre(songs, 0)[:20]
    library.interactions.add([Interaction("ann", item, 1.0, 100.0 + n) for n, item in enumerate(played)])
    assert not {hit.file for hit in library.recommend("ann", new_only=True, k=60)} & {*played}


def test_what_is_disliked_never_comes_back(library: Library, songs: list[Song]) -> None:
    """Google Play Music desktop 2211, YTMusicUltimate 437: a station plays what was voted down, now and then.

    Also where more is disliked than stands for a taste, and where a station has nothing left that fits.
    """
    liked = of_genre(songs, 1)[:3]
    disliked = [*of_genre(songs, 0), *of_genre(songs, 2)]
    library.interact("ann", *liked)
    library.interact("ann", *disliked, kind="skip")
    assert not {hit.file for hit in library.recommend("ann", k=90)} & {*disliked}
    station = library.station("ann", where={"genre": ["genre0", "genre1"]})
    played = []
    while hit := station.play():
        played.append(hit.file)
    assert {*of_genre(songs, 1)[3:]} <= {*played}
    assert not {*played} & {*disliked}


def test_a_station_stays_within_its_filter(library: Library, songs: list[Song]) -> None:
    """jellyfin 14818, finamp 1376: a mix goes on with songs of another library once its own has no more."""
    station = library.station(like=of_genre(songs, 0)[:2], where={"genre": "genre3"})
    played = []
    while hit := station.play():
        played.append(hit.file)
    assert sorted(played) == sorted(of_genre(songs, 3))


def test_a_station_does_not_play_what_it_began_with(library: Library, songs: list[Song]) -> None:
    """jellyfin 15114, finamp 1421: the song that a mix began with came twice; whoever starts one has just heard it."""
    begin = of_genre(songs, 0)[0]
    station = library.station(like=begin)
    played = [hit.file for _ in range(60) if (hit := station.play())]
    assert len({*played}) == 60 and begin not in played


def test_the_last_opinions_are_heard() -> None:
    """Of a long session more is said than stands for a taste: only the first, in the order of names, counted."""
    said = [f"{n:02}" for n in range(60)]
    liked, disliked = taste_of([]).with_examples(said, [f"no {one}" for one in said]).examples()
    assert ({*liked}, {*disliked}) == ({*said[-EXAMPLES:]}, {f"no {one}" for one in said[-EXAMPLES:]})
    first = taste_of([]).with_examples(said[:5], ()).examples()
    assert first == taste_of([]).with_examples(said[4::-1], ()).examples()  # of few their order says nothing


def test_one_recording_is_recommended_once(library: Library, songs: list[Song]) -> None:
    """AudioMuse-AI 30, ListenBrainz 937, personal-dj 13: a song is on its album and on the best-of, and comes twice."""
    original, other = songs[4], songs[8]
    [point] = library.index.fetch([original.id], spaces=["sound"])
    [nearest] = library.index.fetch([other.id], spaces=["sound"])
    again = {"meta": {"artist": [original.artist.upper()]}, "title": f"{original.title} (feat. Somebody)"}
    twins = [
        Point(f"00000000-0000-4000-8000-00000000000{n}", {"sound": vector}, {**payload, "path": f"/best/{n}.flac"})
        for n, (vector, payload) in enumerate(
            [
                (point.vectors["sound"], {**point.payload, **again, "hash": "other"}),  # one that is tagged alike
                (nearest.vectors["sound"], {**nearest.payload, "title": "", "meta": {}}),  # one of the same bytes
            ]
        )
    ]
    library.index.upsert([Point(one.id, one.vectors, {**one.payload, "file": one.id}) for one in twins])
    try:
        found = [hit.file for hit in library.recommend(like=original.id, k=40, diverse=0.0)]
        assert twins[0].id not in found
        assert len({twins[1].id, other.id} & {*found}) == 1
        assert len(found) == 40
    finally:
        library.index.delete([one.id for one in twins])


def test_what_was_removed_is_no_longer_popular(library: Library, songs: list[Song]) -> None:
    """namida 1057: deleted songs stay among the most played."""
    gone = songs[12]
    [kept] = library.index.fetch([gone.id], spaces=["sound"])
    library.interactions.add([Interaction(user, gone.id) for user in "abc"] + [Interaction("a", songs[3].id)])
    library.index.delete([gone.id])
    try:
        assert [hit.file for hit in library.recommend("zoe")] == [songs[3].id]
        assert library.recommend("a").remark.startswith("not enough is known of a: 1 item")
    finally:
        library.index.upsert([kept])
