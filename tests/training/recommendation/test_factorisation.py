"""Factorisation against a dense oracle of Hu, Koren and Volinsky 2008, and what it refuses."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sonolux.errors import TrainingError
from sonolux.training.recipes import make_recipe
from sonolux.training.recommendation.factorisation import confidences_of, factorise, fold_in
from sonolux.training.recommendation.recipe import FactorisationRecipe


def random_plays(users: int = 30, items: int = 20, seed: int = 0) -> csr_matrix:
    rng = np.random.default_rng(seed)
    return csr_matrix(rng.poisson(0.4, (users, items)) * rng.integers(1, 50, (users, items)))


def dense_fold_in(plays: np.ndarray, items: np.ndarray, recipe: FactorisationRecipe) -> np.ndarray:
    """Equation 4 of the paper, with the diagonal matrix of confidences written out."""
    grown = np.log(1 + np.abs(plays) / recipe.epsilon) if recipe.confidence == "log" else np.abs(plays)
    confidence = np.diag(1 + recipe.alpha * grown)
    left = items.T @ confidence @ items + recipe.regularisation * np.eye(items.shape[1])
    return np.linalg.solve(left, items.T @ confidence @ (plays > 0))


def dense_loss(plays: np.ndarray, users: np.ndarray, items: np.ndarray, recipe: FactorisationRecipe) -> float:
    """Equation 3 of the paper."""
    grown = np.log(1 + plays / recipe.epsilon) if recipe.confidence == "log" else plays
    misses = (1 + recipe.alpha * grown) * ((plays > 0) - users @ items.T) ** 2
    return float(misses.sum() + recipe.regularisation * ((users**2).sum() + (items**2).sum()))


@pytest.mark.parametrize("confidence", ["linear", "log"])
@pytest.mark.parametrize("dislikes", [False, True])
def test_fold_in_solves_the_equation_of_the_paper(confidence: str, dislikes: bool) -> None:
    recipe = FactorisationRecipe(confidence=confidence, alpha=3.0, epsilon=2.0, regularisation=0.5)
    plays = random_plays().toarray().astype(float)
    if dislikes:
        plays[:, ::3] *= -1
    items = np.random.default_rng(1).normal(size=(20, 6)).astype(np.float32)
    for row in plays:
        found = fold_in(csr_matrix(row[None]), items, recipe)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, dense_fold_in(row, items, recipe), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(found, fold_in(csr_matrix(row[None]), items, recipe, items.T @ items))


def test_who_has_no_play_is_nowhere() -> None:
    items = np.random.default_rng(1).normal(size=(20, 6)).astype(np.float32)
    assert not fold_in(csr_matrix((1, 20)), items, FactorisationRecipe()).any()


def test_a_play_of_zero_is_none_and_doubled_rows_add_up() -> None:
    twice = csr_matrix(([2.0, 3.0, 0.0], ([0, 0, 0], [1, 1, 2])), shape=(1, 4))
    once = csr_matrix(([5.0], ([0], [1])), shape=(1, 4))
    recipe = FactorisationRecipe(confidence="linear", alpha=2.0)
    assert (confidences_of(twice, recipe) != confidences_of(once, recipe)).nnz == 0
    assert confidences_of(once, recipe)[0, 1] == 11


@pytest.mark.parametrize("confidence", ["linear", "log"])
def test_factors_are_where_alternating_least_squares_ends(confidence: str) -> None:
    pytest.importorskip("implicit")
    recipe = FactorisationRecipe(factors=4, confidence=confidence, alpha=0.5, regularisation=0.1, iterations=60)
    plays = random_plays()
    found = factorise(plays, recipe)
    dense = plays.toarray().astype(float)
    for user, row in zip(found.users, dense, strict=True):
        np.testing.assert_allclose(user, dense_fold_in(row, found.items.astype(float), recipe), atol=1e-3)
    rng = np.random.default_rng(0)
    best = np.inf
    for _ in range(3):
        items = rng.random((20, 4)) * 0.1
        for _ in range(60):
            users = np.array([dense_fold_in(row, items, recipe) for row in dense])
            items = np.array([dense_fold_in(row, users, recipe) for row in dense.T])
        best = min(best, dense_loss(dense, users, items, recipe))
    assert dense_loss(dense, found.users, found.items, recipe) < 1.05 * best


def test_the_ridge_is_that_of_the_method_unless_one_is_asked() -> None:
    assert FactorisationRecipe().regularisation == 1.0
    assert FactorisationRecipe(method="bpr").regularisation == make_recipe("bpr").regularisation == 0.01
    asked = make_recipe("bpr", ["regularisation=0.5"])
    assert asked.regularisation == 0.5 and asked.resolved()["regularisation"] == 0.5


@pytest.mark.parametrize("method", ["wmf", "bpr"])
def test_taste_is_found_again_and_the_same_each_time(method: str) -> None:
    """Two circles of users who play things of their own circle alone."""
    pytest.importorskip("implicit")
    rng = np.random.default_rng(0)
    same = np.arange(40)[:, None] % 2 == np.arange(30) % 2
    plays = csr_matrix(same * (rng.random((40, 30)) < 0.5))
    recipe = make_recipe(method, ["factors=4", "iterations=50"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        factors = factorise(plays, recipe)
    unplayed = plays.toarray() == 0
    scores = factors.users @ factors.items.T
    assert scores[same & unplayed].mean() > scores[~same].mean()
    again = factorise(plays, recipe)
    np.testing.assert_array_equal(factors.users, again.users)
    np.testing.assert_array_equal(factors.items, again.items)


@pytest.mark.parametrize(("weight", "why"), [(np.nan, "a weight of user 1 is not"), (np.inf, "a weight of user 1")])
def test_weights_that_are_no_numbers_are_refused(weight: float, why: str) -> None:
    plays = csr_matrix(np.array([[1.0, 0.0], [0.0, weight]]))
    with pytest.raises(TrainingError, match=why):
        factorise(plays, FactorisationRecipe())


def test_no_plays_are_refused() -> None:
    with pytest.raises(TrainingError, match="no plays"):
        factorise(csr_matrix((3, 4)), FactorisationRecipe())


def test_what_has_no_closed_form_and_what_does_not_fit_is_refused() -> None:
    items = np.ones((4, 2), np.float32)
    with pytest.raises(TrainingError, match="not of bpr"):
        fold_in(csr_matrix((1, 4)), items, FactorisationRecipe(method="bpr"))
    with pytest.raises(TrainingError, match=r"the plays of one user are \(1, 4\), not \(1, 5\)"):
        fold_in(csr_matrix((1, 5)), items, FactorisationRecipe())
