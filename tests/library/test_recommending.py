"""Recommending: to new users and known ones, with reasons, and honest where little is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from listeners import GENRES, Song, fill_songs, play_songs
from sonolux.errors import QueryError, TrainingError
from sonolux.index.interactions import FILE, Interaction
from sonolux.library import Library
from sonolux.library.interactions.factors import FACTORS, FactorModel, factor_tables
from sonolux.training.recommendation.recipe import FactorisationRecipe

NOW = time.time()
SMALL = FactorisationRecipe(method="wmf", factors=8)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, list[Song]]]:
    with Library(tmp_path_factory.mktemp("songs") / "l.sonolux") as opened:
        yield opened, fill_songs(opened, 120)


@pytest.fixture
def library(filled: tuple[Library, list[Song]]) -> Library:
    """Return a library of songs that nobody has played."""
    (Path(filled[0].location) / FILE).unlink(missing_ok=True)
    if FACTORS in filled[0].spaces.names():
        filled[0].drop_space(FACTORS)
    return filled[0]


@pytest.fixture
def songs(filled: tuple[Library, list[Song]]) -> list[Song]:
    return filled[1]


def genres(songs: list[Song], hits: object) -> list[int]:
    by_id = {song.id: song.genre for song in songs}
    return [by_id[hit.file] for hit in hits]  # type: ignore[attr-defined]


def ids(songs: list[Song], genre: int, count: int) -> list[str]:
    return [song.id for song in songs if song.genre == genre][:count]


class TestNewUsers:
    def test_three_likes_are_enough(self, library: Library, songs: list[Song]) -> None:
        liked = ids(songs, 2, 3)
        found = library.recommend(like=liked)
        assert len(found) == 10 and found.remark == "" and found.spaces == ("sound",)
        assert genres(songs, found).count(2) >= 9
        assert not {hit.id for hit in found} & {*liked}
        for hit in found:
            [reason] = hit.why
            assert (reason.space, reason.asked) == ("sound", "like")
            assert reason.example in liked
            assert 0 <= hit.chance <= 1
        scores = [hit.score for hit in library.recommend(like=liked, diverse=0.0)]
        assert scores == sorted(scores, reverse=True)

    def test_two_tastes_are_both_served(self, library: Library, songs: list[Song]) -> None:
        liked = [*ids(songs, 0, 8), *ids(songs, 3, 8)]
        found = genres(songs, library.recommend(like=liked, k=20))
        assert min(found.count(0), found.count(3)) >= 4
        assert found.count(0) + found.count(3) >= 18

    def test_what_is_disliked_is_kept_away_from(self, library: Library, songs: list[Song]) -> None:
        liked = [ids(songs, 0, 1)[0], ids(songs, 1, 1)[0]]
        plain = genres(songs, library.recommend(like=liked, k=20)).count(1)
        found = library.recommend(like=liked, unlike=ids(songs, 1, 6)[1:], k=20)
        assert genres(songs, found).count(1) < plain
        assert not {hit.id for hit in found} & {*ids(songs, 1, 6)}

    def test_too_little_is_said_to_be_too_little(self, library: Library, songs: list[Song]) -> None:
        found = library.recommend(like=songs[0].id)
        assert len(found) == 10
        assert found.remark.startswith("not enough is known of you: 1 item that is liked")

    def test_filters_hold(self, library: Library, songs: list[Song]) -> None:
        found = library.recommend(like=ids(songs, 2, 3), where={"genre": "genre1"}, k=5)
        assert genres(songs, found) == [1] * 5

    def test_variety_makes_way(self, library: Library, songs: list[Song]) -> None:
        def likeness(diverse: float) -> float:
            found = library.recommend(like=ids(songs, 2, 3), diverse=diverse, k=8)
            points = library.index.fetch([hit.id for hit in found], spaces=["sound"], keys=())
            rows = np.stack([point.vectors["sound"] for point in points])
            return float((rows @ rows.T).mean())

        assert likeness(0.9) < likeness(0.0)


class TestKnownUsers:
    def test_their_plays_are_their_taste(self, library: Library, songs: list[Song]) -> None:
        likes = play_songs(library, songs)
        right = total = 0
        for user, genre in list(likes.items())[:8]:
            played = {row.item for row in library.interactions.of_user(user)}
            found = library.recommend(user, new_only=True)
            assert not {hit.file for hit in found} & played
            right += genres(songs, found).count(genre)
            total += len(found)
        assert right / total > 0.6  # a third of what they played is of other genres

    def test_ratings_below_their_mean_are_dislikes(self, library: Library, songs: list[Song]) -> None:
        good, bad = ids(songs, 0, 4), ids(songs, 1, 4)
        library.interactions.add([Interaction("ann", item, 4.5, 1.0, "rating") for item in good])
        library.interactions.add([Interaction("ann", item, 0.5, 1.0, "rating") for item in bad])
        found = library.recommend("ann")
        assert genres(songs, found).count(0) >= 9
        assert not {hit.file for hit in found} & {*good, *bad}

    def test_one_play(self, library: Library, songs: list[Song]) -> None:
        library.interact("ann", songs[5].id)
        found = library.recommend("ann")
        assert len(found) == 10
        assert found.remark.startswith("not enough is known of ann: 1 item that is liked")

    def test_what_was_played_lately_is_held_back(self, library: Library, songs: list[Song]) -> None:
        mine = ids(songs, 0, 30)
        library.interactions.add([Interaction("ann", item, 50.0, NOW - 400 * 86400) for item in mine[:-1]])
        # Less than the 48 examples are known, so that nothing that was played could come: of the rest nothing is.
        assert not {hit.file for hit in library.recommend("ann")} & {*mine[:-1]}
        many = [song.id for song in songs]
        library.interactions.add([Interaction("bob", item, 50.0, NOW - 900 * 86400) for item in many[:48]])
        library.interactions.add([Interaction("bob", item, 1.0, NOW) for item in many[48:60]])
        library.interactions.add([Interaction("bob", item, 1.0, NOW - 900 * 86400) for item in many[60:72]])
        ranks = [hit.file for hit in library.recommend("bob", k=70, fresh=0.9, diverse=0.0)]
        lately = [ranks.index(item) for item in many[48:60] if item in ranks]
        long_ago = [ranks.index(item) for item in many[60:72] if item in ranks]
        assert long_ago and np.mean(lately or [70]) > np.mean(long_ago)
        assert not {hit.file for hit in library.recommend("bob", k=70, new_only=True)} & {*many[:72]}

    def test_of_an_unknown_user_what_most_play(self, library: Library, songs: list[Song]) -> None:
        with pytest.raises(QueryError, match="nothing is known of zoe, and nobody has played anything in this library"):
            library.recommend("zoe")
        library.interactions.add([Interaction(user, songs[n].id) for user in "abc" for n in range(ord(user) - 96)])
        found = library.recommend("zoe", k=2)
        assert [hit.file for hit in found] == [songs[0].id, songs[1].id]
        assert found.remark == "nothing is known of zoe yet: this is what most people here play"
        assert [(hit.score, hit.chance, hit.confident) for hit in found] == [(3.0, 1.0, False), (2.0, 1.0, False)]
        assert genres(songs, library.recommend("zoe", where={"genre": "genre2"})) == [2]
        library.interact("zoe", songs[0].id, kind="skip")
        assert [hit.file for hit in library.recommend("zoe")] == [songs[1].id, songs[2].id]

    def test_items_that_are_gone_say_nothing(self, library: Library, songs: list[Song]) -> None:
        gone = "00000000-0000-0000-0000-00000000dead"
        library.interactions.add([Interaction("ann", gone, 500.0)])
        library.interactions.add([Interaction("ann", item) for item in ids(songs, 1, 3)])
        assert genres(songs, library.recommend("ann")).count(1) >= 9


class TestFactors:
    def test_items_are_a_space_and_users_ask_it(self, library: Library, songs: list[Song]) -> None:
        likes = play_songs(library, songs)
        summary = library.learn_factors(SMALL)
        assert (summary.users, summary.factors) == (40, 8)
        assert library.index.count(space=FACTORS) == summary.written
        assert FACTORS in library.spaces.names()
        right = 0
        for user, genre in list(likes.items())[:8]:
            found = library.recommend(user, spaces=FACTORS, new_only=True, k=5)
            assert found.spaces == (FACTORS,)
            right += genres(songs, found).count(genre)
        assert right / 40 > 0.6
        both = library.recommend("user00", k=5)
        assert set(both.spaces) == {"sound", FACTORS}

    def test_a_new_user_is_folded_in(self, library: Library, songs: list[Song]) -> None:
        play_songs(library, songs)
        library.learn_factors(SMALL)
        library.interact("newcomer", *[item for item in ids(songs, 3, 20) if item in library.interactions.items()][:4])
        found = library.recommend("newcomer", spaces=FACTORS, k=10)
        assert genres(songs, found).count(3) >= 6

    def test_as_a_library_that_is_opened_again_knows(self, library: Library, songs: list[Song]) -> None:
        play_songs(library, songs)
        library.learn_factors(SMALL)
        found = [hit.file for hit in library.recommend("user03", spaces=FACTORS)]
        model = FactorModel.load(library.interactions)
        assert model is not None and model.recipe == SMALL
        points = library.index.scroll(spaces=[FACTORS], keys=())
        rows = np.stack([point.vectors[FACTORS] for point in points if FACTORS in point.vectors]).astype(float)
        np.testing.assert_allclose(model.gram, rows.T @ rows, rtol=1e-3, atol=1e-3)
        library._spaces = library._manifest = None
        assert [hit.file for hit in library.recommend("user03", spaces=FACTORS)] == found

    def test_new_items_are_folded_in(self, library: Library, songs: list[Song]) -> None:
        play_songs(library, songs)
        played = library.interactions.items()
        held = next(song for song in songs if song.id in played and song.genre == 1)
        fans = library.interactions.of_item(held.id)
        library.interactions.forget([held.id])
        library.learn_factors(SMALL)
        assert library.update_factors().written == 0
        library.interactions.add([Interaction(f"user{n:02}", held.id, 20.0) for n in range(1, 40, GENRES)] + fans)
        assert library.update_factors().written == 1
        library.interact("newcomer", *[item for item in ids(songs, 1, 20) if item in played and item != held.id][:5])
        found = [hit.file for hit in library.recommend("newcomer", spaces=FACTORS, k=15)]
        assert held.id in found

    def test_bpr(self, library: Library, songs: list[Song]) -> None:
        likes = play_songs(library, songs)
        library.learn_factors(FactorisationRecipe(method="bpr", factors=8, iterations=60, regularisation=0.01))
        right = sum(
            genres(songs, library.recommend(user, spaces=FACTORS, new_only=True, k=5)).count(genre)
            for user, genre in list(likes.items())[:8]
        )
        assert right / 40 > 0.55

    def test_the_table_of_a_factor(self, library: Library, songs: list[Song]) -> None:
        with pytest.raises(QueryError, match="this library has no factors: run `sonolux train factors`"):
            factor_tables(library.index, [1], 3)
        play_songs(library, songs)
        library.learn_factors(SMALL)
        high, low = factor_tables(library.index, [1], 3)[1]
        assert sorted(factor_tables(library.index, None, 2)) == [*range(1, 9)]
        assert len(high) == len(low) == 3
        assert high[0][1] >= high[1][1] >= high[2][1] > low[2][1] >= low[0][1]
        assert all(name.startswith("Artist ") for name, _ in high + low)
        with pytest.raises(QueryError, match="there are factors 1 to 8, not 9"):
            factor_tables(library.index, [9], 3)

    def test_nothing_to_learn_from(self, library: Library) -> None:
        with pytest.raises(TrainingError, match="there are no plays to learn from"):
            library.learn_factors(SMALL)
        with pytest.raises(TrainingError, match="there are no factors yet"):
            library.update_factors()
        assert FACTORS not in library.spaces.names()


class TestStation:
    def test_it_learns_from_skips(self, library: Library, songs: list[Song]) -> None:
        station = library.station(like=ids(songs, 0, 1) + ids(songs, 1, 1))
        heard = []
        for _ in range(24):
            hit = station.play()
            assert hit is not None
            heard.append(genres(songs, [hit])[0])
            station.skip() if heard[-1] != 0 else station.like()
        assert len(set(station.played)) == 24
        assert heard[8:].count(0) >= 14

    def test_it_begins_from_nothing_and_ends_with_the_last(self, library: Library, songs: list[Song]) -> None:
        station = library.station(where={"genre": "genre2"})
        with pytest.raises(QueryError, match="nothing was played yet"):
            station.skip()
        played = []
        while hit := station.play():
            played.append(hit.file)
            station.skip()
        assert sorted(played) == sorted(ids(songs, 2, 100))
        unknown = library.station("nobody")
        assert unknown.play() is not None

    def test_the_same_seed_plays_the_same(self, library: Library) -> None:
        def heard(seed: int) -> list[str]:
            station = library.station(seed=seed)
            return [hit.file for _ in range(5) if (hit := station.play())]

        assert heard(1) == heard(1) != heard(2)


class TestPaths:
    def test_steps_are_smaller_than_the_leap(self, library: Library, songs: list[Song]) -> None:
        start, end = ids(songs, 0, 1)[0], ids(songs, 3, 1)[0]
        path = library.path_between(start, end, steps=6)
        files = [item.id for item in path]
        assert (files[0], files[-1]) == (start, end)
        assert len(set(files)) == len(files) == 8
        points = {point.id: point.vectors["sound"] for point in library.index.fetch(files, spaces=["sound"], keys=())}
        rows = np.stack([points[item] for item in files])
        steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
        assert steps.max() < np.linalg.norm(rows[-1] - rows[0])
        towards = rows @ rows[-1] - rows @ rows[0]
        assert np.corrcoef(towards, np.arange(8))[0, 1] > 0.8

    def test_what_is_no_path(self, library: Library, songs: list[Song]) -> None:
        one, other = songs[0].id, songs[1].id
        with pytest.raises(QueryError, match="these are the same"):
            library.path_between(one, one)
        with pytest.raises(QueryError, match="0 to 1,000 steps, not -1"):
            library.path_between(one, other, steps=-1)
        with pytest.raises(QueryError, match="no space 'hog'"):
            library.path_between(one, other, space="hog")
        assert len(library.path_between(one, other, steps=300)) <= 120
        assert len(library.path_between(one, other, steps=0)) == 2


def test_words_serve_where_nothing_else_describes_items(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for n in range(8):
        (folder / f"{n}.txt").write_text(f"number {n} is of {'cats and milk' if n % 2 else 'dogs and bones'}, {7 * n}")
    with Library(tmp_path / "own.sonolux") as library:
        library.add(folder, spaces=["bm25"])
        for user in range(12):
            library.interact(f"user{user}", *[folder / f"{n}.txt" for n in range(8) if n % 2 == user % 2])
        library.learn_factors(FactorisationRecipe(method="wmf", factors=3))
        (folder / "9.txt").write_text("a new text of cats and milk")
        assert library.add(folder).added == 1
        found = library.recommend("user1", k=1)
        assert Path(found[0].path).name == "9.txt"
        assert found.spaces == ("bm25", FACTORS)
        assert [(reason.space, reason.rank) for reason in found[0].why] == [("bm25", 1)]


def test_what_cannot_be_asked_is_one_line(library: Library, songs: list[Song]) -> None:
    one = songs[0].id
    for asked, reason in (
        ({}, "nothing is asked: name a user, or items that are liked"),
        ({"like": one, "unlike": one}, "is both liked and not"),
        ({"like": "nowhere.flac"}, r"nowhere\.flac is no id or file"),
        ({"like": one, "k": 0}, "k is a whole number from 1"),
        ({"like": one, "diverse": 1.0}, r"diverse lies in \[0, 1\)"),
        ({"like": one, "fresh": -0.1}, r"fresh lies in \[0, 1\)"),
        ({"like": one, "spaces": "hog"}, "no space 'hog'"),
    ):
        with pytest.raises(QueryError, match=reason) as refused:
            library.recommend(**asked)  # type: ignore[arg-type]
        assert "\n" not in str(refused.value)
