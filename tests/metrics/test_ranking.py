"""Metrics of rankings, beside slow readings of their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from sonolux.metrics.ranking import (
    area_under_roc,
    average_precision,
    label_metrics,
    paired_recall,
    pairwise_accuracy,
    precision_at_k,
    precision_of_nearest,
    recall_at_k,
    reciprocal_rank,
    top_k,
    truncated_average_precision,
)


def slow(scores: np.ndarray, query_labels: np.ndarray, labels: np.ndarray, depth: int) -> float:
    total = 0.0
    for row, wanted in zip(scores, query_labels, strict=True):
        order = sorted(range(len(labels)), key=lambda item: (-row[item], item))[:depth]
        precisions, found = [], 0
        for rank, item in enumerate(order, start=1):
            if labels[item] == wanted:
                found += 1
                precisions.append(found / rank)
        total += sum(precisions) / len(precisions) if precisions else 0.0
    return total / len(scores)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_mean_average_precision_is_its_definition(seed: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    # Few distinct scores, so that ties are common, as they are between codes.
    scores = random.integers(0, 6, (5, 40)).astype(float)
    asked, labels = random.integers(0, classes + 1, 5), random.integers(0, classes, 40)
    found = label_metrics(scores, asked, labels, top=10)
    assert found["mAP@ALL"] == pytest.approx(slow(scores, asked, labels, 40))
    assert found["mAP@10"] == pytest.approx(slow(scores, asked, labels, 10))


def test_average_precision_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    scores, relevant = random.random(300), random.random(300) < 0.2
    order = np.argsort(-scores)
    assert average_precision(relevant[order][None])[0] == pytest.approx(average_precision_score(relevant, scores))


def test_a_perfect_ranking_scores_one_and_the_worst_little() -> None:
    labels = np.repeat([0, 1], 50)
    assert label_metrics(-labels[None].astype(float), np.array([0]), labels)["mAP@ALL"] == 1
    assert label_metrics(labels[None].astype(float), np.array([0]), labels)["mAP@ALL"] < 0.4


@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_the_top_k_are_those_of_a_stable_sort(seed: int, k: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 8, (6, 40)) / np.float32(8)
    assert np.array_equal(top_k(scores, k), np.argsort(-scores, axis=1, kind="stable")[:, :k])


def test_precision_at_k_is_over_the_ranking_where_that_is_shorter() -> None:
    relevant = np.array([[True, False, True], [False, False, True]])
    assert precision_at_k(relevant, 2).tolist() == [0.5, 0.0]
    assert precision_at_k(relevant, 10).tolist() == pytest.approx([2 / 3, 1 / 3])


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_precision_of_the_nearest_is_its_definition(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    # Signs, so that many cosines are equal; more queries than are ranked at once.
    queries, gallery = (np.sign(random.standard_normal((n, 4))).astype(np.float32) for n in (103, 20))
    asked, labels = random.integers(0, 3, 103), random.integers(0, 3, 20)
    found = precision_of_nearest(queries, gallery, asked, labels, k)
    for row in (0, 50, 102):
        order = sorted(range(20), key=lambda item: (-float(queries[row] @ gallery[item]), item))[:k]
        assert found[row] == pytest.approx(sum(labels[item] == asked[row] for item in order) / min(k, 20))


@given(st.integers(0, 2**32 - 1))
def test_pairwise_accuracy_over_all_pairs_is_the_area_under_the_curve(seed: int) -> None:
    random = np.random.default_rng(seed)
    good, bad = random.integers(0, 5, 7), random.integers(0, 5, 9)
    area = roc_auc_score([1] * 7 + [0] * 9, [*good, *bad])
    assert pairwise_accuracy((good[:, None] - bad).ravel().astype(float)) == pytest.approx(area)
    assert pairwise_accuracy(np.array([1.0, 0.0, -1.0]), np.array([0.5, 0.25, 0.25])) == pytest.approx(0.625)


def test_of_equal_scores_the_relevant_ranks_last() -> None:
    assert reciprocal_rank(np.array([0.5, 0.2]), np.array([0.5, 0.4, 0.9])) == pytest.approx(1 / 3)
    assert reciprocal_rank(np.array([1.0]), np.array([0.5])) == 1


def test_recalls_that_can_be_counted() -> None:
    assert recall_at_k([[1, 2], [3, 4]], [[2, 1], [4, 5]]) == 0.75
    assert paired_recall(np.array([[0.9, 0.1], [0.8, 0.2]])) == 0.5


@given(st.integers(0, 2**32 - 1), st.integers(1, 25))
def test_truncated_average_precision_is_its_definition(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.permuted(np.tile(np.arange(20.0), (5, 1)), axis=1)
    relevant = random.random((5, 20)) < 0.2
    found = truncated_average_precision(scores, relevant, k)
    for row, right, area in zip(scores, relevant, found, strict=True):
        order = sorted(range(20), key=lambda item: (-row[item], item))[:k]
        precisions = [right[order[:rank]].sum() / rank for rank in range(1, len(order) + 1) if right[order[rank - 1]]]
        if right.any():
            assert area == pytest.approx(sum(precisions) / min(k, right.sum()))
        else:
            assert np.isnan(area)


@given(st.integers(0, 2**32 - 1))
def test_the_area_under_the_curve_is_that_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(0, 5, (4, 15)).astype(float)
    relevant = random.random((4, 15)) < 0.3
    for row, right, area in zip(scores, relevant, area_under_roc(scores, relevant), strict=True):
        if right.any() and not right.all():
            assert area == pytest.approx(roc_auc_score(right, row))
        else:
            assert np.isnan(area)


def test_items_that_do_not_count_are_no_worse_items() -> None:
    scores = np.array([[-np.inf, 1.0, 2.0, 0.0]])
    relevant = np.array([[False, True, False, False]])
    assert area_under_roc(scores, relevant)[0] == 0.5
    assert truncated_average_precision(scores, relevant, 2)[0] == 0.5


def test_the_average_precision_of_ties_is_the_mean_over_their_orders() -> None:
    random = np.random.default_rng(0)
    scores = np.array([[2.0, 1.0, 1.0, 1.0, 1.0, 0.0, -np.inf]])
    relevant = np.array([[False, True, False, True, False, True, False]])
    orders = []
    for _ in range(4000):
        nudged = scores + 1e-6 * random.random(scores.shape)
        orders.append(float(truncated_average_precision(nudged, relevant, 4)[0]))
    assert truncated_average_precision(scores, relevant, 4)[0] == pytest.approx(np.mean(orders), abs=0.01)
    turned = truncated_average_precision(scores[:, ::-1], relevant[:, ::-1], 4)
    assert turned[0] == truncated_average_precision(scores, relevant, 4)[0]


def test_a_ranking_that_says_nothing_is_no_better_for_the_order_of_the_database() -> None:
    scores, relevant = np.zeros((1, 1000)), np.zeros((1, 1000), bool)
    relevant[0, 0] = True
    assert truncated_average_precision(scores, relevant, 500)[0] < 0.01
