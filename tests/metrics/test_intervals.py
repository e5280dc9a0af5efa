"""Intervals hold the truth as often as they say, with items alone and with items that belong together."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.metrics.intervals import (
    bootstrap_interval,
    cross_validated_count,
    independent_count,
    share_interval,
    wilson_interval,
)


def test_wilson_is_as_published() -> None:
    # E. B. Wilson's interval of 81 of 263, as R. G. Newcombe, Statistics in Medicine 1998, table I, gives it.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson_interval(0.5, 0) == (0, 1)


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    random = np.random.default_rng(0)
    found = [share_interval((random.random(26) < 0.7).astype(float)) for _ in range(1_000)]
    assert 0.93 < np.mean([low <= 0.7 <= high for low, high in found]) < 0.99


def test_pieces_of_one_recording_count_once() -> None:
    random = np.random.default_rng(0)
    held = {"alone": 0, "together": 0}
    for _ in range(300):
        values = np.repeat((random.random(12) < 0.6).astype(float), 10)
        groups = np.repeat(np.arange(12), 10)
        assert independent_count(values, groups) == pytest.approx(12, rel=0.1)
        for name, known in (("alone", None), ("together", groups)):
            low, high = share_interval(values, known)
            held[name] += low <= 0.6 <= high
    assert held["together"] > 270
    assert held["alone"] < 200


def test_a_bootstrap_holds_the_mean_and_is_the_same_for_a_seed() -> None:
    values = np.random.default_rng(1).normal(3, 1, 200)
    low, high = bootstrap_interval(lambda rows: float(values[rows].mean()), 200, 0)
    assert low < values.mean() < high and high - low == pytest.approx(2 * 1.96 / 200**0.5, rel=0.2)
    assert (low, high) == bootstrap_interval(lambda rows: float(values[rows].mean()), 200, 0)


def test_items_of_a_cross_validation_count_for_less() -> None:
    # Nadeau and Bengio 2003: J = 20 scores of a tenth each, whose variance times (1 / 20 + 1 / 9) is that of the mean.
    assert cross_validated_count(100, 10, 2) == pytest.approx(100 / (10 * (1 / 20 + 1 / 9)))
    assert cross_validated_count(100, 2, 1) == pytest.approx(100 / 3)
    values = (np.arange(100) < 70).astype(float)
    assert share_interval(values, trials=(10, 2)) == wilson_interval(0.7, cross_validated_count(100, 10, 2))


def test_what_belongs_together_is_drawn_together() -> None:
    values = np.repeat([0.0, 1.0], 50)

    def mean(rows: np.ndarray) -> float:
        return float(values[rows].mean())

    alone, together = (bootstrap_interval(mean, 100, 0, groups=groups) for groups in (None, np.arange(100) // 25))
    assert together[0] == 0 and together[1] == 1
    assert 0.3 < alone[0] < alone[1] < 0.7
    assert bootstrap_interval(mean, 100, 0, groups=np.arange(100)) == alone
