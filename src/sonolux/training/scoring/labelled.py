"""Scores of a classifier on items that chose nothing: accuracy with its interval, beside always naming one class.

Where one class is much larger than the others, accuracy hides what becomes of the rest, so the mean recall of classes
(balanced accuracy) and the worst class stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.metrics.classification import expected_calibration_error
from sonolux.metrics.intervals import independent_count, share_interval

DIGITS = 4
"""Of a score."""


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """How a cross-validation scored items.

    Attributes
    ----------
    items : ndarray of int, shape (n,)
        Which item each row of the predictions is of; each several times.
    folds, repeats : int
    gain : float
        By how much a model that learned from all items is better than those that were scored, as far as that is known
        (`sonolux.training.scoring.learning_curve`): the interval reaches higher by that.
    """

    items: NDArray[np.intp]
    folds: int
    repeats: int
    gain: float = 0.0


def score_predictions(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    classes: Sequence[str],
    usual: int,
    groups: NDArray[np.integer] | None = None,
    crossed: CrossValidated | None = None,
) -> dict[str, Any]:
    """Return the scores of a classifier, as a model folder keeps them.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, classes)
        Calibrated.
    labels : ndarray of int, shape (n,)
    classes : sequence of str
    usual : int
        The largest class of what was learned from: what guessing names.
    groups : ndarray of int, shape (n,), or None
        Which belong together.
    crossed : CrossValidated, or None
        How a cross-validation scored each item several times; else each row is an item.

    Returns
    -------
    scores : dict
        ``accuracy`` with ``accuracy_low`` and ``accuracy_high``, its 95 % interval; ``baseline``, the accuracy of
        always naming ``baseline_class``; ``scored_on``, how many items; ``independent``, how many of them count where
        some belong together; ``balanced_accuracy``, ``worst_class`` and its ``worst_recall``; ``ece``, the expected
        calibration error; ``classes``, the recall and the support of each; and ``confusion``, rows true classes,
        columns what was named, in items.
    """
    named = probabilities.argmax(axis=1)
    items = np.arange(len(labels)) if crossed is None else np.unique(crossed.items, return_inverse=True)[1]
    times = np.bincount(items)
    first = np.unique(items, return_index=True)[1]
    right = np.bincount(items, named == labels) / times
    true = np.asarray(labels)[first]
    together = None if groups is None else np.asarray(groups)[first]
    low, high = share_interval(right, together, trials=(crossed.folds, crossed.repeats) if crossed else None)
    confusion = np.zeros((len(classes), len(classes)))
    np.add.at(confusion, (labels, named), 1 / times[items])
    support = np.bincount(true, minlength=len(classes))
    recall = np.where(support > 0, np.diag(confusion) / np.maximum(support, 1), np.nan)
    worst = int(np.nanargmin(recall))
    scores: dict[str, Any] = {
        "accuracy": round(float(right.mean()), DIGITS),
        "accuracy_low": round(low, DIGITS),
        "accuracy_high": round(min(high + crossed.gain, 1.0) if crossed else high, DIGITS),
        "baseline": round(float((true == usual).mean()), DIGITS),
        "baseline_class": classes[usual],
        "scored_on": len(true),
        "balanced_accuracy": round(float(np.nanmean(recall)), DIGITS),
        "worst_class": classes[worst],
        "worst_recall": round(float(recall[worst]), DIGITS),
        "ece": round(expected_calibration_error(probabilities, np.asarray(labels)), DIGITS),
        "classes": {
            name: {"recall": round(float(recall[row]), DIGITS) if support[row] else None, "support": int(support[row])}
            for row, name in enumerate(classes)
        },
        "confusion": np.round(confusion, 2).tolist(),
    }
    if together is not None:
        scores["independent"] = round(independent_count(right, together), 1)
    return scores


def usual_class(labels: NDArray[np.integer]) -> int:
    """Return the largest class: what one who knows nothing else would always name."""
    return int(np.bincount(labels).argmax())
