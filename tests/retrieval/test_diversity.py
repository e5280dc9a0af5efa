from __future__ import annotations

import numpy as np

from sonolux.retrieval.diversity import maximal_marginal_relevance


def test_without_diversity_relevance_alone_orders() -> None:
    relevance = np.array([0.3, 0.9, 0.5])
    assert maximal_marginal_relevance(relevance, np.eye(3), 3, 0.0) == [1, 2, 0]


def test_a_twin_of_the_best_gives_way_to_something_else() -> None:
    relevance = np.array([1.0, 0.99, 0.6, 0.0])
    similarity = np.eye(4)
    similarity[0, 1] = similarity[1, 0] = 1.0
    assert maximal_marginal_relevance(relevance, similarity, 2, 0.5) == [0, 2]
    assert maximal_marginal_relevance(relevance, similarity, 2, 0.1) == [0, 1]


def test_chooses_like_the_definition_at_every_step() -> None:
    random = np.random.default_rng(3)
    relevance = random.random(12)
    vectors = random.standard_normal((12, 4))
    similarity = vectors @ vectors.T
    chosen = maximal_marginal_relevance(relevance, similarity, 12, 0.4)
    scaled = (relevance - relevance.min()) / (relevance.max() - relevance.min())
    for step, pick in enumerate(chosen):
        taken = chosen[:step]
        rest = [c for c in range(12) if c not in taken]
        worth = {c: 0.6 * scaled[c] - 0.4 * max([0.0, *(similarity[c, t] for t in taken)]) for c in rest}
        assert worth[pick] == max(worth.values())


def test_asks_for_no_more_than_there_is() -> None:
    assert sorted(maximal_marginal_relevance(np.ones(3), np.eye(3), 10, 0.5)) == [0, 1, 2]
