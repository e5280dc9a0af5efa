"""Mood benchmark: what packaged networks hear of moods, genres and emotions, beside statistics of cepstra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.encoders.packaged.music import music_networks
from sonolux.evaluation.benchmarks.report import Announce, Report
from sonolux.evaluation.protocols.described_files import SECONDS, describe_files
from sonolux.evaluation.protocols.moods import PARTS, MoodTask, fused, mood_tasks
from sonolux.evaluation.scorecard import Scorecard
from sonolux.media.containers.audio import load_audio

BASELINE = "MFCC statistics"

HEARD = "musicnn"
"""Its descriptor, and the log odds of its hundred tags."""

BOTH, EITHER = "both, fused early", "both, fused late"


def benchmark_moods(
    data: Path, work: Path, progress: Announce, parts: Sequence[str] = PARTS
) -> tuple[list[Scorecard], Report]:
    """Learn and measure; `data` is the folder of the data sets, in `work` descriptors are kept."""
    cards, rows, verdicts = [], [], []
    described: dict[tuple[Path, ...], dict[str, NDArray[np.float32]]] = {}
    for task in mood_tasks(data, work, progress, parts):
        progress(task.name)
        if task.paths not in described:
            described[task.paths] = _described(task, work, progress)
        predicted = {name: task.predict(each) for name, each in described[task.paths].items()}
        predicted[EITHER] = fused([predicted[BASELINE], predicted[HEARD]])
        scores = {name: task.score(each) for name, each in predicted.items()}
        metric = "rank correlation" if task.kind == "ranks" else "accuracy"
        split = f"{len(task.paths)} sounds in {len(task.folds)} folds"
        cards += [Scorecard(task.name, name, {metric: score}, metric, split) for name, score in scores.items()]
        rows.append((task.name, metric, _chance(task), *(f"{score:.3f}" for score in scores.values())))
        verdicts += _verdicts(task, scores, predicted)
    return cards, Report(
        name="moods" if parts == PARTS else f"moods-{'-'.join(parts)}",
        title="Moods, genres, emotions",
        command=" ".join(["sonolux bench moods", *(f"--part {one}" for one in parts if parts != PARTS)]),
        about=(
            "From sound alone. Nine felt emotions of 40 tracks (Emotify) by the mean rank correlation of Spearman with "
            "the shares of listeners, and their four genres, in ten folds; valence and arousal (of either sign) of 100 "
            "pieces of game music, rendered by FluidSynth, in five folds by games; six emotions of two actors, each "
            "left out in turn. Ridge regression and logistic regression, standardised, with their penalty found within "
            "what is learned from. musicnn: its descriptor and the log odds of its tags, of the first 30 s. By chance: "
            "the share of the commonest class. Intervals: bootstrap over sounds, 95 %."
        ),
        columns=("task", "metric", "by chance", BASELINE, HEARD, BOTH, EITHER),
        rows=rows,
        verdicts=verdicts,
    )


def _described(task: MoodTask, work: Path, progress: Announce) -> dict[str, NDArray[np.float32]]:
    rows = describe_files(resolve("mfcc")[0], task.paths, work, progress)
    heard = _heard(task.paths, work, progress)
    return {BASELINE: rows, HEARD: heard, BOTH: np.concatenate([rows, heard], axis=1)}


def _heard(paths: tuple[Path, ...], work: Path, progress: Announce) -> NDArray[np.float32]:
    """Return what musicnn hears in each sound, (n, 300)."""
    networks = music_networks()
    name = "-".join([networks.digest[:12], paths[0].parent.name, str(len(paths))])
    file = work / f"musicnn-{name}.npy"
    if file.is_file():
        return np.asarray(np.load(file, allow_pickle=False))
    rows = []
    for number, path in enumerate(paths):
        heard = networks.hear(load_audio(str(path), 16_000, SECONDS).samples)
        odds = np.concatenate([heard.msd, heard.mtt]).clip(1e-6, 1 - 1e-6)
        rows.append(np.concatenate([heard.descriptor, np.log(odds / (1 - odds))]))
        if number % 10 == 9:
            progress(f"musicnn: {number + 1} of {len(paths)}")
    work.mkdir(parents=True, exist_ok=True)
    described = np.asarray(np.stack(rows), np.float32)
    np.save(file, described)
    return described


def _chance(task: MoodTask) -> str:
    if task.kind == "ranks":
        return "0"
    counts = np.unique(task.targets, return_counts=True)[1]
    return f"{counts.max() / counts.sum():.3f}"


def _verdicts(task: MoodTask, scores: Mapping[str, float], predicted: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Return, of each task, how the fused prediction, chosen before any was seen, stands to the baseline."""
    low, high = task.gain(predicted[EITHER], predicted[BASELINE])
    state = "met" if scores[EITHER] > scores[BASELINE] else "**missed**"
    line = f"{task.name}: {EITHER} {scores[EITHER]:.3f} (above {scores[BASELINE]:.3f} asked: {state})"
    return [f"{line}; gain {low:+.3f} to {high:+.3f}"]
