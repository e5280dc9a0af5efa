"""How far a classifier's probabilities can be believed, and the one number that puts most of it right.

Networks of today are surer than they are right. Dividing their scores by a temperature, the same for all classes and
images, mends most of that and changes no decision (C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger 2017, "On
calibration of modern neural networks", ICML). Scores are float (n, classes), labels int (n,).
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of confidence, equally wide, as in the paper."""

COLDEST, HOTTEST = 0.05, 20.0
"""Between which the temperature is looked for."""


def probabilities(scores: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return the probability of each class (n, classes): the softmax of the scores over the temperature."""
    from scipy.special import softmax

    return np.asarray(softmax(np.asarray(scores, np.float64) / temperature, axis=1))


def negative_log_likelihood(
    scores: NDArray[np.floating], labels: NDArray[np.integer], temperature: float = 1.0
) -> float:
    """Return the mean of -ln(probability of the true class)."""
    from scipy.special import log_softmax

    logs = log_softmax(np.asarray(scores, np.float64) / temperature, axis=1)
    return float(-logs[np.arange(len(labels)), labels].mean())


def fitted_temperature(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the temperature under which the labels are likeliest.

    Where the scores make no mistake there is none: likelihood grows without end as the temperature falls, and a
    handful of images would be taken for certainty. It is 1 then, the scores as they are.

    Parameters
    ----------
    scores : ndarray of float, shape (n, classes)
        Of images that nothing was learned from.
    labels : ndarray of int, shape (n,)
    """
    from scipy.optimize import minimize_scalar

    if (scores.argmax(axis=1) == labels).all():
        return 1.0
    found = minimize_scalar(
        lambda power: negative_log_likelihood(scores, labels, exp(power)),
        bounds=(log(COLDEST), log(HOTTEST)),
        method="bounded",
    )
    return exp(float(found.x))


def calibration_error(chances: NDArray[np.floating], labels: NDArray[np.integer], bins: int = BINS) -> float:
    """Return the expected calibration error: how far confidence is from accuracy, in [0, 1], lower is better.

    Images are sorted into bins by the probability of their likeliest class; the difference of mean probability and
    share of right answers in each counts by its number of images (Guo et al. 2017, equation 3).

    Parameters
    ----------
    chances : ndarray of float, shape (n, classes)
        Probabilities.
    labels : ndarray of int, shape (n,)
    bins : int
    """
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    # A bin is open below and closed above, as in the paper.
    numbers = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(numbers, confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
