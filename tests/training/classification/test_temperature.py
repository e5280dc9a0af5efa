"""Calibration, against slow obvious references."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from sonolux.metrics.classification import expected_calibration_error, log_loss
from sonolux.training.classification.temperature import fitted_temperature, probabilities


def drawn(n: int, sharpness: float, seed: int = 0, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Draw scores, and labels from exactly the probabilities that the scores over the sharpness say."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 2, (n, classes))
    chances = probabilities(scores)
    labels = np.array([random.choice(classes, p=row) for row in chances])
    return scores * sharpness, labels


def test_probabilities_are_the_softmax() -> None:
    scores = np.array([[1.0, 2.0, 4.0]])
    powers = [exp(value / 2) for value in scores[0]]
    assert probabilities(scores, 2.0)[0].tolist() == pytest.approx([power / sum(powers) for power in powers])
    assert log_loss(scores / 2, np.array([1])) == pytest.approx(-log(powers[1] / sum(powers)))
    assert np.isfinite(probabilities(np.array([[1e6, -1e6]]))).all()


@pytest.mark.parametrize("sharpness", [0.25, 1.0, 3.0])
def test_the_temperature_is_found_again(sharpness: float) -> None:
    scores, labels = drawn(4000, sharpness)
    temperature = fitted_temperature(scores, labels)
    assert temperature == pytest.approx(sharpness, rel=0.1)
    lines = [log_loss(scores / (temperature * factor), labels) for factor in (0.9, 1.0, 1.1)]
    assert min(lines) == lines[1]


def test_it_lowers_likelihood_and_error_of_images_it_has_not_seen() -> None:
    scores, labels = drawn(4000, 3.0)
    temperature = fitted_temperature(scores[:2000], labels[:2000])
    seen, true = scores[2000:], labels[2000:]
    assert log_loss(seen / temperature, true) < log_loss(seen, true) - 0.2
    before, after = (expected_calibration_error(probabilities(seen, t), true) for t in (1.0, temperature))
    assert after < before / 3
    assert (probabilities(seen, temperature).argmax(1) == seen.argmax(1)).all()


def test_no_mistake_leaves_the_scores_as_they_are() -> None:
    assert fitted_temperature(np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([0, 1])) == 1.0
