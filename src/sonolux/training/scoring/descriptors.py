"""Scores of descriptors and codes on items that chose nothing: each metric by its name, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.metrics.intervals import independent_count, share_interval
from sonolux.training.scoring.labelled import DIGITS

PRECISION = "precision@10"
"""Share of the ten nearest of what was learned from that carry the label of an item that scores."""

VIEWS = "recall@1 of views"
"""Share of items that score whose random view finds them first, among all that score."""


def score_values(
    name: str, values: NDArray[np.floating], baseline: float, groups: NDArray[np.integer] | None = None
) -> dict[str, Any]:
    """Return the scores of a mean over items, as a model folder keeps them.

    Parameters
    ----------
    name : str
        Of the metric.
    values : ndarray of float, shape (n,)
        Of each item that scores, from 0 to 1.
    baseline : float
        What chance gives.
    groups : ndarray of int, shape (n,), or None
        Which items belong together.

    Returns
    -------
    scores : dict
        The metric by its name, its 95 % interval by ``name_low`` and ``name_high``, ``baseline``, ``scored_on``.
    """
    low, high = share_interval(values, groups)
    scores: dict[str, Any] = {
        name: round(float(np.mean(values)), DIGITS),
        f"{name}_low": round(low, DIGITS),
        f"{name}_high": round(high, DIGITS),
        "baseline": round(baseline, DIGITS),
        "scored_on": len(values),
    }
    if groups is not None:
        scores["independent"] = round(independent_count(np.asarray(values, float), groups), 1)
    return scores


def score_interval(name: str, value: float, interval: Sequence[float], scored_on: int) -> dict[str, Any]:
    """Return a score that is no mean over items with its interval, as `score_values` does."""
    low, high = interval
    return {
        name: round(value, DIGITS),
        f"{name}_low": round(low, DIGITS),
        f"{name}_high": round(high, DIGITS),
        "scored_on": scored_on,
    }


def chance_precision(labels: NDArray[np.integer], gallery_labels: NDArray[np.integer]) -> float:
    """Return the precision that neighbours drawn at random would have."""
    classes = int(max(labels.max(), gallery_labels.max())) + 1
    shares = np.bincount(gallery_labels, minlength=classes) / len(gallery_labels)
    return float(shares[labels].mean())
