"""Wrong places: what the places of a query score that are in recordings which are not heard.

Of the places that are looked at all but a few are wrong, so their own scores tell what is usual here. A recording that
sounds in a part of the query has fewer terms there; where a piece repeats itself, right places are many. Both are seen
to before a mean and a standard deviation are taken. A place is a row: score, segment, track, start, speed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.alignment import FEWEST, PlaceEvidence
from sonolux.fingerprints.code_agreement import AgreementScale, fit_agreement_scale
from sonolux.fingerprints.null_model import NullModel, PartScores, fit_null_model

USUAL = (5.5, 1.4)
"""Mean and standard deviation of the scores of wrong places, of queries that are in no catalog."""

USUAL_WEIGHT = 10
"""Wrong places that the usual counts for, where a catalog has few."""

CROWD = 1 / 3
"""Share of the places that are looked at, from which one recording has too many."""

FAR = 5.0
"""Standard deviations above the mean of wrong places at which none of them is."""

MOST_TRACKS = 2**32
"""Of a segment: what tells the recordings of one from those of the next."""


class PlaceNull(NamedTuple):
    """What wrong places of a query score: by codes in each window, and what agreement is worth as evidence."""

    codes: NullModel
    scale: AgreementScale

    def agreement(self, found: PartScores) -> NDArray[np.float64]:
        """Return the agreement of codes in units of evidence."""
        return self.scale.standardise(_standardised(self.codes, found))


def level_places(
    rows: NDArray[np.float64], evidence: PlaceEvidence, agreed: PartScores, counted: NDArray[np.bool_]
) -> tuple[PlaceNull, NDArray[np.float64], NDArray[np.float64]]:
    """Return what codes say by chance, and by what to multiply the score of each place, and what to add.

    Scores are then what they would be if each recording sounded throughout the query.
    """
    wrong = counted.copy()
    wrong[counted] = ~_may_match(rows[counted])
    covered = evidence.covered()
    mean_count = fit_null_model(PartScores(evidence.counts, covered).of(wrong)).mean
    null = fit_null_model(PartScores(evidence.sums, covered).of(wrong))
    everywhere = np.ones((1, covered.shape[1]))
    root, whole = (np.sqrt(np.maximum(there @ mean_count, FEWEST)) for there in (covered, everywhere))
    deviation, usual = null.deviation(covered) / root, null.deviation(everywhere) / whole
    gain = np.where(deviation > 0, usual / np.maximum(deviation, 1e-9), 1.0)
    offset = null.expected(everywhere) / whole - gain * null.expected(covered) / root
    codes = fit_null_model(agreed.of(wrong))
    return PlaceNull(codes, fit_agreement_scale(_standardised(codes, agreed.of(counted)))), gain, offset


def thin_places(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which places count for what is usual: where a recording has a third of all, ten of each from best to worst.

    A piece that repeats itself has hundreds of places, most of them right, where a small catalog has few others.
    """
    _, owner, counts = np.unique(rows[:, 1:3], axis=0, return_inverse=True, return_counts=True)
    if counts.max() < CROWD * len(rows):
        return np.ones(len(rows), bool)
    owner = owner.ravel()
    rank = np.empty(len(rows), np.int64)
    rank[np.argsort(owner, kind="stable")] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    many = np.maximum(counts[owner], USUAL_WEIGHT)
    few: NDArray[np.bool_] = rank * USUAL_WEIGHT // many != (rank - 1) * USUAL_WEIGHT // many
    return few | (counts[owner] <= USUAL_WEIGHT)


def wrong_scores(rows: NDArray[np.float64], frames: int) -> tuple[float, float]:
    """Return mean and standard deviation of the scores of wrong places: those in recordings that are not heard.

    Where these are few, as in a small catalog, other places of the best recording count too; what is played twice is
    not wrong there.
    """
    wrong, best = ~_may_match(rows), rows[0]
    others = rows[wrong, 0]
    if len(others) < 3 * USUAL_WEIGHT:
        same = (rows[:, 1] == best[1]) & (rows[:, 2] == best[2])
        others = _mirrored(rows[wrong | (same & (np.abs(rows[:, 3] - best[3]) > frames)), 0])
    count = len(others)
    mean = (others.sum() + USUAL_WEIGHT * USUAL[0]) / (count + USUAL_WEIGHT)
    squares = ((others - mean) ** 2).sum() + USUAL_WEIGHT * USUAL[1] ** 2
    return float(mean), float(np.sqrt(squares / (count + USUAL_WEIGHT)))


def _standardised(null: NullModel, found: PartScores) -> NDArray[np.float64]:
    """Return the sums of places, less what is expected, in standard deviations; 0 where there are no terms."""
    deviation = null.deviation(found.there)
    apart = found.sums.sum(axis=1) - null.expected(found.there)
    return np.where(deviation > 0, apart / np.where(deviation > 0, deviation, 1.0), 0.0)


def _may_match(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which places are in recordings that may be heard: the best, and what stands out as its copies do."""
    scores = _mirrored(rows[:, 0])
    standing_out = rows[:, 0] > scores.mean() + FAR * scores.std()
    standing_out[0] = True
    recordings = rows[:, 1] * MOST_TRACKS + rows[:, 2]
    return np.isin(recordings, recordings[standing_out])


def _mirrored(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lower half of some scores, and as many above: how they would spread if none of them were right."""
    if not len(scores):
        return scores
    middle = np.median(scores)
    lower = scores[scores <= middle]
    return np.concatenate([lower, 2 * middle - lower])
