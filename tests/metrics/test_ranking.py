"""Metrics of rankings, beside slow readings of their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from sonolux.metrics.ranking import average_precision, detection_and_identification, label_metrics, rank_one


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


def test_closed_set_identification() -> None:
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    assert rank_one(scores, np.array([7, 7, 8]), np.array([7, 8])) == pytest.approx(2 / 3)


def test_an_open_set_counts_who_is_detected_and_named() -> None:
    labels = np.array([1, 2])
    known = np.array([[0.9, 0.1], [0.5, 0.2], [0.3, 0.8]])
    unknown = np.array([[0.6, 0.1], [0.1, 0.2], [0.3, 0.2], [0.1, 0.1]])
    # No unknown query may pass: the threshold is .6, so the second known one is not detected.
    assert detection_and_identification(known, np.array([1, 1, 2]), labels, unknown, 0.0) == pytest.approx(2 / 3)
    # Three of a hundred may where the rate is .03, whatever 100 times .03 is to a machine: .97 does not pass, .98 does.
    hundred = np.arange(1, 101)[:, None] / 100 @ np.ones((1, 2))
    for best, passes in ((0.97, False), (0.98, True), (0.72, False)):
        found = detection_and_identification(np.array([[best, 0.0]]), np.array([1]), labels, hundred, 0.03)
        assert found == passes
    assert detection_and_identification(np.array([[0.72, 0.0]]), np.array([1]), labels, hundred, 0.29) == 1
    assert detection_and_identification(known, np.array([1, 1, 2]), labels, unknown, 1.0) == 1
    # One of four may: the threshold is .3.
    assert detection_and_identification(known, np.array([1, 1, 2]), labels, unknown, 0.25) == 1
