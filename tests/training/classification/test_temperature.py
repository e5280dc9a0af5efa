"""Calibration, against slow obvious references."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.training.classification.temperature import (
    calibration_error,
    fitted_temperature,
    negative_log_likelihood,
    probabilities,
)


def slow_error(chances: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Equation 3 of Guo et al. 2017, word for word."""
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [i for i in range(len(labels)) if low < max(chances[i]) <= high]
        if inside:
            accuracy = sum(int(np.argmax(chances[i])) == labels[i] for i in inside) / len(inside)
            confidence = sum(max(chances[i]) for i in inside) / len(inside)
            total += len(inside) / len(labels) * abs(accuracy - confidence)
    return total


def drawn(n: int, sharpness: float, seed: int = 0, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Draw scores, and labels from exactly the probabilities that the scores over the sharpness say."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 2, (n, classes))
    chances = probabilities(scores)
    labels = np.array([random.choice(classes, p=row) for row in chances])
    return scores * sharpness, labels


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([1, 3, 15]), st.floats(0.1, 10))
def test_the_calibration_error_is_that_of_the_paper(seed: int, n: int, bins: int, sharpness: float) -> None:
    scores, labels = drawn(n, sharpness, seed)
    chances = probabilities(scores)
    assert calibration_error(chances, labels, bins) == pytest.approx(slow_error(chances, labels, bins), abs=1e-9)


def test_errors_that_can_be_counted() -> None:
    sure, right = np.array([[1.0, 0.0]] * 4), np.zeros(4, int)
    assert calibration_error(sure, right) == 0
    assert calibration_error(sure, 1 - right) == 1
    assert calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1])) == 0
    # Over- and underconfidence of different bins do not cancel out.
    assert calibration_error(np.array([[0.6, 0.4], [0.9, 0.1]]), np.array([0, 1])) == pytest.approx((0.4 + 0.9) / 2)


def test_probabilities_are_the_softmax() -> None:
    scores = np.array([[1.0, 2.0, 4.0]])
    powers = [exp(value / 2) for value in scores[0]]
    assert probabilities(scores, 2.0)[0].tolist() == pytest.approx([power / sum(powers) for power in powers])
    assert negative_log_likelihood(scores, np.array([1]), 2.0) == pytest.approx(-log(powers[1] / sum(powers)))
    assert np.isfinite(probabilities(np.array([[1e6, -1e6]]))).all()


@pytest.mark.parametrize("sharpness", [0.25, 1.0, 3.0])
def test_the_temperature_is_found_again(sharpness: float) -> None:
    scores, labels = drawn(4000, sharpness)
    temperature = fitted_temperature(scores, labels)
    assert temperature == pytest.approx(sharpness, rel=0.1)
    lines = [negative_log_likelihood(scores, labels, temperature * factor) for factor in (0.9, 1.0, 1.1)]
    assert min(lines) == lines[1]


def test_it_lowers_likelihood_and_error_of_images_it_has_not_seen() -> None:
    scores, labels = drawn(4000, 3.0)
    temperature = fitted_temperature(scores[:2000], labels[:2000])
    seen, true = scores[2000:], labels[2000:]
    assert negative_log_likelihood(seen, true, temperature) < negative_log_likelihood(seen, true) - 0.2
    before, after = (calibration_error(probabilities(seen, t), true) for t in (1.0, temperature))
    assert after < before / 3
    assert (probabilities(seen, temperature).argmax(1) == seen.argmax(1)).all()


def test_no_mistake_leaves_the_scores_as_they_are() -> None:
    assert fitted_temperature(np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([0, 1])) == 1.0
