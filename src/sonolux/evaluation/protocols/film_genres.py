"""Film genre protocol: genres of films from poster and title, in five folds drawn by seed 0.

The films of MovieLens (F. M. Harper and J. A. Konstan 2015) have several genres each; those that fewer than twenty
films have are left out, and so are films without any. Every film is answered for by a model of the four other folds.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Announce
from sonolux.evaluation.protocols.described_files import describe_files, kept_rows
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.tables import NO_GENRE

FEWEST = 20
"""Films of a genre."""

FOLDS = 5

SEED = 0

RESAMPLED = 200


def read_film_genres(data: Path, work: Path, progress: Announce) -> FusionSet:
    """Describe the posters and titles of all films."""
    table = data / "movies.tsv"
    if not table.is_file():
        raise SonoluxError(f"{table} is not there: name the folder of the data sets with --data")
    with table.open(newline="", encoding="utf-8") as opened:
        films = list(csv.DictReader(opened, delimiter="\t"))
    told = [set(film["genres"].split("|")) - {NO_GENRE, ""} for film in films]
    counts = Counter(genre for each in told for genre in each)
    names = tuple(sorted(genre for genre, count in counts.items() if count >= FEWEST))
    posters = describe_files(
        resolve("photo")[0], [data / "posters" / f"{film['movie']}.jpg" for film in films], work, progress
    )
    titles = kept_rows(resolve("sentences")[0], [film["title"] for film in films], str, work, progress)
    answers = np.array([[genre in each for genre in names] for each in told], np.float32)
    rows = np.concatenate([posters, titles], axis=1)
    there = np.ones((len(films), 2), np.bool_)
    widths = {"image": posters.shape[1], "text": titles.shape[1]}
    items = FusionSet("films", None, widths, rows, there, "tags", names, answers)
    return items.subset(np.flatnonzero(answers.any(axis=1)))


def answer_in_folds(
    items: FusionSet, learn: Callable[[FusionSet], Callable[[FusionSet], NDArray[np.float32]]], *views: FusionSet
) -> list[NDArray[np.float32]]:
    """Return what models of the other folds answer for each item, (n, answers), as each view of the items shows it."""
    order = np.random.default_rng(SEED).permutation(len(items))
    answers = [np.zeros_like(items.answers) for _ in views]
    for fold in range(FOLDS):
        tested = np.sort(order[fold::FOLDS])
        answer = learn(items.subset(np.setdiff1d(order, tested)))
        for view, each in zip(views, answers, strict=True):
            each[tested] = answer(view.subset(tested))
    return answers


def precision_areas(answers: NDArray[np.float32], right: NDArray[np.float32]) -> tuple[float, float]:
    """Return the area under the curve of precision and recall: over all answers, and the mean over the genres."""
    from sklearn.metrics import average_precision_score

    micro = average_precision_score(right.ravel(), answers.ravel())
    held = right.any(axis=0)
    macro = average_precision_score(right[:, held], answers[:, held], average="macro")
    return float(micro), float(macro)


def gain_of_areas(
    answers: NDArray[np.float32], before: NDArray[np.float32], right: NDArray[np.float32]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the 95 % bootstrap intervals, over films, of how much larger both areas are."""
    random = np.random.default_rng(SEED)
    gains = []
    for _ in range(RESAMPLED):
        rows = random.integers(len(right), size=len(right))
        now, then = precision_areas(answers[rows], right[rows]), precision_areas(before[rows], right[rows])
        gains.append((now[0] - then[0], now[1] - then[1]))
    low, high = np.quantile(gains, (0.025, 0.975), axis=0)
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))
