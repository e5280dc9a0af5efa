"""Calibration of a classifier: its temperature fitted on half of what was held out, and judged on the other half."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonolux.metrics.classification import accuracy, expected_calibration_error
from sonolux.training.classification.temperature import fitted_temperature, probabilities


def calibrate(scores: NDArray[np.floating], labels: NDArray[np.int64], seed: int) -> tuple[float, dict[str, float]]:
    """Fit the temperature to half of the images held out, and judge it by the other half.

    Parameters
    ----------
    scores : ndarray of float, shape (n, classes)
    labels : ndarray of int, shape (n,)
    seed : int
        Of the halves.

    Returns
    -------
    temperature : float
    scores : dict
        As in `train_labels`.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    fitted, judged = order[: len(order) // 2], order[len(order) // 2 :]
    temperature = fitted_temperature(scores[fitted], labels[fitted])
    reached = {
        "accuracy": accuracy(scores.argmax(axis=1), labels),
        "ece-before": expected_calibration_error(probabilities(scores[judged]), labels[judged]),
        "ece-after": expected_calibration_error(probabilities(scores[judged], temperature), labels[judged]),
    }
    return round(temperature, 4), {name: round(value, 4) for name, value in reached.items()}
