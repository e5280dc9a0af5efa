from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.retrieval.fusion import reciprocal_rank_fusion, shared_ranks, simes

rankings = st.lists(
    st.tuples(st.integers(1, 5).map(float), st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)),
    max_size=4,
)


def fuse(lists: list[tuple[float, list[str]]]) -> list[tuple[str, float]]:
    return reciprocal_rank_fusion((weight, [(item, n) for n, item in enumerate(ids, 1)]) for weight, ids in lists)


@given(rankings)
def test_scores_are_the_sum_of_weighted_reciprocal_ranks(lists: list[tuple[float, list[str]]]) -> None:
    fused = dict(fuse(lists))
    for item in {item for _, ids in lists for item in ids}:
        exact = sum(Fraction(int(w), 60 + ids.index(item) + 1) for w, ids in lists if item in ids)
        assert abs(fused[item] - float(exact)) < 1e-12


@given(rankings)
def test_best_comes_first_and_each_item_once(lists: list[tuple[float, list[str]]]) -> None:
    fused = fuse(lists)
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert len({item for item, _ in fused}) == len(fused)


def test_agreement_of_two_lists_beats_the_top_of_one() -> None:
    fused = fuse([(1.0, ["a", "b"]), (1.0, ["c", "b"])])
    assert fused[0][0] == "b"


def test_a_heavier_list_decides() -> None:
    assert fuse([(1.0, ["a"]), (3.0, ["b"])])[0][0] == "b"


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3])))
def test_equal_values_share_the_first_of_their_places(values: list[float]) -> None:
    ordered = sorted(values, reverse=True)
    assert shared_ranks(ordered) == [1 + sum(other > value for other in ordered) for value in ordered]


@pytest.mark.parametrize("lists", [1, 6, 48])
@pytest.mark.parametrize("alike", [0.0, 0.7, 1.0])
def test_p_values_that_many_lists_give_by_chance_are_no_smaller_together(lists: int, alike: float) -> None:
    """Gaussian evidence, from independent to the same in every list: claimed against seen."""
    from scipy.special import ndtr

    random = np.random.default_rng(0)
    shared, own = random.standard_normal((4000, 1)), random.standard_normal((4000, lists))
    chances = ndtr(-(np.sqrt(alike) * shared + np.sqrt(1 - alike) * own))
    together = np.array([simes(row, lists) for row in chances])
    for claimed in (0.1, 0.02):
        assert (together <= claimed).mean() <= 1.4 * claimed


def test_what_all_lists_say_pays_for_none_and_what_one_says_for_all() -> None:
    assert simes([0.01] * 8, 8) == pytest.approx(0.01)
    assert simes([0.01, *[1.0] * 7], 8) == simes([0.01], 8) == pytest.approx(0.08)
    assert simes([], 3) == 1.0
