"""Sound classification benchmark: spoken digits and instruments, by networks and by classical descriptors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.sound_methods import SoundMethod, network_method, statistics_method, words_method
from sonolux.evaluation.protocols.labelled_sounds import LabelledSounds, find_instruments, find_spoken_digits
from sonolux.evaluation.scorecard import Scorecard
from sonolux.metrics.classification import accuracy
from sonolux.metrics.ranking import precision_of_nearest
from sonolux.training.classification.sounds import ARCHITECTURES
from sonolux.training.recipes import make_recipe

LEFT_OUT = ("cnn", "crnn")
"""Architectures that are trained for each speaker in turn: those that name held-out digits of known speakers best."""

EPOCHS = {"spoken digits": 20, "spoken digits, speaker left out": 20, "instruments": 300}
"""Of a network, by protocol: of sixty clips, two steps each."""

SETTINGS: dict[str, Sequence[str]] = {"instruments": ["seconds=2.0"]}
"""Of a recipe, by protocol: clips of up to twenty seconds are learned from in parts."""

DEPTH = 5
"""Nearest sounds whose class is looked at."""

STATISTICS, WORDS = "MFCC statistics, SVM", "bag of words, logistic regression"

DIGITS, SPEAKERS = 0.97, 0.85
"""Accuracies asked for."""


@dataclass(frozen=True, slots=True)
class SoundScore:
    """A method on all folds of a protocol: accuracy and precision over all sounds tested, seconds in all."""

    protocol: str
    method: str
    accuracy: float
    precision: float
    parameters: int
    seconds: float


def benchmark_sounds(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Train everything that `work` does not hold yet, and measure.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    work : Path
        Where models are kept; a run that was stopped goes on there.
    progress : callable
        Called with a line on where it stands.
    """
    protocols = [
        (find_spoken_digits(data), ARCHITECTURES),
        (find_spoken_digits(data, by_speaker=True), LEFT_OUT),
        (find_instruments(data), ARCHITECTURES),
    ]
    measured = [row for sounds, archs in protocols for row in _measured(sounds, archs, work, progress)]
    cards = [_card(row) for row in measured]
    return cards, Report(
        name="sounds",
        title="Sounds",
        command="make bench-sounds",
        about=(
            "Spoken digits: 300 of 3,000 recordings, numbers 0 to 4 of each speaker and digit, or one of six speakers "
            "at a time; instruments: 80 clips of ten classes, a quarter at a time. Nothing was chosen by them, but how "
            "instruments are learned from (300 epochs, parts of 2 s) by thirds of what the first quarter leaves. Each "
            f"network learns for {', '.join(f'{epochs} epochs ({name})' for name, epochs in EPOCHS.items())}, "
            "seed 0, from log-mel spectra of 64 bands. P@5: of the five nearest sounds learned from, by cosine."
        ),
        columns=("protocol", "method", "parameters", "accuracy", "P@5", "seconds of training"),
        rows=[
            (
                row.protocol,
                row.method,
                f"{row.parameters:,}" if row.parameters else "",
                f"{row.accuracy:.1%}",
                f"{row.precision:.3f}",
                f"{row.seconds:,.0f}",
            )
            for row in measured
        ],
        verdicts=_verdicts(measured),
    )


def _measured(sounds: LabelledSounds, archs: Sequence[str], work: Path, progress: Announce) -> Iterator[SoundScore]:
    own = work / sounds.name
    recipe = make_recipe("sounds", SETTINGS.get(sounds.name, ()), epochs=EPOCHS[sounds.name])
    yield _measure(sounds, STATISTICS, statistics_method(sounds))
    yield _measure(sounds, WORDS, words_method(sounds, own))
    for arch in archs:
        yield _measure(
            sounds, arch, network_method(sounds, replace(recipe, architecture=f"sound-{arch}"), own, progress)
        )


def _measure(sounds: LabelledSounds, name: str, method: SoundMethod) -> SoundScore:
    labels = np.array(sounds.labels)
    predicted: list[np.ndarray] = []
    precisions: list[np.ndarray] = []
    seconds = 0.0
    for fold, tested in sounds.folds.items():
        outcome = method(fold)
        predicted.append(outcome.predicted)
        precisions.append(
            precision_of_nearest(outcome.tested, outcome.gallery, labels[tested], labels[sounds.learned(fold)], DEPTH)
        )
        seconds += outcome.seconds
    right = accuracy(np.concatenate(predicted), labels[np.concatenate([*sounds.folds.values()])])
    precision = float(np.concatenate(precisions).mean())
    return SoundScore(sounds.name, name, right, precision, outcome.parameters, seconds)


def _card(row: SoundScore) -> Scorecard:
    metrics = {"accuracy": row.accuracy, f"P@{DEPTH}": row.precision, "seconds": row.seconds}
    return Scorecard(row.protocol, row.method, metrics, "accuracy", f"{row.parameters:,} parameters", 0)


def _verdicts(measured: Sequence[SoundScore]) -> list[str]:
    digits, speakers, clips = (
        [row for row in measured if row.protocol == name and row.method in ARCHITECTURES] for name in EPOCHS
    )
    best = max(digits, key=lambda row: row.accuracy)
    statistics = next(row for row in measured if row.protocol == "instruments" and row.method == STATISTICS)
    nearest = max(clips, key=lambda row: row.precision)
    return [
        compare_with_target(f"spoken digits, {best.method}, accuracy", best.accuracy, DIGITS, form=".3f"),
        *(
            compare_with_target(
                f"spoken digits, a speaker left out, {row.method}, mean accuracy", row.accuracy, SPEAKERS, form=".3f"
            )
            for row in speakers
        ),
        compare_with_target(
            f"instruments, {nearest.method}, P@5, beside that of MFCC statistics",
            nearest.precision,
            statistics.precision,
            form=".3f",
        ),
    ]
