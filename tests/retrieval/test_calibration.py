"""Chances are true: among non-matches, a chance of p or less is claimed about as often as p."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import expon

from sonolux.retrieval.background import closeness, closeness_of, fit_background
from sonolux.retrieval.keywords import KeywordBackground
from sonolux.retrieval.tail import SMALLEST, fit_tail
from sonolux.types import Metric, Space


def test_tail_follows_an_exponential_far_beyond_the_sample() -> None:
    tail = fit_tail(expon().rvs(20_000, random_state=0))
    for p in (0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-6):
        assert tail.chance(expon().isf(p)) == pytest.approx(p, rel=0.5)


def test_a_few_matches_in_the_sample_do_not_hide_a_match() -> None:
    sample = expon().rvs(20_000, random_state=1)
    sample[:15] = 30.0
    assert fit_tail(sample).chance(30.0) < 1e-9


def test_chance_falls_as_the_score_rises() -> None:
    tail = fit_tail(np.random.default_rng(0).standard_normal(5000))
    chance = [tail.chance(value) for value in np.linspace(-6, 12, 400)]
    assert (np.diff(chance) <= 0).all()
    assert chance[0] == 1.0
    assert SMALLEST <= chance[-1] < 1e-6


def test_a_small_sample_claims_no_more_than_it_supports() -> None:
    tail = fit_tail(np.array([0.1, 0.2, 0.3]))
    assert tail.chance(99.0) == 0.25
    assert tail.chance(-99.0) == 1.0


def test_the_value_of_a_chance_has_that_chance() -> None:
    tail = fit_tail(np.random.default_rng(0).standard_normal(5000))
    for p in (1e-3, 1e-6, 1e-9):
        assert tail.chance(tail.value(p)) == pytest.approx(p)
    assert fit_tail(np.arange(5.0)).value(1e-3) == np.inf


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_the_score_of_a_chance_has_that_chance(metric: str) -> None:
    rows = clustered(np.random.default_rng(6), 600, np.random.default_rng(7).standard_normal((600, 16)))
    background = fit_background(Space("s", 16, metric), rows, np.arange(600))
    assert background.chance(rows[0], [background.score(rows[0], 1e-4)])[0] == pytest.approx(1e-4, rel=1e-3)


def test_the_tail_of_few_draws_claims_less() -> None:
    sample = expon().rvs(20_000, random_state=0)
    few, many = fit_tail(sample, 20), fit_tail(sample)
    assert few.chance(20.0) > 30 * many.chance(20.0)
    assert few.chance(few.value(1e-9)) == pytest.approx(1e-9)
    assert few.surprises([1e6]) > many.surprises([40.0]) > [-np.log(SMALLEST)]


def test_equal_scores_are_no_evidence() -> None:
    tail = fit_tail(np.full(1000, 0.5))
    assert tail.chance(0.5) == 1.0


def clustered(random: np.random.Generator, n: int, centres: np.ndarray) -> np.ndarray:
    rows = centres[random.integers(len(centres), size=n)] + 0.6 * random.standard_normal((n, centres.shape[1]))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_chances_of_random_items_are_uniform_for_every_query() -> None:
    random = np.random.default_rng(1)
    centres = random.standard_normal((200, 32))
    background = fit_background(Space("s", 32), clustered(random, 1000, centres), np.arange(1000))
    others = clustered(random, 5_000, centres)
    chances = np.stack([background.chance(query, others @ query) for query in clustered(random, 50, centres)])
    for p in (0.1, 0.01):
        shares = (chances <= p).mean(axis=1)
        assert shares.mean() == pytest.approx(p, rel=0.3)
        assert shares.max() < 6 * p


def test_a_near_duplicate_is_no_chance_match() -> None:
    random = np.random.default_rng(2)
    rows = clustered(random, 1000, random.standard_normal((9000, 64)))
    background = fit_background(Space("s", 64), rows, np.arange(1000))
    query = rows[7] + 0.02 * random.standard_normal(64).astype(np.float32)
    query /= np.linalg.norm(query)
    assert background.chance(query, [rows[7] @ query])[0] < 1e-5


def test_spans_of_one_file_are_not_taken_for_non_matches() -> None:
    random = np.random.default_rng(3)
    songs = random.standard_normal((50, 1, 16))
    rows = (songs + 0.05 * random.standard_normal((50, 20, 16))).reshape(1000, 16)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    score = [rows[0] @ rows[1]]
    order = random.permutation(1000)
    told = fit_background(Space("s", 16), rows[order], np.repeat(np.arange(50), 20)[order])
    untold = fit_background(Space("s", 16), rows[order], np.arange(1000))
    assert told.chance(rows[0], score)[0] < 1e-4
    assert untold.chance(rows[0], score)[0] > 1e-3


@pytest.mark.parametrize("kind", ["binary", "euclidean"])
def test_background_models_of_other_metrics(kind: str) -> None:
    random = np.random.default_rng(4)
    if kind == "binary":
        space = Space("s", 64, "hamming", "binary")
        rows = random.integers(0, 256, (500, 8), dtype=np.uint8)
        best, far = 1.0, 0.0
    else:
        space = Space("s", 8, "euclidean")
        rows = random.standard_normal((500, 8)).astype(np.float32)
        best, far = 0.0, -4.0
    background = fit_background(space, rows, np.arange(500))
    same, other = background.chance(rows[0], [best, far])
    assert same < 1e-3
    assert other > 0.2


def texts(*held: list[int], dim: int = 100) -> csr_array:
    indptr = np.cumsum([0, *map(len, held)])
    indices = np.array([term for terms in held for term in terms], np.int64)
    return csr_array((np.ones(len(indices)), indices, indptr), shape=(len(held), dim))


def test_rare_words_are_better_evidence_than_common_ones() -> None:
    background = KeywordBackground(texts(*([[1]] * 90 + [[1, 2]] * 9 + [[3]])))
    query = texts([1, 2, 3])
    chance, complete = background.chance(query, texts([1], [2], [3], [2, 3], [1, 2, 3]))
    assert (np.diff(chance) < 0).all()
    assert complete == [False, False, False, False, True]


def test_keyword_chance_is_that_of_independent_terms() -> None:
    random = np.random.default_rng(5)
    probability = np.array([0.5, 0.2, 0.05, 0.3])
    present = random.random((1000, 4)) < probability
    others = list(range(4, 100))  # of which every text holds as many, so that all are about as long
    background = KeywordBackground(texts(*[[*np.flatnonzero(row), *others] for row in present]))
    chance, _ = background.chance(texts([0, 1, 2, 3]), texts([0, 1], [1, 2, 3]))
    p = (present.sum(0) + 0.5) / 1001
    worth = np.log1p((1 - p) / p)
    fresh = random.random((200_000, 4)) < p
    for held, claimed in (([0, 1], chance[0]), ([1, 2, 3], chance[1])):
        assert claimed == pytest.approx((fresh @ worth >= worth[held].sum() - 0.02).mean(), rel=0.15)


def test_among_short_names_a_passage_is_no_find_for_any_other() -> None:
    random = np.random.default_rng(6)
    usual = 1 / np.arange(1, 3001)
    usual /= usual.sum()

    def passage(words: int) -> list[int]:
        return sorted(set(random.choice(3000, words, p=usual).tolist()))

    names, passages = [passage(4) for _ in range(300)], [passage(150) for _ in range(80)]
    rows = texts(*names, *passages, dim=3000)
    background = KeywordBackground(rows)
    chances = np.array([background.chance(texts(passage(150), dim=3000), rows)[0] for _ in range(100)])
    for claimed in (0.1, 0.01, 0.001):
        assert (chances <= claimed).mean() == pytest.approx(claimed, rel=1.0)
    # A copy of a passage is no chance, in the middle of all.
    assert background.chance(rows[[-1]], rows[[-1]])[0][0] < 1e-6


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@given(scores=st.lists(st.floats(-1, 1, width=32), max_size=3))
def test_closeness_of_a_few_scores_is_that_of_many(metric: Metric, scores: list[float]) -> None:
    space = Space("any", 4, metric)
    assert closeness_of(metric, scores) == pytest.approx(closeness(space, np.array(scores, np.float32)).tolist())
