"""Learning curve: how much better a model of all items is than those of a cross-validation, which lack a fold.

Of an item's class a model has seen m items; errors fall about as ``e + c / m``. Two cross-validations, one of whose
models lack a fold and the others half of all, tell c, and with it what the last fold would add. Of four items a class
that is a quarter of what was learned from, and the score promises too little by more than its interval is wide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inverse_learned(labels: NDArray[np.integer], folds: NDArray[np.integer]) -> float:
    """Return the mean over items of 1 / m, where m items of the same class, one at least, lie in other folds.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    folds : ndarray of int, shape (repeats, n)
        Of each item in each repeat.
    """
    sizes = np.bincount(labels)
    found = []
    for each in folds:
        beside = np.zeros((len(sizes), int(each.max()) + 1))
        np.add.at(beside, (labels, each), 1)
        found.append(1 / np.maximum(sizes[labels] - beside[labels, each], 1))
    return float(np.mean(found))


def expected_gain(most: tuple[float, float], half: tuple[float, float], labels: NDArray[np.integer]) -> float:
    """Return by how much accuracy rises from models that lack a fold to one that has learned from all; never below 0.

    Parameters
    ----------
    most, half : (float, float)
        Accuracy, and `inverse_learned`, of a cross-validation whose models lack a fold, and of one that lack half.
    labels : ndarray of int, shape (n,)
    """
    everything = float((1 / np.bincount(labels)[labels]).mean())
    step, lacking = half[1] - most[1], most[1] - everything
    return max(most[0] - half[0], 0.0) * max(lacking, 0.0) / step if step > 0 else 0.0
