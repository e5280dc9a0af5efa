"""Canonical correlation analysis: beside the generalised eigenvalue problem that defines it, and on a known map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh

from sonolux.training.alignment.cca import fit_cca


def made(items: int, noise: float = 0.3, several: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make items of five hidden numbers, seen through two linear maps; `several` rows of the second belong to each."""
    random = np.random.default_rng(seed)
    hidden, one, other = (random.standard_normal(size) for size in ((items, 5), (5, 20), (5, 12)))
    owners = np.repeat(np.arange(items), several)
    first = 3 + hidden @ one + noise * random.standard_normal((items, 20))
    second = hidden[owners] @ other - 2 + noise * random.standard_normal((len(owners), 12))
    return first, second, owners


def covariance(rows: np.ndarray, ridge: float) -> np.ndarray:
    centred = rows - rows.mean(axis=0)
    matrix = centred.T @ centred
    return matrix + ridge * np.trace(matrix) / len(matrix) * np.eye(len(matrix))


@settings(max_examples=20)
@given(st.floats(0.01, 10), st.floats(0.01, 10), st.integers(0, 99))
def test_correlations_are_those_of_the_eigenvalue_problem(image: float, text: float, seed: int) -> None:
    first, second, owners = made(60, seed=seed)
    cross = (first - first.mean(axis=0)).T @ (second - second.mean(axis=0))
    explained = cross @ np.linalg.solve(covariance(second, text), cross.T)
    expected = np.sqrt(np.maximum(eigh(explained, covariance(first, image))[0][::-1][:12], 0))
    found = fit_cca(first, second, owners, (image, text), 12)
    np.testing.assert_allclose(found.correlations, expected, atol=1e-6)
    assert found.correlations.max() <= 1
    variance = found.first.T @ covariance(first, image) @ found.first
    np.testing.assert_allclose(variance, np.eye(12), atol=1e-6)


@pytest.mark.parametrize("items", [15, 300], ids=["fewer than numbers", "more"])
def test_what_was_not_learned_from_is_found_through_a_known_map(items: int) -> None:
    first, second, _ = made(items + 50, noise=0.1)
    found = fit_cca(first[:items], second[:items], np.arange(items), (0.1, 0.1), 5)
    images = (first[items:] - found.first_mean) @ (found.first * found.correlations)
    texts = (second[items:] - found.second_mean) @ (found.second * found.correlations)
    rows = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (images, texts)]
    assert ((rows[1] @ rows[0].T).argmax(axis=1) == np.arange(50)).mean() > 0.9


def test_every_item_counts_the_same_however_much_is_said_of_it() -> None:
    first, second, owners = made(30, several=2)
    times = np.where(owners % 3 == 0, 4, 1)
    once, often = (
        fit_cca(first, np.repeat(second, count, axis=0), np.repeat(owners, count), (1, 1), 8) for count in (1, times)
    )
    np.testing.assert_allclose(often.correlations, once.correlations, atol=1e-9)
    np.testing.assert_allclose(often.second_mean, once.second_mean, atol=1e-9)


def test_directions_are_no_more_than_both_views_vary_in() -> None:
    first, second, owners = made(6)
    assert fit_cca(first, second, owners, (1, 1), 64).correlations.shape == (5,)
    constant = np.hstack([first, np.ones((6, 3))])
    np.testing.assert_allclose(
        fit_cca(constant, second, owners, (1, 1), 64).correlations,
        fit_cca(first, second, owners, (1, 1), 64).correlations,
    )


def test_one_view_twice_is_mapped_the_same_way() -> None:
    first, _, owners = made(40)
    found = fit_cca(first, first, owners, (1, 1), 20)
    np.testing.assert_allclose(found.first, found.second, atol=1e-9)


def test_a_single_thing_in_common_leaves_the_other_directions_finite_and_uncorrelated() -> None:
    random = np.random.default_rng(0)
    first = random.standard_normal((40, 3))
    found = fit_cca(first, first[:, :1] @ np.ones((1, 6)), np.arange(40), (0.01, 0.01), 6)
    assert len(found.correlations) == 1
    assert found.correlations[0] > 0.95
    assert np.isfinite(found.first).all() and np.isfinite(found.second).all()


def test_the_order_of_numbers_is_none_of_its_business() -> None:
    first, second, owners = made(12)
    order = np.random.default_rng(1).permutation(20)
    found, shuffled = (fit_cca(rows, second, owners, (1, 1), 5) for rows in (first, first[:, order]))
    np.testing.assert_allclose(shuffled.correlations, found.correlations)
    np.testing.assert_allclose(np.abs(shuffled.first), np.abs(found.first[order]), atol=1e-9)
