"""Matrix factorisation of implicit feedback: users and items as vectors whose inner product says who plays what.

A score is ``users @ items.T``, higher for better. Plays are sparse, users by items, the number of plays (or another
weight) each; a weight below 0 says that the user dislikes the item, which counts as a sure zero.

Y. Hu, Y. Koren and C. Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008;
S. Rendle et al., "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009. Both by `implicit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.extras import extras_named
from sonolux.training.recommendation.recipe import FactorisationRecipe

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


PassProgress = Callable[[int, int], None]
"""Called with how many passes are made, and of how many."""

PassCallback = Callable[..., None]

LARGEST = 1e12
"""Confidence of a play, at most: beyond, sums of float32 hold nothing else."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Vectors of users (n_users, d) and of items (n_items, d), float32.

    Who has no play has a vector of zeros.
    """

    users: NDArray[np.float32]
    items: NDArray[np.float32]


def factorise(plays: csr_matrix, recipe: FactorisationRecipe, progress: PassProgress | None = None) -> Factors:
    """Return factors whose inner products tell played from unplayed.

    The same plays and the same seed give the same factors. Of ``wmf``, a user's vector is what `fold_in` returns.

    Parameters
    ----------
    plays : sparse matrix, shape (n_users, n_items)
        Weights, finite; entries of 0 count as no plays.
    recipe : FactorisationRecipe
    progress : callable, optional
        What is raised from it, `sonolux.errors.Cancelled` for one, ends the learning and comes out of here.

    Raises
    ------
    TrainingError
        For weights that are not finite or too large, plays that are none, a ridge that is too small for them, or a
        missing package.
    """
    from threadpoolctl import threadpool_limits

    weights = _checked(plays)
    # A thread a row is faster than threads within the small products of a row, and implicit warns of both together.
    with extras_named("factorisation", TrainingError), threadpool_limits(1, "blas"), _failures_named(weights, recipe):
        learn = _ranked if recipe.method == "bpr" else _weighted
        return learn(weights, recipe, _told(progress, recipe.iterations))


def fold_in(
    plays: csr_matrix,
    items: NDArray[np.float32],
    recipe: FactorisationRecipe,
    gram: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """Return the vector of one user under fixed items, in closed form (Hu et al. 2008, equation 4).

    With the vectors of users in place of `items`, and the plays of an item by each, it is the vector of an item.

    Parameters
    ----------
    plays : sparse matrix, shape (1, n_items)
        As in `factorise`.
    items : ndarray, shape (n_items, d)
    recipe : FactorisationRecipe
        Of ``wmf``.
    gram : ndarray, shape (d, d), optional
        ``items.T @ items``, where it is at hand: it is all that takes long.

    Raises
    ------
    TrainingError
        For weights that are not finite, another number of items, or a method without a closed form.
    """
    if recipe.method != "wmf":
        raise TrainingError(f"a user is folded into factors of wmf, not of {recipe.method}: factorise all plays again")
    if plays.shape != (1, len(items)):
        raise TrainingError(f"the plays of one user are (1, {len(items)}), not {tuple(plays.shape)}")
    confidences = confidences_of(_finite(plays), recipe)
    played = items[confidences.indices].astype(np.float64)
    sure = np.abs(confidences.data)
    whole = items.T @ items if gram is None else gram
    left = whole + (played.T * (sure - 1)) @ played + recipe.regularisation * np.eye(items.shape[1])
    right = played.T @ np.where(confidences.data > 0, sure, 0)
    # Least squares, for without a ridge factors that are all alike leave the system singular.
    return np.asarray(np.linalg.lstsq(left, right, rcond=None)[0], np.float32)


def confidences_of(plays: csr_matrix, recipe: FactorisationRecipe) -> csr_matrix:
    """Return how sure each play makes that the item is liked, at least 1; below 0, how sure that it is disliked."""
    weights = plays.tocsr().astype(np.float64)
    weights.sum_duplicates()
    weights.eliminate_zeros()
    size = np.abs(weights.data)
    grown = np.log1p(size / recipe.epsilon) if recipe.confidence == "log" else size
    weights.data = np.sign(weights.data) * (1 + recipe.alpha * grown)
    return weights


def _weighted(plays: csr_matrix, recipe: FactorisationRecipe, told: PassCallback) -> Factors:
    from implicit.cpu.als import AlternatingLeastSquares

    confidences = confidences_of(plays, recipe)
    if np.abs(confidences.data).max() > LARGEST:
        raise ValueError(f"confidences above {LARGEST:g}")
    confidences = confidences.astype(np.float32)
    model = AlternatingLeastSquares(
        recipe.factors,
        recipe.regularisation,
        iterations=recipe.iterations,
        random_state=recipe.seed,
    )
    model.fit(confidences, show_progress=False, callback=told)
    # The last step was that of the items: users are brought to where these now put them.
    users = model.recalculate_user(np.arange(plays.shape[0]), confidences)
    return Factors(np.asarray(users, np.float32), np.asarray(model.item_factors, np.float32))


def _ranked(plays: csr_matrix, recipe: FactorisationRecipe, told: PassCallback) -> Factors:
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    liked = plays.multiply(plays > 0).tocsr().astype(np.float32)
    model = BayesianPersonalizedRanking(
        recipe.factors,
        recipe.learning_rate,
        recipe.regularisation,
        iterations=recipe.iterations,
        # Threads would write into each other's vectors, in another order each time.
        num_threads=1,
        random_state=recipe.seed,
    )
    model.fit(liked, show_progress=False, callback=told)
    users = np.asarray(model.user_factors, np.float32)
    users[np.diff(liked.indptr) == 0] = 0
    return Factors(users, np.asarray(model.item_factors, np.float32))


def _told(progress: PassProgress | None, total: int) -> PassCallback:
    """Return what `implicit` calls after each pass, with its number from 0."""

    def told(number: int, *_: object) -> None:
        if progress is not None:
            progress(number + 1, total)

    return told


@contextmanager
def _failures_named(plays: csr_matrix, recipe: FactorisationRecipe) -> Iterator[None]:
    """Say what to do where `implicit` finds no factors: of a singular system, or of numbers that are none any more."""
    from implicit.recommender_base import ModelFitError

    try:
        yield
    except (ModelFitError, ValueError) as error:
        largest = float(np.abs(plays.data).max())
        raise TrainingError(
            f"{recipe.method} finds no factors with regularisation {recipe.regularisation:g} for weights up to"
            f" {largest:g}: raise the regularisation, or leave out what is played that often ({error})"
        ) from error


def _checked(plays: csr_matrix) -> csr_matrix:
    weights = _finite(plays)
    weights.eliminate_zeros()
    if not (weights.data > 0).any():
        raise TrainingError("there are no plays to learn from: import interactions first")
    return weights


def _finite(plays: csr_matrix) -> csr_matrix:
    weights = plays.tocsr().astype(np.float64)
    if not np.isfinite(weights.data).all():
        row = int(np.searchsorted(weights.indptr, np.flatnonzero(~np.isfinite(weights.data))[0], side="right")) - 1
        raise TrainingError(f"a weight of user {row} is not a finite number: leave such plays out")
    weights.sum_duplicates()
    return weights
