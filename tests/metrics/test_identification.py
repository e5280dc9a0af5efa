"""Identification metrics, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.metrics.identification import (
    acceptance_threshold,
    detection_and_identification_rate,
    false_alarm_ratio,
    rank_one_rate,
)


def test_closed_set_identification() -> None:
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    assert rank_one_rate(scores, np.array([7, 7, 8]), np.array([7, 8])) == pytest.approx(2 / 3)


def test_an_open_set_counts_who_is_detected_and_named() -> None:
    known, right = np.array([0.9, 0.5, 0.8]), np.array([True, True, True])
    unknown = np.array([0.6, 0.2, 0.3, 0.1])
    # No unknown query may pass: the threshold is .6, so the second known one is not detected.
    assert detection_and_identification_rate(known, right, unknown, 0.0) == pytest.approx(2 / 3)
    # One of four may: the threshold is .3.
    assert detection_and_identification_rate(known, right, unknown, 0.25) == 1
    assert detection_and_identification_rate(known, right, unknown, 1.0) == 1
    assert detection_and_identification_rate(known, np.array([True, False, False]), unknown, 1.0) == pytest.approx(
        1 / 3
    )


@pytest.mark.parametrize(("best", "rate", "passes"), [(0.97, 0.03, False), (0.98, 0.03, True), (0.72, 0.29, True)])
def test_a_share_of_a_hundred_is_whole_whatever_it_is_to_a_machine(best: float, rate: float, passes: bool) -> None:
    hundred = np.arange(1, 101) / 100
    assert detection_and_identification_rate(np.array([best]), np.array([True]), hundred, rate) == passes


def test_without_unknown_queries_all_pass() -> None:
    assert acceptance_threshold(np.zeros(0), 0.01) == -np.inf


def test_true_p_values_are_as_frequent_as_claimed() -> None:
    p_values = (np.arange(1000) + 0.5) / 1000
    assert false_alarm_ratio(p_values, 0.1) == pytest.approx(1)
    assert false_alarm_ratio(p_values / 2, 0.1) == pytest.approx(2)
    assert false_alarm_ratio(np.zeros(0), 0.1) == 0
