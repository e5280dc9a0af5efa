"""Classification metrics, beside scikit-learn and slow readings of their definitions."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics as oracle

from sonolux.metrics.classification import accuracy, expected_calibration_error, f1_of_counts, log_loss


def slow_error(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Equation 3 of Guo et al. 2017, word for word."""
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [i for i in range(len(labels)) if low < max(probabilities[i]) <= high]
        if inside:
            right = sum(int(np.argmax(probabilities[i])) == labels[i] for i in inside) / len(inside)
            confidence = sum(max(probabilities[i]) for i in inside) / len(inside)
            total += len(inside) / len(labels) * abs(right - confidence)
    return total


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([1, 3, 15]), st.floats(0.1, 10))
def test_the_calibration_error_is_that_of_the_paper(seed: int, n: int, bins: int, sharpness: float) -> None:
    random = np.random.default_rng(seed)
    chances, labels = softmax(sharpness * random.normal(0, 2, (n, 5)), axis=1), random.integers(0, 5, n)
    found = expected_calibration_error(chances, labels, bins)
    assert found == pytest.approx(slow_error(chances, labels, bins), abs=1e-9)


def test_calibration_errors_that_can_be_counted() -> None:
    sure, right = np.array([[1.0, 0.0]] * 4), np.zeros(4, int)
    assert expected_calibration_error(sure, right) == 0
    assert expected_calibration_error(sure, 1 - right) == 1
    assert expected_calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1])) == 0
    # Over- and underconfidence of different bins do not cancel out.
    apart = np.array([[0.6, 0.4], [0.9, 0.1]])
    assert expected_calibration_error(apart, np.array([0, 1])) == pytest.approx((0.4 + 0.9) / 2)


@given(st.integers(0, 10_000), st.integers(1, 30))
def test_accuracy_f1_and_log_loss_are_those_of_scikit_learn(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    predicted, labels = random.integers(0, 3, (2, n))
    assert accuracy(predicted, labels) == pytest.approx(oracle.accuracy_score(labels, predicted))
    mine, theirs = random.random((2, n, 4)) < 0.4
    counts = int((mine & theirs).sum()), int(mine.sum()), int(theirs.sum())
    f1 = oracle.f1_score(theirs.ravel(), mine.ravel(), zero_division=1.0)
    assert f1_of_counts(*counts) == pytest.approx(f1)
    scores = random.normal(size=(n, 3))
    expected = oracle.log_loss(labels, softmax(scores, axis=1), labels=[0, 1, 2])
    assert log_loss(scores, labels) == pytest.approx(expected)


def test_names_are_labels_too_and_large_scores_are_finite() -> None:
    assert accuracy(np.array(["a", "b"]), np.array(["a", "a"])) == 0.5
    assert log_loss(np.array([[0.0, log(3)]]), np.array([1])) == pytest.approx(log(4 / 3))
    assert np.isfinite(log_loss(np.array([[1e6, -1e6]]), np.array([1])))
