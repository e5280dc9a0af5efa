"""Late fusion: factors predicted from several contents, averaged with weights that fit items held out best.

The weights are not negative and are found by stacking (D. Wolpert, "Stacked generalization", Neural Networks 1992; not
negative after L. Breiman, "Stacked regressions", Machine Learning 1996): each content predicts items that it was not
fitted to, and weights are fitted to what came out, by how far the scores of users miss. What they leave of 1 is that of
the mean factors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.training.recommendation.ridge import choose_ridge, fit_ridge
from sonolux.training.recommendation.targets import Targets

FOLDS = 5


def foretell_folds(rows: NDArray[np.floating], targets: Targets, seed: int) -> NDArray[np.float64]:
    """Return factors of items, (n, d), each predicted by ridge regression from the other folds.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
    targets : Targets
        Of the same items.
    seed : int
    """
    factors, users, weights = targets.factors.items, targets.factors.users, targets.weights
    order = np.random.default_rng(seed).permutation(len(factors))
    predicted = np.zeros(factors.shape)
    for fold in range(FOLDS):
        judged = order[fold::FOLDS]
        learned = np.setdiff1d(order, judged)
        given = rows[learned], factors[learned], weights[learned]
        predicted[judged] = fit_ridge(*given, choose_ridge(*given, users, seed))(rows[judged])
    return predicted


def weigh_contents(predicted: Sequence[NDArray[np.floating]], targets: Targets) -> NDArray[np.float64]:
    """Return the weight of each content, (k,), from 0.

    Parameters
    ----------
    predicted : sequence of ndarray, shape (n, d)
        Factors of items from each content, which was not fitted to these items.
    targets : Targets
        Of the same items.
    """
    from scipy.optimize import nnls

    factors, users, weights = targets.factors.items, targets.factors.users, targets.weights
    middle = mean_factors(targets)
    # Errors cost |users @ error|**2: the root of the products of users makes squares of them.
    values, vectors = np.linalg.eigh(users.T.astype(np.float64) @ users)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    scale = np.sqrt(weights)[:, None]
    columns = [((one - middle) @ root * scale).ravel() for one in predicted]
    fitted: NDArray[np.float64] = nnls(np.stack(columns, axis=1), ((factors - middle) @ root * scale).ravel())[0]
    return fitted


def mean_factors(targets: Targets) -> NDArray[np.float64]:
    """Return the mean factors of items, (d,), weighed by how much each counts."""
    return np.asarray(np.average(targets.factors.items, axis=0, weights=targets.weights), np.float64)
