"""Mood protocol: felt emotions and genres of music, valence and arousal, emotions of speech, from sound alone.

Emotify (A. Aljanaki, F. Wiering and R. Veltkamp 2016): nine felt emotions, each the share of listeners who felt it, by
the rank correlation of Spearman, and four genres; forty tracks in ten folds, drawn by seed 0. Game music, rendered:
valence and arousal of either sign; five folds by games, so that no game is both learned and tested. Emotional speech
(F. Burkhardt et al. 2005, EmoDB): six emotions of two actors, each left out in turn. Regularisation is chosen by
cross-validation within what is learned from, and inputs are standardised there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Announce
from sonolux.evaluation.rendered_midi import render_midi

EMOTIONS = (
    "amazement", "solemnity", "tenderness", "nostalgia", "calmness", "power", "joyful_activation", "tension", "sadness",
)  # fmt: skip

SPOKEN = {"A": "fear", "F": "happiness", "L": "boredom", "N": "neutral", "T": "sadness", "W": "anger"}

SEED = 0

ALPHAS = np.logspace(-1, 5, 13)
"""Of ridge regression."""

PENALTIES = np.logspace(-5, 1, 7)
"""Inverses of the penalty of logistic regression."""

INNER = 3
"""Folds within what is learned from."""

RESAMPLED = 2_000


@dataclass(frozen=True, slots=True)
class MoodTask:
    """Sounds with what is felt or heard in them.

    Attributes
    ----------
    name : str
    kind : str
        ``ranks`` for shares, of which the order counts, or ``classes``.
    paths : tuple of Path
    targets : ndarray, shape (n, targets)
        Shares, or numbers of classes in the one column.
    folds : tuple of ndarray of int
        Rows that are tested together.
    """

    name: str
    kind: Literal["ranks", "classes"]
    paths: tuple[Path, ...]
    targets: NDArray[np.float64]
    folds: tuple[NDArray[np.intp], ...]

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what is predicted of each sound by a model of the others, from descriptors (n, dim).

        Returns
        -------
        predicted : ndarray
            Shares (n, targets), or probabilities of the classes (n, classes).
        """
        columns = self.targets.shape[1] if self.kind == "ranks" else len(np.unique(self.targets))
        predicted = np.zeros((len(self.paths), columns))
        for tested in self.folds:
            learned = np.setdiff1d(np.arange(len(self.paths)), tested)
            predicted[tested] = _predicted(self.kind, rows[learned], self.targets[learned], rows[tested])
        return predicted

    def score(self, predicted: NDArray[np.float64], rows: NDArray[np.intp] | None = None) -> float:
        """Return the mean rank correlation with the shares, or the share of right classes; of some rows."""
        from scipy.stats import spearmanr

        rows = np.arange(len(self.paths)) if rows is None else rows
        if self.kind == "classes":
            return float((predicted[rows].argmax(axis=1) == self.targets[rows, 0]).mean())
        pairs = [(predicted[rows, one], self.targets[rows, one]) for one in range(predicted.shape[1])]
        return float(np.mean([spearmanr(*pair).statistic for pair in pairs if all(np.ptp(each) > 0 for each in pair)]))

    def gain(self, predicted: NDArray[np.float64], before: NDArray[np.float64]) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of how much better one prediction is than another."""
        random = np.random.default_rng(SEED)
        drawn = [random.integers(len(self.paths), size=len(self.paths)) for _ in range(RESAMPLED)]
        gains = [self.score(predicted, rows) - self.score(before, rows) for rows in drawn]
        low, high = np.quantile(gains, (0.025, 0.975))
        return float(low), float(high)


PARTS = ("music", "speech", "games")


def mood_tasks(data: Path, work: Path, progress: Announce, parts: Sequence[str] = PARTS) -> Iterator[MoodTask]:
    """Yield the tasks of some parts; what is MIDI is rendered into the folder of work."""
    if "music" in parts:
        yield from _emotify(data / "emotify")
    if "speech" in parts:
        yield _speech(data / "emotional_speech")
    if "games" in parts:
        yield from _game_music(data / "game_music_moods", work / "rendered", progress)


def _emotify(folder: Path) -> Iterator[MoodTask]:
    table = _table(folder / "emotions.tsv")
    paths = tuple(folder / one["file"] for one in table)
    shares = np.array([[float(one[emotion]) for emotion in EMOTIONS] for one in table])
    order = np.random.default_rng(SEED).permutation(len(paths))
    folds = tuple(order[start::10] for start in range(10))
    yield MoodTask("felt emotions of music", "ranks", paths, shares, folds)
    genres = np.unique([one["genre"] for one in table], return_inverse=True)[1]
    yield MoodTask("genres of music", "classes", paths, genres[:, None].astype(float), folds)


def _game_music(folder: Path, rendered: Path, progress: Announce) -> Iterator[MoodTask]:
    from sklearn.model_selection import GroupKFold

    table = _table(folder / "moods.tsv")
    progress(f"rendering {len(table)} MIDI files")
    paths = tuple(render_midi(folder / one["file"], rendered) for one in table)
    games = [one["file"].split("_")[0] for one in table]
    folds = tuple(tested for _, tested in GroupKFold(5).split(games, groups=games))
    for name in ("valence", "arousal"):
        signs = np.array([float(one[name]) > 0 for one in table])[:, None].astype(float)
        yield MoodTask(f"{name} of game music", "classes", paths, signs, folds)


def _speech(folder: Path) -> MoodTask:
    paths = tuple(sorted(folder.glob("*.wav")))
    letters = [path.stem[5] for path in paths]
    if not paths or not set(letters) <= set(SPOKEN):
        raise SonoluxError(f"{folder} holds no emotional speech: name the folder of the data sets with --data")
    speakers = np.array([path.stem[:2] for path in paths])
    folds = tuple(np.flatnonzero(speakers == speaker) for speaker in np.unique(speakers))
    emotions = np.unique(letters, return_inverse=True)[1][:, None].astype(float)
    return MoodTask("emotions of speech, speaker left out", "classes", paths, emotions, folds)


def _table(file: Path) -> list[Mapping[str, str]]:
    if not file.is_file():
        raise SonoluxError(f"{file} is not there: name the folder of the data sets with --data")
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened, delimiter="\t"))


def _predicted(kind: str, rows: Any, targets: Any, asked: Any) -> NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if kind == "ranks":
        ridge = make_pipeline(StandardScaler(), RidgeCV(alphas=ALPHAS, alpha_per_target=True))
        return np.asarray(ridge.fit(rows, targets).predict(asked))
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000))
    grid = {"logisticregression__C": PENALTIES}
    search = GridSearchCV(logistic, grid, cv=StratifiedKFold(INNER, shuffle=True, random_state=SEED))
    return np.asarray(search.fit(rows, targets[:, 0].astype(int)).predict_proba(asked))


def fused(predictions: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean of several predictions: fused late."""
    return np.asarray(np.mean(predictions, axis=0))
