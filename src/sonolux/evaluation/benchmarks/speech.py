"""Speech recognition benchmark: word error rates of a CTC network, decoded greedily and with a lexicon."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sonolux.annotators.transcriber import Transcriber
from sonolux.checkpoints.folder import CARD
from sonolux.decoding.ctc import SPACE, decode_beam, decode_greedy
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target, report_epochs
from sonolux.evaluation.protocols.digit_strings import make_test_strings, make_training_strings
from sonolux.evaluation.scorecard import Scorecard
from sonolux.metrics.edit_distance import error_rate
from sonolux.training.data.utterances import UtteranceSet, read_utterances
from sonolux.training.speech.recipe import SpeechRecipe
from sonolux.training.speech.train import train_speech
from sonolux.training.speech.units import choose_lexicon, spell

AN4, STRINGS = "AN4", "strings of digits"

ASKED = {AN4: 0.25, STRINGS: 0.05}
"""Word error rates."""

EPOCHS = {AN4: 120, STRINGS: 25}


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """A model on one protocol: shares of wrong units, and of wrong words with each way to read."""

    protocol: str
    utterances: int
    words: int
    units: str
    unit_errors: float
    lexicon: float
    bigrams: float
    parameters: int
    seconds: float


def benchmark_speech(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Train what `work` does not hold yet, and measure.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    work : Path
        Where models are kept; a run that was stopped goes on there.
    progress : callable
        Called with a line on where it stands.
    """
    measured = [
        _measured(
            AN4, lambda: read_utterances(data / "an4"), read_utterances(data / "an4", part="test"), work, progress
        ),
        _measured(STRINGS, lambda: make_training_strings(data), make_test_strings(data), work, progress),
    ]
    cards = [
        Scorecard(
            row.protocol,
            "CTC, GRU",
            {"WER": row.bigrams, "WER, lexicon": row.lexicon, "unit errors": row.unit_errors},
            "WER",
            f"{row.utterances} utterances, {row.words} words",
            0,
        )
        for row in measured
    ]
    return cards, Report(
        name="speech",
        title="Speech",
        command="make bench-speech",
        about=(
            "AN4: 474 utterances are learned from, in the phones of its dictionary, 130 others are the test. Strings: "
            "3 to 7 spoken digits of one speaker with pauses, levels and noise of 15 to 30 dB, of recordings 0 to 4 "
            "of each speaker and digit; 2,000 strings of the other recordings are learned from, in letters. A GRU of "
            "two layers in both directions, by CTC, seed 0; the weights of bigrams, counted in what is learned from, "
            "and of words were chosen on a tenth of it that is held out. Shares of units and words that are wrong: "
            "substitutions, insertions and deletions over what was said."
        ),
        columns=("protocol", "words", "units, greedily", "words, lexicon", "words, bigrams", "parameters", "seconds"),
        rows=[
            (
                row.protocol,
                f"{row.words:,} in {row.utterances}",
                f"{row.unit_errors:.1%} of {row.units}",
                f"{row.lexicon:.1%}",
                f"{row.bigrams:.1%}",
                f"{row.parameters:,}",
                f"{row.seconds:,.0f}",
            )
            for row in measured
        ],
        verdicts=[
            compare_with_target(
                f"{row.protocol}, word error rate", row.bigrams, ASKED[row.protocol], at_most=True, form=".3f"
            )
            for row in measured
        ],
    )


def _measured(
    name: str, learned: Callable[[], UtteranceSet], test: UtteranceSet, work: Path, progress: Announce
) -> SpeechScore:
    folder = work / name.replace(" ", "-")
    if not (folder / CARD).exists():
        recipe = SpeechRecipe(epochs=EPOCHS[name])
        train_speech(learned(), recipe, folder, progress=report_epochs(progress, name))
    reader = Transcriber(folder)
    speech = reader.speech
    kind = "letters" if SPACE in speech.units else "phones"
    lexicon = choose_lexicon(test, SpeechRecipe(units=kind))
    targets = [spell(words, lexicon, speech.units) for words in test.words]
    frames = [reader.heard(cepstra) for cepstra in test.cepstra]
    units = [decode_greedy(each) for each in frames]
    plain = dataclasses.replace(reader.weights, language=0.0, word=0.0)
    alone = [decode_beam(each, reader.tree, reader.bigrams, plain) for each in frames]
    return SpeechScore(
        name,
        len(test),
        sum(map(len, test.words)),
        kind,
        error_rate(units, targets),
        error_rate(alone, test.words),
        error_rate([reader.words(each) for each in frames], test.words),
        sum(parameter.numel() for parameter in reader.folder.network().parameters()),
        reader.folder.scores["seconds"],
    )
