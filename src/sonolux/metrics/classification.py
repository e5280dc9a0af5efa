"""Classification metrics: accuracy, F1, log loss and expected calibration error.

Scores (logits) and probabilities are float (n, classes), labels int (n,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of confidence, equally wide, as in Guo et al. 2017."""


def accuracy(predicted: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of predictions that are the label; both (n,), of numbers or names."""
    return float((np.asarray(predicted) == np.asarray(labels)).mean())


def f1_of_counts(true_positives: int, predicted: int, actual: int) -> float:
    """Return the harmonic mean of precision and recall, given counts; 1 where nothing is predicted and nothing is.

    Source: C. J. van Rijsbergen, "Information retrieval", 1979, chapter 7: twice the true positives over what is
    predicted and what is there.
    """
    return 2 * true_positives / (predicted + actual) if predicted + actual else 1.0


def log_loss(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the mean of -ln(probability of the true class) under the softmax of the scores; lower is better."""
    from scipy.special import log_softmax

    logs = log_softmax(np.asarray(scores, np.float64), axis=1)
    return float(-logs[np.arange(len(labels)), labels].mean())


def expected_calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = BINS
) -> float:
    """Return the expected calibration error (ECE): how far confidence is from accuracy, in [0, 1]; lower is better.

    Items are sorted into bins by the probability of their likeliest class; the difference of mean probability and
    share of right answers in each counts by its number of items.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, classes)
    labels : ndarray of int, shape (n,)
    bins : int

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017, equation 3.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    # A bin is open below and closed above, as in the paper.
    numbers = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(numbers, confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
