"""How good a ranking is, in numbers from 0 to 1; higher is better.

Rankings are given by scores (m, n), query by item, higher for better; items of equal score rank by their place in the
database. Relevance is sharing a label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 100
"""Queries that are ranked at once."""


def label_metrics(
    scores: NDArray[np.floating], query_labels: NDArray[np.integer], labels: NDArray[np.integer], top: int = 1000
) -> dict[str, float]:
    """Rank a labelled database for labelled queries.

    Parameters
    ----------
    scores : ndarray, shape (m, n)
    query_labels : ndarray, shape (m,)
    labels : ndarray, shape (n,)
    top : int
        Depth of the second metric.

    Returns
    -------
    metrics : dict
        ``mAP@ALL``: mean over queries of the precision at every relevant item, averaged. ``mAP@<top>``: the same over
        the relevant items among the first `top`, divided by how many those are; 0 where none. ``P@100``: share of
        relevant items among the first 100. Primary: mAP@ALL.
    """
    everywhere, high, early = [], [], []
    for relevant in _ranked_relevance(scores, query_labels, labels):
        everywhere.append(average_precision(relevant))
        high.append(average_precision(relevant[:, :top]))
        early.append(relevant[:, :100].mean(axis=1))
    names = ("mAP@ALL", f"mAP@{top}", "P@100")
    return {name: float(np.concatenate(m).mean()) for name, m in zip(names, (everywhere, high, early), strict=True)}


def average_precision(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the average precision of rankings (m, depth), over the relevant items in them; 0 where there are none."""
    found = relevant.cumsum(axis=1)
    precision = found / np.arange(1, relevant.shape[1] + 1)
    return np.asarray((precision * relevant).sum(axis=1) / np.maximum(found[:, -1], 1))


def rank_one(scores: NDArray[np.floating], query_labels: NDArray[np.integer], labels: NDArray[np.integer]) -> float:
    """Return the share of queries whose best item carries their label: closed-set identification."""
    return float((labels[scores.argmax(axis=1)] == query_labels).mean())


def detection_and_identification(
    known: NDArray[np.floating],
    known_labels: NDArray[np.integer],
    labels: NDArray[np.integer],
    unknown: NDArray[np.floating],
    false_accepts: float = 0.01,
) -> float:
    """Return the detection and identification rate of an open set at a false accept rate.

    The threshold is the least score that at most this share of the unknown queries exceeds; known queries count where
    they exceed it and are identified rightly.

    Parameters
    ----------
    known : ndarray, shape (m, n)
        Scores of queries whose label is in the database.
    known_labels : ndarray, shape (m,)
    labels : ndarray, shape (n,)
    unknown : ndarray, shape (u, n)
        Scores of queries whose label is not.
    false_accepts : float
        In [0, 1].

    References
    ----------
    P. J. Phillips, P. Grother and R. Micheals, "Evaluation methods in face recognition", Handbook of Face Recognition,
    2005.
    """
    # Lowest of all: where every unknown query may pass, so may every known one.
    strangers = np.append(np.sort(unknown.max(axis=1))[::-1], -np.inf)
    allowed = int(round(false_accepts * len(unknown), 6))  # .29 of 100 are 29, not 28.999...
    threshold = strangers[allowed]
    right = labels[known.argmax(axis=1)] == known_labels
    return float((right & (known.max(axis=1) > threshold)).mean())


def _ranked_relevance(
    scores: NDArray[np.floating], query_labels: NDArray[np.integer], labels: NDArray[np.integer]
) -> Iterator[NDArray[np.bool_]]:
    for start in range(0, len(scores), BLOCK):
        order = np.argsort(-scores[start : start + BLOCK], axis=1, kind="stable")
        yield labels[order] == query_labels[start : start + BLOCK, None]


def precision_at(
    depth: int,
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    query_labels: NDArray[Any],
    labels: NDArray[Any],
) -> NDArray[np.float64]:
    """Return the share of each query's nearest items by cosine that carry its label, (m,).

    Parameters
    ----------
    depth : int
        How many of the nearest are looked at.
    queries : ndarray, shape (m, dim)
    gallery : ndarray, shape (n, dim)
    query_labels : ndarray, shape (m,)
    labels : ndarray, shape (n,)
    """
    lengths = [np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12) for rows in (queries, gallery)]
    order = np.argsort(-(queries / lengths[0]) @ (gallery / lengths[1]).T, axis=1, kind="stable")[:, :depth]
    return np.asarray((labels[order] == query_labels[:, None]).mean(axis=1))
