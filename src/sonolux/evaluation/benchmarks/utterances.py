"""Utterances benchmark: what is said, by the packaged speech network, beside a descriptor that every library has."""

from __future__ import annotations

from pathlib import Path

from sonolux.encoders import resolve
from sonolux.evaluation.benchmarks.report import Report
from sonolux.evaluation.protocols.spoken_search import read_digits, read_emotional_speech, read_environments
from sonolux.evaluation.scorecard import Scorecard

ENCODERS = ("whisper", "mfcc")


def benchmark_utterances(data: Path) -> tuple[list[Scorecard], Report]:
    """Measure in the folder of the data sets."""
    cards, rows = [], []
    for protocol in (read_emotional_speech(data), read_digits(data), read_environments(data)):
        for name in ENCODERS:
            scores = protocol.score(resolve(name)[0], "words")
            count, chance = len(protocol.paths), 1 / len(set(protocol.said))
            cards.append(Scorecard(protocol.name, name, scores, "words", f"{count} recordings"))
            rows.append((protocol.name, name, f"{count}", f"{chance:.1%}", f"{scores['words']:.1%}"))
    return cards, Report(
        name="utterances",
        title="Utterances",
        command="sonolux bench utterances",
        about=(
            "Whether the nearest recording of another speaker says the same: sentences of two actors in seven emotions "
            "in German, which the network was not shown, and single digits of six speakers through a telephone's band. "
            "Beside them, whether the nearest clip of ESC-10 that was cut from another recording is of the same kind."
        ),
        columns=("protocol", "space", "recordings", "by chance", "nearest says the same"),
        rows=rows,
    )
