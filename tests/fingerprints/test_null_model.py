"""Null model of a query: means and deviations as drawn, whatever parts a place lies in, and as they are counted."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.fingerprints.null_model import USUAL_WEIGHT, NullModel, PartScores, fit_null_model

PARTS = 8
LOUD = np.arange(PARTS) >= 6
"""Two parts of music after six of hiss."""


def draw(count: int, seed: int, there: np.ndarray | None = None) -> PartScores:
    """Return places whose scores in the music depend on one another: some resemble it throughout."""
    random = np.random.default_rng(seed)
    resemblance = random.standard_normal((count, 1))
    sums = np.where(LOUD, 5 + 3 * resemblance, 0) + random.standard_normal((count, PARTS))
    lies = np.ones((count, PARTS)) if there is None else np.broadcast_to(there, (count, PARTS)).astype(np.float64)
    return PartScores(sums * lies, lies)


@pytest.mark.parametrize("there", [np.ones(PARTS), LOUD, ~LOUD, np.arange(PARTS) >= 3])
def test_wrong_places_are_standard_in_whatever_parts_they_lie(there: np.ndarray) -> None:
    null = fit_null_model(draw(2000, 0))
    found = draw(2000, 1, there)
    standard = (found.sums.sum(axis=1) - null.expected(found.there)) / null.deviation(found.there)
    assert standard.mean() == pytest.approx(0, abs=0.1)
    assert standard.std() == pytest.approx(1, abs=0.1)


def test_places_that_lie_in_some_parts_tell_of_these() -> None:
    whole, some = draw(1000, 2), draw(1000, 3, LOUD)
    mixed = PartScores(np.concatenate([whole.sums, some.sums]), np.concatenate([whole.there, some.there]))
    np.testing.assert_allclose(fit_null_model(mixed).mean, np.where(LOUD, 5, 0), atol=0.3)


def test_what_is_the_same_in_all_parts_counts_once() -> None:
    same = np.repeat(np.random.default_rng(4).standard_normal((500, 1)), PARTS, axis=1)
    null = fit_null_model(PartScores(same, np.ones_like(same)))
    assert null.deviation(np.ones((1, PARTS)))[0] == pytest.approx(PARTS, rel=0.1)


def test_without_places_nothing_is_expected_and_nothing_divided_by_nought() -> None:
    null = fit_null_model(PartScores(np.zeros((0, PARTS)), np.zeros((0, PARTS))))
    there = np.ones((1, PARTS))
    assert null.expected(there).tolist() == [0] and null.deviation(there).tolist() == [0]


def test_few_places_are_taken_to_be_alike_in_all_parts() -> None:
    few = draw(1, 5)
    null = fit_null_model(few)
    expected = (few.sums[0] + USUAL_WEIGHT * few.sums.mean()) / (1 + USUAL_WEIGHT)
    np.testing.assert_allclose(null.mean, expected)


def test_a_deviation_is_never_undone_by_covariances() -> None:
    null = NullModel(np.zeros(2), np.array([[1.0, -1.0], [-1.0, 1.0]]))
    assert null.deviation(np.ones((1, 2)))[0] > 0
