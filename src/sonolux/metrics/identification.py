"""Identification metrics: closed-set rank-1 rate, open-set detection and identification rate, false alarms.

A query is known where its label (a person, a recording) is in the database, unknown where it is not.

Source: P. J. Phillips, P. Grother and R. Micheals, "Evaluation methods in face recognition", Handbook of Face
Recognition, 2005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rank_one_rate(
    scores: NDArray[np.floating], query_labels: NDArray[np.integer], labels: NDArray[np.integer]
) -> float:
    """Return the share of queries whose best item carries their label: closed-set identification.

    Parameters
    ----------
    scores : ndarray, shape (m, n)
        Higher for better; of equal ones the first counts.
    query_labels : ndarray, shape (m,)
    labels : ndarray, shape (n,)
    """
    return float((labels[scores.argmax(axis=1)] == query_labels).mean())


def acceptance_threshold(unknown: NDArray[np.floating], false_accept_rate: float) -> float:
    """Return the lowest score above which at most this share of the unknown queries lies.

    Parameters
    ----------
    unknown : ndarray, shape (u,)
        The best score of each unknown query.
    false_accept_rate : float
        In [0, 1]; minus infinity is returned where all may pass.
    """
    ordered = np.append(np.sort(np.asarray(unknown, np.float64))[::-1], -np.inf)
    allowed = int(round(false_accept_rate * len(unknown), 6))  # .29 of 100 are 29, not 28.999...
    return float(ordered[allowed])


def detection_and_identification_rate(
    known: NDArray[np.floating], right: NDArray[np.bool_], unknown: NDArray[np.floating], false_accept_rate: float
) -> float:
    """Return the share of known queries that are identified rightly, above the threshold of a false accept rate.

    Parameters
    ----------
    known : ndarray, shape (k,)
        The best score of each known query.
    right : ndarray of bool, shape (k,)
        Whether its best item is the right one.
    unknown : ndarray, shape (u,)
        The best score of each unknown query.
    false_accept_rate : float
        See `acceptance_threshold`.
    """
    return float((right & (known > acceptance_threshold(unknown, false_accept_rate))).mean())


def false_alarm_ratio(p_values: NDArray[np.floating], claimed: float) -> float:
    """Return how many times as often as claimed non-matches have so small a p-value; 1 is calibrated, lower cautious.

    Parameters
    ----------
    p_values : ndarray, shape (n,)
        Of non-matches: uniform on [0, 1] where they are true. Without any the ratio is 0.
    claimed : float
    """
    return float((np.asarray(p_values) <= claimed).mean()) / claimed if len(p_values) else 0.0
