"""Model selection: candidates in the same folds of a cross-validation, or on a part that chooses; the best is taken.

What is scored chooses nothing: for each fold the candidate and the temperature are those that are best on the other
folds, each item of these judged by a head that had learned neither from its fold nor from the one that is scored
(nested cross-validation: S. Varma and R. Simon, "Bias in error estimation when using cross-validation for model
selection", BMC Bioinformatics 2006). Were it judged by heads that had learned from what is scored, labels that mean
nothing would score .53 of two classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.familiarity import Familiarity
from sonolux.training.classification.heads import ExactRows, HeadCandidate, HeadFitter, Preparation
from sonolux.training.classification.temperature import fitted_temperature, probabilities
from sonolux.training.data.splits import CHOOSE, LEARN, SCORE
from sonolux.training.scoring.labelled import CrossValidated
from sonolux.training.scoring.learning_curve import expected_gain, inverse_learned

StepProgress = Callable[[float], None]
"""Called with the share that is done."""


@dataclass(frozen=True, slots=True)
class LabelledDescriptors:
    """Descriptors of labelled items.

    Attributes
    ----------
    rows, mirrored : mapping of str to ndarray of float32, shape (n, dim)
        By encoder; the second of mirror images, of some encoders or none.
    labels : ndarray of int64, shape (n,)
    classes : int
    balanced : bool
        Whether every class counts the same.
    """

    rows: Mapping[str, NDArray[np.float32]]
    mirrored: Mapping[str, NDArray[np.float32]]
    labels: NDArray[np.int64]
    classes: int
    balanced: bool

    def learned(
        self, candidate: HeadCandidate, items: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return what a candidate learns from of some items: rows and labels."""
        rows, labels = self.rows[candidate.source][items], self.labels[items]
        if not candidate.mirrored:
            return rows, labels
        return np.concatenate([rows, self.mirrored[candidate.source][items]]), np.concatenate([labels, labels])

    def rooted(self, source: str) -> bool:
        """Whether roots of rows are taken: of what is never below 0, such as averages of activations."""
        return bool(self.rows[source].min() >= 0)


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, and how good it is.

    Attributes
    ----------
    best : HeadCandidate
    reached : dict
        Mean accuracy by candidate, where all were compared.
    probabilities : ndarray, shape (m, classes)
        Of items that neither the head nor the choice had seen.
    items : ndarray of int, shape (m,)
        Which items these are, some of them several times.
    temperature : float
    left_out : tuple of float
        Unfamiliarity of items that were left out, ascending.
    learned : ndarray of int
        Items that the model is to learn from.
    crossed : CrossValidated, or None
        How they were scored; None where a part scored.
    """

    best: HeadCandidate
    reached: dict[HeadCandidate, float]
    probabilities: NDArray[np.float64]
    items: NDArray[np.intp]
    temperature: float
    left_out: tuple[float, ...]
    learned: NDArray[np.intp]
    crossed: CrossValidated | None = None


def select_by_folds(
    described: LabelledDescriptors,
    candidates: Sequence[HeadCandidate],
    folds: NDArray[np.int64],
    halves: NDArray[np.int64],
    tenths: NDArray[np.int64],
    progress: StepProgress | None = None,
) -> Selection:
    """Choose by cross-validation.

    Parameters
    ----------
    described : LabelledDescriptors
    candidates : sequence of HeadCandidate
    folds, halves : ndarray of int, shape (repeats, n)
        See `sonolux.training.data.splits.fold_numbers`; the latter of two folds, to see what fewer items teach.
    tenths : ndarray of int, shape (n,)
        Of many folds: how unfamiliar an item is, is told with hardly any others left out.
    progress : callable, optional
    """
    repeats, count = folds.shape
    found = [
        CandidateFolds.of(described, candidates, each, _share(progress, row, repeats)) for row, each in enumerate(folds)
    ]
    chances, items = [], []
    for each, own in zip(folds, found, strict=True):
        for fold in np.unique(each):
            out = each == fold
            chosen = own.chosen_without(fold, described.labels)
            temperature = fitted_temperature(own.inner[chosen, fold][~out], described.labels[~out])
            chances.append(probabilities(own.outer[chosen, out], temperature))
            items.append(np.flatnonzero(out))
    scores = np.stack([one.outer for one in found], axis=1)
    right = (scores.argmax(axis=3) == described.labels).mean(axis=1)  # (candidates, n)
    best = int(right.mean(axis=1).argmax())
    fewer = [_scores_of_folds(described, candidates[best], each).argmax(axis=1) == described.labels for each in halves]
    gain = expected_gain(
        (float(right[best].mean()), inverse_learned(described.labels, folds)),
        (float(np.mean(fewer)), inverse_learned(described.labels, halves)),
        described.labels,
    )
    asked = np.concatenate(items)
    return Selection(
        candidates[best],
        {one: float(mean) for one, mean in zip(candidates, right.mean(axis=1), strict=True)},
        np.concatenate(chances),
        asked,
        _temperature(scores[best], described.labels),
        left_out_by_folds(described, candidates[best], tenths),
        np.arange(count),
        CrossValidated(asked, len(np.unique(folds[0])), repeats, gain),
    )


@dataclass(frozen=True, slots=True)
class CandidateFolds:
    """Scores of candidates in one repeat of a cross-validation.

    Attributes
    ----------
    outer : ndarray, shape (candidates, n, classes)
        Of each item by a head that learned from all other folds.
    inner : ndarray, shape (candidates, folds, n, classes)
        Of each item by a head that learned neither from its fold nor from that of the second index.
    folds : ndarray of int, shape (n,)
    """

    outer: NDArray[np.float32]
    inner: NDArray[np.float32]
    folds: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        described: LabelledDescriptors,
        candidates: Sequence[HeadCandidate],
        folds: NDArray[np.int64],
        progress: StepProgress | None,
    ) -> CandidateFolds:
        """Fit every candidate without each fold, and without each two; `folds` (n,) are numbered from 0."""
        numbers = range(int(folds.max()) + 1)
        shape = (len(folds), described.classes)
        outer = np.zeros((len(candidates), *shape), np.float32)
        inner = np.zeros((len(candidates), len(numbers), *shape), np.float32)
        left_out = [(one, other) for one in numbers for other in numbers if one <= other]
        for done, (one, other) in enumerate(left_out, 1):
            out = (folds == one) | (folds == other)
            if not out.all():
                scores = _scores_left_out(described, candidates, np.flatnonzero(~out), out)
                if one == other:
                    outer[:, out] = scores
                else:
                    first = folds[out] == one
                    inner[:, other, folds == one], inner[:, one, folds == other] = scores[:, first], scores[:, ~first]
            if progress is not None:
                progress(done / len(left_out))
        return cls(outer, inner, folds)

    def chosen_without(self, fold: int, labels: NDArray[np.int64]) -> int:
        """Return the number of the candidate that is best on all other folds, judged without anything of this one."""
        others = self.folds != fold
        right = self.inner[:, fold, others].argmax(axis=2) == labels[others]
        return int(right.mean(axis=1).argmax())


def _share(progress: StepProgress | None, number: int, of: int) -> StepProgress | None:
    """Return what reports one of several equal parts."""
    return None if progress is None else lambda done: progress((number + done) / of)


def select_by_part(
    described: LabelledDescriptors, candidates: Sequence[HeadCandidate], parts: NDArray[np.int64]
) -> Selection:
    """Choose by the part that chooses; `parts` (n,) are those of `sonolux.training.data.splits`."""
    learned, choosing, scoring = (np.flatnonzero(parts == part) for part in (LEARN, CHOOSE, SCORE))
    found = _scores_left_out(described, candidates, learned, choosing)
    right = (found.argmax(axis=2) == described.labels[choosing]).mean(axis=1)
    reached = dict(zip(candidates, right.tolist(), strict=True))
    best = max(reached, key=reached.__getitem__)
    temperature = fitted_temperature(found[candidates.index(best)], described.labels[choosing])
    [scores] = _scores_left_out(described, [best], learned, scoring)
    return Selection(
        best,
        reached,
        probabilities(scores, temperature),
        scoring,
        temperature,
        tuple(np.sort(_unfamiliarity(described, best.source, learned, choosing)).tolist()),
        learned,
    )


def without_items(selection: Selection, rows: NDArray[np.intp]) -> Selection:
    """Return a selection that some items do not score any more, because they chose something."""
    kept = ~np.isin(selection.items, rows)
    crossed = selection.crossed and replace(selection.crossed, items=selection.items[kept])
    return replace(selection, probabilities=selection.probabilities[kept], items=selection.items[kept], crossed=crossed)


def left_out_by_folds(
    described: LabelledDescriptors, candidate: HeadCandidate, folds: NDArray[np.int64]
) -> tuple[float, ...]:
    """Return how unfamiliar each item is to what the other folds hold, ascending."""
    found = [
        _unfamiliarity(described, candidate.source, np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
        for fold in np.unique(folds)
    ]
    return tuple(np.sort(np.concatenate(found)).tolist())


def _scores_of_folds(
    described: LabelledDescriptors, candidate: HeadCandidate, folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the scores of each item by a head that learned from the other folds, (n, classes)."""
    scores = np.zeros((len(folds), described.classes))
    for fold in np.unique(folds):
        out = folds == fold
        [scores[out]] = _scores_left_out(described, [candidate], np.flatnonzero(~out), out)
    return scores


def _scores_left_out(
    described: LabelledDescriptors,
    candidates: Sequence[HeadCandidate],
    learned: NDArray[np.intp],
    out: NDArray[np.generic],
) -> NDArray[np.float64]:
    """Return the scores of some items by each candidate that has learned from others, (candidates, m, classes)."""
    found: dict[HeadCandidate, ExactRows] = {}
    alike = itemgetter(0, 1)
    keyed = sorted(((one.source, one.mirrored, number) for number, one in enumerate(candidates)))
    for _, group in groupby(keyed, key=alike):
        numbers = [number for *_, number in group]
        source = candidates[numbers[0]].source
        rows, labels = described.learned(candidates[numbers[0]], learned)
        prepare = Preparation.of(rows, rooted=described.rooted(source))
        fitter = HeadFitter(prepare(rows), labels, described.classes, balanced=described.balanced)
        asked = prepare(described.rows[source][out])
        found |= {candidates[number]: fitter.fit(candidates[number]).scores(asked) for number in numbers}
    return np.stack([found[candidate] for candidate in candidates])


def _unfamiliarity(
    described: LabelledDescriptors, source: str, learned: NDArray[np.intp], out: NDArray[np.intp]
) -> NDArray[np.float64]:
    rows, labels = described.rows[source], described.labels
    prepare = Preparation.of(rows[learned], rooted=described.rooted(source))
    present, numbers = np.unique(labels[learned], return_inverse=True)
    # Of a class that nothing was learned of, an item is unknown indeed.
    out = out[np.isin(labels[out], present)]
    return Familiarity.of(prepare(rows[learned]), numbers).unfamiliarity(prepare(rows[out]))


def _temperature(scores: ExactRows, labels: NDArray[np.int64]) -> float:
    """Fit a temperature to the scores of several repeats, (repeats, n, classes)."""
    return fitted_temperature(scores.reshape(-1, scores.shape[-1]), np.tile(labels, len(scores)))
