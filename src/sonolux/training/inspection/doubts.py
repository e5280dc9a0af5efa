"""Label errors and outliers: labels that a cross-validated model does not believe, and items far from all others.

Descriptors are those of the packaged network for images, statistics of cepstra for sounds. A logistic regression says
of each item what it is without having learned from it or its copies, and confident learning (C. Northcutt, L. Jiang and
I. Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 2021; cleanlab) tells which labels are
doubtful.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.extras import extras_named

if TYPE_CHECKING:
    from sonolux.training.data.images import ImageSet
    from sonolux.training.data.sounds import SoundSet

FOLDS = 5
COEFFICIENTS = 20
"""Of the cepstrum of a sound."""

BELIEVED = 0.3
"""Of the way from guessing to always right, that the model has to have gone before its doubts count."""

PENALTY = 0.1
"""Inverse strength of regularisation, for numbers of deviation 1."""

NEIGHBOURS = 5
FAR = 3.5
"""Deviations above the median, as the median deviation tells them, from which the mean distance is far."""

MOST = 20_000
"""Items of which labels are doubted; of more, these at even distances."""

BATCH = 32


@dataclass(frozen=True, slots=True)
class LabelDoubts:
    """What a cross-validated model says of labels.

    Attributes
    ----------
    accuracy : float
        Balanced: the mean share of each class that it gets right.
    doubted : tuple of (int, int)
        Row number and the class that it would be, least believed first.
    """

    accuracy: float
    doubted: tuple[tuple[int, int], ...]


def describe_pixels(images: ImageSet) -> NDArray[np.float32]:
    """Return descriptors (n, 256) of images, of the packaged network."""
    from sonolux.encoders import resolve

    encoder = resolve("photo")[0]
    parts = [encoder.encode(list(images.pixels[start : start + BATCH])) for start in range(0, len(images), BATCH)]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def describe_frames(sounds: SoundSet) -> NDArray[np.float32]:
    """Return descriptors (n, 60) of sounds: mean, deviation and change of cepstra of their levels."""
    from scipy.fft import dct

    rows = []
    for frames in sounds.frames:
        cepstra = dct(frames.float().numpy(), norm="ortho", axis=1)[:, :COEFFICIENTS]
        change = np.abs(np.diff(cepstra, axis=0)).mean(axis=0) if len(cepstra) > 1 else np.zeros(cepstra.shape[1])
        rows.append(np.concatenate([cepstra.mean(axis=0), cepstra.std(axis=0), change]))
    return np.stack(rows).astype(np.float32)


def doubt_labels(
    descriptors: NDArray[np.float32], labels: NDArray[np.int64], copies: Sequence[Sequence[int]] = (), seed: int = 0
) -> LabelDoubts | None:
    """Tell which labels a model doubts that did not learn from them.

    Parameters
    ----------
    descriptors : ndarray, shape (n, dim)
    labels : ndarray of int, shape (n,)
    copies : sequence of sequence of int
        Rows that hold the same content, which stay together.
    seed : int

    Returns
    -------
    doubts : LabelDoubts or None
        None where there are fewer than two classes of which items can be learned and judged.
    """
    groups = np.arange(len(labels))
    for same in copies:
        groups[list(same)] = same[0]
    rows = np.linspace(0, len(labels) - 1, min(len(labels), MOST)).round().astype(int)
    each = {label: len(np.unique(groups[rows][labels[rows] == label])) for label in np.unique(labels[rows])}
    able = [label for label, count in each.items() if count >= 2]
    rows = rows[np.isin(labels[rows], able)]
    if len(able) < 2:
        return None
    names, wanted = np.unique(labels[rows], return_inverse=True)
    folds = min(FOLDS, *(each[label] for label in able))
    chances = _cross_validated(descriptors[rows], wanted, groups[rows], folds, seed)
    said = chances.argmax(axis=1)
    accuracy = float(np.mean([(said[wanted == one] == one).mean() for one in range(len(names))]))
    chance = 1 / len(names)
    if accuracy < chance + BELIEVED * (1 - chance):
        return LabelDoubts(accuracy, ())
    return LabelDoubts(accuracy, tuple((int(rows[at]), int(names[said[at]])) for at in _doubted(wanted, chances)))


def far_items(descriptors: NDArray[np.float32], copies: Sequence[Sequence[int]] = ()) -> list[tuple[int, float]]:
    """Return the items that are far from all others, farthest first: row, and times the usual distance.

    Distances are Euclidean, to the mean of the five nearest that are no copies.
    """
    from sklearn.neighbors import NearestNeighbors

    first = np.ones(len(descriptors), bool)
    for rows in copies:
        first[list(rows[1:])] = False
    kept = np.flatnonzero(first)
    if len(kept) < 4 * NEIGHBOURS:
        return []
    shown = descriptors[kept]
    distances = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(shown).kneighbors(shown)[0][:, 1:].mean(axis=1)
    usual = float(np.median(distances))
    spread = 1.4826 * float(np.median(np.abs(distances - usual)))
    far = np.flatnonzero(distances > usual + FAR * max(spread, 1e-9))
    order = far[np.argsort(-distances[far], kind="stable")]
    return [(int(kept[at]), float(distances[at] / usual)) for at in order]


def standardised(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return descriptors with each number of mean 0 and deviation 1."""
    deviation = descriptors.std(axis=0)
    rows: NDArray[np.float32] = (descriptors - descriptors.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return rows


def _cross_validated(
    descriptors: NDArray[np.float32], wanted: NDArray[np.intp], groups: NDArray[np.intp], folds: int, seed: int
) -> NDArray[np.float64]:
    """Return what a model says of each item that learned from none of its group, (n, classes)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    chances = np.zeros((len(wanted), wanted.max() + 1))
    rows = standardised(descriptors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The least populated class")
        for learned, judged in StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(rows, wanted, groups):
            if len(np.unique(wanted[learned])) < 2:
                chances[judged] = 1 / chances.shape[1]
                continue
            model = LogisticRegression(C=PENALTY, max_iter=200, class_weight="balanced")
            model.fit(rows[learned], wanted[learned])
            chances[np.ix_(judged, model.classes_)] = model.predict_proba(rows[judged])
    return chances


def _doubted(wanted: NDArray[np.intp], chances: NDArray[np.float64]) -> list[int]:
    with extras_named("telling doubtful labels", TrainingError):
        from cleanlab.filter import find_label_issues

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cleanlab remarks on classes that nothing was taken for
        found = find_label_issues(wanted, chances, return_indices_ranked_by="self_confidence", n_jobs=1)
    return [int(one) for one in found]
