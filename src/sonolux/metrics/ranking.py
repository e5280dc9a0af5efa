"""Ranking metrics: precision, average precision, area under ROC, reciprocal rank, recall; in [0, 1], higher is better.

Scores are (m, n), query by item, higher for better; items of equal score rank by their place in the database, unless a
function says otherwise. Relevance is sharing a label. A ranking is given by its relevance, bool (m, depth), best first.

Source: C. D. Manning, P. Raghavan and H. Schütze, "Introduction to information retrieval", 2008, chapter 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    for start in range(0, len(scores), BLOCK):
        order = top_k(scores[start : start + BLOCK], scores.shape[1])
        relevant = labels[order] == query_labels[start : start + BLOCK, None]
        everywhere.append(average_precision(relevant))
        high.append(average_precision(relevant[:, :top]))
        early.append(precision_at_k(relevant, 100))
    names = ("mAP@ALL", f"mAP@{top}", "P@100")
    return {name: float(np.concatenate(m).mean()) for name, m in zip(names, (everywhere, high, early), strict=True)}


def average_precision(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the average precision of rankings (m, depth), over the relevant items in them; 0 where there are none."""
    found = relevant.cumsum(axis=1)
    precision = found / np.arange(1, relevant.shape[1] + 1)
    return np.asarray((precision * relevant).sum(axis=1) / np.maximum(found[:, -1], 1))


def precision_at_k(relevant: NDArray[np.bool_], k: int) -> NDArray[np.float64]:
    """Return the share of relevant items among the first k of rankings (m, depth), (m,); of all where depth < k."""
    return np.asarray(relevant[:, :k].mean(axis=1))


def precision_of_nearest(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    query_labels: NDArray[Any],
    labels: NDArray[Any],
    k: int,
) -> NDArray[np.float64]:
    """Return `precision_at_k` of each query's nearest items by cosine, (m,): the share that carries its label.

    Parameters
    ----------
    queries : ndarray, shape (m, dim)
    gallery : ndarray, shape (n, dim)
    query_labels : ndarray, shape (m,)
    labels : ndarray, shape (n,)
    k : int
        How many of the nearest are looked at; all of a smaller gallery.
    """
    directions = _directions(gallery)
    found = [
        precision_at_k(labels[top_k(_directions(some) @ directions.T, k)] == own[:, None], k)
        for some, own in zip(_blocks(queries), _blocks(query_labels), strict=True)
    ]
    return np.concatenate(found)


def paired_hits(scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which queries are answered where item i alone answers query i: rows of (m, m) whose diagonal is highest.

    Of equal scores the first counts as the highest.
    """
    hits: NDArray[np.bool_] = scores.argmax(axis=1) == np.arange(len(scores))
    return hits


def paired_recall(scores: NDArray[np.floating]) -> float:
    """Return recall at 1 where item i alone answers query i, the mean of `paired_hits`."""
    return float(paired_hits(scores).mean())


def recall_at_k(found: Iterable[Sequence[Any]], expected: Iterable[Sequence[Any]]) -> float:
    """Return the share of the expected items that were found, over all queries together.

    Parameters
    ----------
    found, expected : iterable of sequence
        Of each query, the k items that an approximate search gives and the k nearest, in any order.
    """
    pairs = [(set(mine), set(true)) for mine, true in zip(found, expected, strict=True)]
    return sum(len(mine & true) for mine, true in pairs) / sum(len(true) for _, true in pairs)


def reciprocal_rank(relevant_scores: NDArray[np.floating], other_scores: NDArray[np.floating]) -> float:
    """Return 1 / (rank of the best relevant item) of one query; of equal scores the others rank first.

    Parameters
    ----------
    relevant_scores : ndarray, shape (r,)
        At least one.
    other_scores : ndarray, shape (s,)
    """
    return 1 / (1 + int((other_scores >= relevant_scores.max()).sum()))


def pairwise_accuracy(margins: NDArray[np.floating], weights: NDArray[np.floating] | None = None) -> float:
    """Return the share of pairs of a better and a worse item in the right order; ties count half.

    Over all pairs of relevant and other items of one query it is the area under the ROC curve.

    Parameters
    ----------
    margins : ndarray, shape (pairs,)
        Score of the better item less that of the worse.
    weights : ndarray, shape (pairs,), optional
        Of the pairs; by default all alike.
    """
    right = np.where(margins > 0, 1.0, np.where(margins == 0, 0.5, 0.0))
    return float(np.average(right, weights=weights))


def truncated_average_precision(
    scores: NDArray[np.floating], relevant: NDArray[np.bool_], k: int = 500
) -> NDArray[np.float64]:
    """Return the average precision of the first k items of each ranking, (m,); NaN where nothing is relevant.

    The precisions at the relevant items among the first k, added up and divided by how many relevant items could be
    there: min(relevant, k). B. McFee et al., "The million song dataset challenge", AdMIRe 2012. Of items that score
    alike it is the mean over all their orders, so that the order in which a database has them decides nothing.
    F. McSherry and M. Najork, "Computing information retrieval performance measures efficiently in the presence of
    tied scores", ECIR 2008, equation 5.

    Parameters
    ----------
    scores : ndarray, shape (m, n)
        Items that do not count, such as those that a user has played before, have ``-inf``.
    relevant : ndarray of bool, shape (m, n)
    k : int
    """
    found = [_mean_precision_of_ties(*pair, k) for pair in zip(scores, relevant, strict=True)]
    possible = np.minimum(relevant.sum(axis=1), k)
    return np.where(possible, np.array(found) / np.maximum(possible, 1), np.nan)


def _mean_precision_of_ties(scores: NDArray[np.floating], relevant: NDArray[np.bool_], k: int) -> float:
    """Return the sum of precisions at relevant items among the first k, (n,) each, the mean over orders of ties."""
    order = np.argsort(-scores, kind="stable")
    ranked, right = scores[order], relevant[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    before = np.append(0, right.cumsum())[starts]
    sizes, hits = np.diff(np.append(starts, len(ranked))), np.add.reduceat(right.astype(np.intp), starts)
    of = np.repeat(np.arange(len(starts)), sizes)[:k]
    inside = np.arange(len(of)) - starts[of]
    # Where one of a tie is relevant, so are of those before it, on average, as many as of its others.
    others = inside * (hits[of] - 1) / np.maximum(sizes[of] - 1, 1)
    precision = (before[of] + others + 1) / np.arange(1, len(of) + 1)
    return float((hits[of] / sizes[of] * precision).sum())


def area_under_roc(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the area under the ROC curve of each ranking, (m,); NaN where all items or none are relevant.

    It is the chance that a relevant item scores higher than another, ties counting half (J. Hanley and B. McNeil,
    "The meaning and use of the area under a receiver operating characteristic (ROC) curve", Radiology 1982).

    Parameters
    ----------
    scores : ndarray, shape (m, n)
        Items of ``-inf`` do not count; no relevant item may be one.
    relevant : ndarray of bool, shape (m, n)
    """
    from scipy.stats import rankdata

    areas = np.full(len(scores), np.nan)
    for row, (score, right) in enumerate(zip(scores, relevant, strict=True)):
        counted = np.isfinite(score)
        among = right[counted]
        better, worse = int(among.sum()), int((~among).sum())
        if better and worse:
            ranks = rankdata(score[counted])[among].sum()
            areas[row] = (ranks - better * (better + 1) / 2) / (better * worse)
    return areas


def top_k(scores: NDArray[np.floating], k: int) -> NDArray[np.intp]:
    """Return the columns of the k highest scores of each row of (m, n), best first, (m, min(k, n)).

    The same as a stable sort of all, in a part of its time where k is small.
    """
    n = scores.shape[1]
    if k < n:
        limit = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
        above, tied = scores > limit, scores == limit
        kept = above | (tied & (tied.cumsum(axis=1) <= k - above.sum(axis=1, keepdims=True)))
        columns = np.nonzero(kept)[1].reshape(len(scores), k)
    else:
        columns = np.broadcast_to(np.arange(n), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def _directions(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _blocks(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    yield from (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))
