"""Measurements of the taste benchmark: what a run that was stopped has measured is there for the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from sonolux.evaluation.benchmarks.taste_methods import ColdSplit, Measurements
from sonolux.training.recommendation.recipe import FactorisationRecipe


def test_a_seed_that_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    plays = csr_matrix(random.random((6, 20)) < 0.3)
    split = ColdSplit(plays, np.arange(12), np.arange(12, 20), FactorisationRecipe(), 0)
    measured: list[int] = []

    def measure(table: Measurements) -> None:
        measured.append(1)
        table.add("words, dated", "linear", random.random((6, 8)), split)
        table.add("", "random", random.random((6, 8)), split)

    first, again, others = Measurements(tmp_path, "a"), Measurements(tmp_path, "a"), Measurements(tmp_path, "b")
    for table in (first, again, others):
        for seed in (0, 1):
            table.add_seed(seed, measure)
    assert len(measured) == 4  # twice by the first, twice with other settings
    found, kept = first.measured(), again.measured()
    assert list(found) == list(kept) == [("words, dated", "linear"), ("", "random")]
    for key, one in found.items():
        assert one.area.shape == (2, 6)
        np.testing.assert_array_equal(one.area, kept[key].area)
        np.testing.assert_array_equal(one.precision, kept[key].precision)
        np.testing.assert_array_equal(one.curve, kept[key].curve)
