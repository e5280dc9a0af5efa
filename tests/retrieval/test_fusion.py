from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sonolux.retrieval.fusion import reciprocal_rank_fusion

rankings = st.lists(
    st.tuples(st.integers(1, 5).map(float), st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)),
    max_size=4,
)


@given(rankings)
def test_scores_are_the_sum_of_weighted_reciprocal_ranks(lists: list[tuple[float, list[str]]]) -> None:
    fused = dict(reciprocal_rank_fusion(lists))
    for item in {item for _, ids in lists for item in ids}:
        exact = sum(Fraction(int(w), 60 + ids.index(item) + 1) for w, ids in lists if item in ids)
        assert abs(fused[item] - float(exact)) < 1e-12


@given(rankings)
def test_best_comes_first_and_each_item_once(lists: list[tuple[float, list[str]]]) -> None:
    fused = reciprocal_rank_fusion(lists)
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert len({item for item, _ in fused}) == len(fused)


def test_agreement_of_two_lists_beats_the_top_of_one() -> None:
    fused = reciprocal_rank_fusion([(1.0, ["a", "b"]), (1.0, ["c", "b"])])
    assert fused[0][0] == "b"


def test_a_heavier_list_decides() -> None:
    assert reciprocal_rank_fusion([(1.0, ["a"]), (3.0, ["b"])])[0][0] == "b"
