"""Voices benchmark: the packaged speaker network, beside descriptors that every library has."""

from __future__ import annotations

from pathlib import Path

from sonolux.encoders import resolve
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.evaluation.protocols.spoken_search import read_digits, read_emotional_speech
from sonolux.evaluation.scorecard import Scorecard

ENCODERS = ("voices", "mfcc")

ASKED = 0.9
"""Nearest of the same speaker, by the speaker network."""


def benchmark_voices(data: Path) -> tuple[list[Scorecard], Report]:
    """Measure in the folder of the data sets."""
    cards, rows, verdicts = [], [], []
    for protocol in (read_emotional_speech(data), read_digits(data)):
        for name in ENCODERS:
            scores = protocol.score(resolve(name)[0])
            count = len(protocol.paths)
            cards.append(Scorecard(protocol.name, name, scores, "speaker", f"{count} recordings"))
            rows.append((protocol.name, name, f"{count}", f"{scores['described']:.1%}", f"{scores['speaker']:.1%}"))
            if name == "voices":
                verdicts.append(compare_with_target(protocol.name, scores["speaker"], ASKED, form=".3f"))
    return cards, Report(
        name="voices",
        title="Voices",
        command="sonolux bench voices",
        about=(
            "Whether the nearest recording that says something else is of the same speaker: sentences of two actors "
            "in seven emotions, and single digits of six speakers through a telephone's band. Described are those in "
            "which enough speech is heard; the others are neither asked nor found."
        ),
        columns=("protocol", "space", "recordings", "described", "nearest is the same speaker"),
        rows=rows,
        verdicts=verdicts,
    )
