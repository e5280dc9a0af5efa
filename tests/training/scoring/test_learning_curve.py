"""Learning curves: what the items of the last fold would add to a cross-validation."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.training.data.splits import fold_numbers
from sonolux.training.scoring.labelled import CrossValidated, score_predictions
from sonolux.training.scoring.learning_curve import expected_gain, inverse_learned


def test_of_a_class_of_four_a_quarter_is_missing() -> None:
    labels = np.repeat(np.arange(5), 4)
    tenths, halves = (fold_numbers(labels, None, folds, 2, 0) for folds in (10, 2))
    assert inverse_learned(labels, tenths) == pytest.approx(1 / 3)
    assert inverse_learned(labels, halves) == pytest.approx(1 / 2)


def test_the_law_is_carried_on() -> None:
    labels = np.repeat(np.arange(5), 4)
    found = expected_gain((1 - 0.1 - 0.3 / 3, 1 / 3), (1 - 0.1 - 0.3 / 2, 1 / 2), labels)
    assert found == pytest.approx(0.3 / 3 - 0.3 / 4)


def test_fewer_items_that_do_better_promise_nothing() -> None:
    assert expected_gain((0.5, 1 / 3), (0.6, 1 / 2), np.repeat(np.arange(5), 4)) == 0
    assert expected_gain((0.6, 1 / 3), (0.5, 1 / 3), np.repeat(np.arange(5), 4)) == 0


def test_the_interval_of_a_cross_validation_is_wider_and_reaches_higher() -> None:
    labels = np.arange(40) % 2
    named = np.eye(2)[np.where(np.arange(40) < 8, 1 - labels, labels)]
    once, folded, learning = (
        score_predictions(named, labels, ("a", "b"), 0, crossed=crossed)
        for crossed in (None, CrossValidated(np.arange(40), 10, 2), CrossValidated(np.arange(40), 10, 2, 0.05))
    )
    assert once["accuracy"] == folded["accuracy"] == learning["accuracy"] == 0.8
    assert folded["accuracy_low"] < once["accuracy_low"] and folded["accuracy_high"] > once["accuracy_high"]
    assert learning["accuracy_low"] == folded["accuracy_low"]
    assert learning["accuracy_high"] == pytest.approx(folded["accuracy_high"] + 0.05, abs=1e-4)
