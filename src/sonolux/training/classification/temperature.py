"""Temperature scaling: one number that calibrates a classifier's probabilities.

Networks of today are surer than they are right. Dividing their scores by a temperature, the same for all classes and
images, mends most of that and changes no decision (C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger 2017, "On
calibration of modern neural networks", ICML). Scores are float (n, classes), labels int (n,).
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import NDArray

from sonolux.metrics.classification import log_loss

COLDEST, HOTTEST = 0.05, 20.0
"""Between which the temperature is looked for."""


def probabilities(scores: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return the probability of each class (n, classes): the softmax of the scores over the temperature."""
    from scipy.special import softmax

    return np.asarray(softmax(np.asarray(scores, np.float64) / temperature, axis=1))


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
    exact = np.asarray(scores, np.float64)
    found = minimize_scalar(
        lambda power: log_loss(exact / exp(power), labels), bounds=(log(COLDEST), log(HOTTEST)), method="bounded"
    )
    return exp(float(found.x))
