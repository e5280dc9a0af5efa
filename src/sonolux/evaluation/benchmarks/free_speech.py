"""Free speech benchmark: the packaged Whisper on what is said, and on what only sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from sonolux.annotators.packaged_speech import PackagedSpeech
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.digit_strings import RATE, draw_test_strings
from sonolux.evaluation.protocols.free_speech import foreign_speech, normalised_words, readings, sounds_without_speech
from sonolux.evaluation.scorecard import Scorecard
from sonolux.media.containers.audio import load_audio
from sonolux.metrics.edit_distance import error_rate

STRINGS = 300
"""Strings of digits, all those of the test."""

ASKED = {"readings": 0.10, "sounds": 0.0}
"""Word error rate of the readings; sounds without speech of which words are written down."""


def benchmark_free_speech(data: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Write down what is said in readings, digit strings, German sentences and sounds without speech.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    progress : callable
        Called with a line on where it stands.
    """
    reader = PackagedSpeech()
    said = readings(data)
    progress("readings")
    read = error_rate([_heard_in(reader, path) for path in said], list(said.values()))
    progress("strings of digits")
    strings = list(draw_test_strings(data, STRINGS))
    heard = [_heard(reader, soxr.resample(sound, RATE, reader.sample_rate)) for sound, _ in strings]
    digits = error_rate(heard, [tuple(word.lower() for word in words) for _, words in strings])
    progress("sounds without speech")
    sounds = sounds_without_speech(data)
    invented = sum(bool(_heard_in(reader, path)) for path in sounds)
    progress("German")
    foreign = foreign_speech(data)
    translated = sum(bool(_heard_in(reader, path)) for path in foreign)
    card = Scorecard(
        "free speech",
        reader.name,
        {
            "WER, readings": read,
            "WER, digits": digits,
            "sounds with words": invented,
            "German sentences with words": translated,
        },
        "WER, readings",
        f"{len(said)} readings, {len(strings)} strings, {len(sounds)} sounds, {len(foreign)} German sentences",
        0,
    )
    return [card], Report(
        name="free-speech",
        title="Free speech, by the packaged model",
        command="sonolux bench speech --packaged",
        about=(
            "Whisper tiny.en, with no training, behind voice activity detection. Word error rates of three readings "
            "from books, and of strings of 3 to 7 digits of 8,000 Hz in noise of 15 to 30 dB. Sounds without speech, "
            "a song with words among them, and German sentences are to give nothing. Thresholds were chosen by other "
            "digits, another German speaker and single notes of instruments."
        ),
        columns=("what", "how many", "result"),
        rows=[
            ("readings", f"{len(said)}", f"{read:.1%} of words wrong"),
            ("strings of digits", f"{len(strings)}", f"{digits:.1%} of words wrong"),
            ("sounds without speech", f"{len(sounds)}", f"words in {invented}"),
            ("German sentences", f"{len(foreign)}", f"words in {translated}"),
        ],
        verdicts=[
            compare_with_target("readings, word error rate", read, ASKED["readings"], at_most=True, form=".3f"),
            compare_with_target("sounds with words", float(invented), ASKED["sounds"], at_most=True, form=".0f"),
        ],
    )


def _heard_in(reader: PackagedSpeech, path: Path) -> tuple[str, ...]:
    return _heard(reader, load_audio(str(path), reader.sample_rate).samples)


def _heard(reader: PackagedSpeech, samples: NDArray[np.float32]) -> tuple[str, ...]:
    """Return the words of a recording, in the order in which they are said."""
    phrases = sorted(reader.annotate_one(samples), key=lambda phrase: phrase.span.start if phrase.span else 0.0)
    return tuple(word for phrase in phrases for word in normalised_words(phrase.label))
