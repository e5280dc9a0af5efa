"""Tastes: what plays, ratings and skips say, one user at a time and all at once."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.index.interactions import KINDS, FolderInteractions, Interaction
from sonolux.library.interactions.factors import fold_into_ranking
from sonolux.retrieval.recommendation.interests import MOST, _clusters, interests_of
from sonolux.retrieval.recommendation.taste import DAY, EXAMPLES, HALF_LIFE, LEAST, taste_of, weights_of
from sonolux.types import Space

NOW = 2_000_000_000.0
ROWS = st.lists(
    st.builds(
        Interaction,
        st.sampled_from("ab"),
        st.sampled_from("12345"),
        st.sampled_from([0.5, 1.0, 3.5, 40.0]),
        st.sampled_from([0.0, 1e9, NOW]),
        st.sampled_from(KINDS),
    ),
    max_size=12,
)


def test_plays_say_less_and_less_each() -> None:
    taste = taste_of([Interaction("a", "1", 3.0), Interaction("a", "2", 63.0)], NOW)
    assert taste.liked == {"2": 6.0, "1": 2.0}
    assert list(taste.liked) == ["2", "1"]
    assert taste.plays == {"1": 3.0, "2": 63.0}


def test_what_lies_back_counts_less() -> None:
    year = DAY * HALF_LIFE
    rows = [Interaction("a", item, 1.0, NOW - years * year) for item, years in (("now", 0), ("then", 1), ("ever", 50))]
    taste = taste_of(rows, NOW)
    assert taste.liked == pytest.approx({"now": 1.0, "then": log2(1.5), "ever": log2(1 + LEAST)})
    assert taste.played["then"] == NOW - year
    assert taste_of([Interaction("a", "1", 1.0, NOW + year)], NOW).liked == {"1": 1.0}


def test_ratings_are_compared_with_ones_own() -> None:
    rows = [Interaction("a", item, stars, 0.0, "rating") for item, stars in (("1", 5.0), ("2", 3.0), ("3", 1.0))]
    taste = taste_of(rows, NOW)
    assert (taste.liked, taste.disliked) == ({"1": 3.0, "2": 1.0}, {"3": 2.0})
    alike = taste_of([Interaction("a", item, 0.5, 0.0, "rating") for item in "12"], NOW)
    assert (alike.liked, alike.disliked) == ({"1": 1.0, "2": 1.0}, {})


def test_skips_are_dislikes() -> None:
    said = [("1", "skip"), ("2", "play"), ("2", "skip")]
    taste = taste_of([Interaction("a", item, kind=kind) for item, kind in said], NOW)
    assert (taste.liked, taste.disliked) == ({}, {"1": 1.0})


def test_examples_count_as_much_as_the_heaviest() -> None:
    taste = taste_of([Interaction("a", "1", 63.0), Interaction("a", "2", 1.0)], NOW).with_examples(["3", "2"], ["1"])
    assert (taste.liked, taste.disliked) == ({"2": 6.0, "3": 6.0}, {"1": 6.0})
    assert taste.plays == {"1": -63.0, "2": 63.0, "3": 63.0}
    many = taste_of([Interaction("a", str(n), float(n + 1)) for n in range(99)], NOW)
    assert list(many.examples()[0]) == [str(n) for n in range(98, 98 - EXAMPLES, -1)]


@settings(max_examples=20)
@given(ROWS)
def test_all_users_say_what_each_says(tmp_path_factory: pytest.TempPathFactory, rows: list[Interaction]) -> None:
    kept = FolderInteractions(tmp_path_factory.mktemp("kept"))
    kept.add(rows)
    table = kept.table()
    together: dict[tuple[str, str], float] = {}
    for user, item, weight in zip(table.user, table.item, weights_of(table), strict=True):
        key = table.users[user], table.items[item]
        together[key] = together.get(key, 0.0) + float(weight)
    tastes = {user: taste_of(kept.of_user(user), NOW) for user in kept.users()}
    alone = {(user, item): said for user, taste in tastes.items() for item, said in taste.plays.items()}
    assert together == pytest.approx(alone, abs=1e-5)


def test_interests_part_what_lies_apart() -> None:
    random = np.random.default_rng(0)
    centres = np.eye(8)[:3]
    rows = np.concatenate([centre + 0.05 * random.standard_normal((5, 8)) for centre in centres]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    groups = _clusters(rows, np.ones(15))
    assert sorted(group.tolist() for group in groups) == [[*range(5)], [*range(5, 10)], [*range(10, 15)]]
    assert len(_clusters(np.repeat(rows[:1], 9, axis=0), np.ones(9))) <= MOST
    space = Space("s", 8)
    liked = {str(n): 1.0 + (n < 5) for n in range(15)}
    vectors = {str(n): {"s": row} for n, row in enumerate(rows)}
    asked = interests_of(space, 3.0, liked, {}, vectors)
    assert sum(one.share for one in asked) == pytest.approx(1.0)
    assert max(one.share for one in asked) == pytest.approx(0.5)
    assert interests_of(space, 3.0, liked, {}, {}) == []


def test_a_user_under_ranked_items_likes_what_is_like_the_liked() -> None:
    random = np.random.default_rng(1)
    items = random.standard_normal((40, 6))
    user = random.standard_normal(6)
    order = np.argsort(-items @ user)
    rows = np.concatenate([items[order[:8]], items[order[-4:]]]) - items.mean(axis=0)
    found = fold_into_ranking(rows, np.array([1.0] * 8 + [-1.0] * 4))
    assert np.corrcoef(items @ found, items @ user)[0, 1] > 0.8
    assert found @ user > 0
