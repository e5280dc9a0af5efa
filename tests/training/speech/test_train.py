"""Networks that write down what is said: what they learn, how they resume, what they refuse."""

from __future__ import annotations

import csv
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from making import RATE, write_wav
from sonolux.annotators.transcriber import Transcriber
from sonolux.checkpoints.folder import ModelFolder
from sonolux.errors import EncoderError, TrainingError
from sonolux.training.data.utterances import UtteranceSet, normal, read_mfc, read_utterances
from sonolux.training.recipes import make_recipe
from sonolux.training.speech.recipe import SpeechRecipe
from sonolux.training.speech.train import train_speech
from sonolux.training.speech.units import choose_lexicon

PITCHES = {"do": 400, "re": 700, "mi": 1_200}


def sung(words: list[str], random: np.random.Generator) -> np.ndarray:
    parts = [np.zeros(RATE // 8)]
    for word in words:
        time = np.arange(int(random.uniform(0.2, 0.3) * RATE)) / RATE
        parts += [0.4 * np.sin(2 * np.pi * PITCHES[word] * time) * np.hanning(len(time)), np.zeros(RATE // 10)]
    sound = np.concatenate([*parts, np.zeros(RATE // 4)])
    return sound + 0.002 * random.standard_normal(len(sound))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("songs")
    random = np.random.default_rng(0)
    with (root / "songs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "text"))
        for number in range(32):
            words = random.choice(list(PITCHES), size=random.integers(1, 4)).tolist()
            write_wav(root / f"{number}.wav", sung(words, random))
            rows.writerow((f"{number}.wav", " ".join(words).capitalize() + "."))
    return root / "songs.csv"


@pytest.fixture(scope="module")
def utterances(table: Path) -> UtteranceSet:
    return read_utterances(table, 8_000)


def recipe(**changes):
    arguments = {"arguments": {"hidden": 32, "layers": 1, "stacked": 3}, "dropout": 0.0}
    small = {"arguments": arguments, "batch_size": 4, "epochs": 25, "learning_rate": 1e-2}
    return make_recipe("speech", **small | changes)


@pytest.fixture(scope="module")
def model(utterances: UtteranceSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "reader"
    assert train_speech(utterances, recipe(), folder).scores["word-errors"] <= 0.2
    return folder


class TestTranscriber:
    def test_phrases_are_written_down_with_their_times(self, model: Path) -> None:
        random = np.random.default_rng(7)
        first, second = sung(["mi", "do"], random), sung(["re"], random)
        sound = np.concatenate([np.zeros(RATE), first, np.zeros(2 * RATE), second, np.zeros(RATE)])
        sound += 0.002 * random.standard_normal(len(sound))
        import soxr

        said = Transcriber(model).annotate_one(soxr.resample(sound, RATE, 8_000).astype(np.float32))
        said.sort(key=lambda phrase: phrase.span.start)
        assert [phrase.label for phrase in said] == ["mi do", "re"]
        assert said[0].span.start == pytest.approx(1, abs=0.3)
        assert said[1].span.start == pytest.approx(3 + len(first) / RATE, abs=0.3)

    def test_without_a_lexicon_it_spells(self, model: Path, utterances: UtteranceSet) -> None:
        reader = Transcriber(model, greedily=True)
        words = [reader.words(reader.heard(cepstra)) for cepstra in utterances.cepstra[:8]]
        assert sum(found == said for found, said in zip(words, utterances.words, strict=False)) >= 6

    @pytest.mark.parametrize("samples", [0, 1, 100, 4_000])
    def test_nothing_is_said_in_silence(self, model: Path, samples: int) -> None:
        assert Transcriber(model).annotate_one(np.zeros(samples, np.float32)) == []

    def test_a_model_of_something_else(self) -> None:
        from sonolux.fingerprints.neural_codes import SHIPPED

        with pytest.raises(EncoderError, match="does not transcribe: train a model with `sonolux train speech`"):
            Transcriber(SHIPPED)


PROGRAM = """
import os, signal, sys
from pathlib import Path
from sonolux.training.recipes import make_recipe
from sonolux.training.speech.train import train_speech
from sonolux.training.data.utterances import read_utterances

def killed(done, line):
    if line.startswith("epoch 3"):
        os.kill(os.getpid(), signal.SIGKILL)

table, folder, recipe = sys.argv[1:]
train_speech(read_utterances(table, 8_000), make_recipe(**eval(recipe)), Path(folder), progress=killed)
"""


@pytest.mark.long
def test_a_killed_training_ends_as_it_would_have(utterances: UtteranceSet, table: Path, tmp_path: Path) -> None:
    asked = recipe(epochs=4)
    command = [sys.executable, "-c", PROGRAM, str(table), str(tmp_path / "a" / "reader"), repr(asked.resolved())]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    lines: list[str] = []
    resumed = train_speech(utterances, asked, tmp_path / "a" / "reader", progress=lambda _, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    whole = train_speech(utterances, asked, tmp_path / "b" / "reader")
    for mine, other in zip(resumed.network().parameters(), whole.network().parameters(), strict=True):
        torch.testing.assert_close(mine, other)


@pytest.mark.data
class TestAn4:
    def test_its_layout_is_read(self, data: Path) -> None:
        learned, test = (read_utterances(data / "an4", part=part) for part in ("train", "test"))
        assert (len(learned), len(test)) == (474, 130)
        assert sum(map(len, test.words)) == 773
        assert all(cepstra.shape[1] == 13 for cepstra in learned.cepstra)
        assert learned.lexicon["A"] == [("AH",), ("EY",)]

    @pytest.mark.long
    def test_a_few_of_its_utterances_are_learned(self, data: Path, tmp_path: Path) -> None:
        few = read_utterances(data / "an4").subset(np.arange(24))
        model = train_speech(few, recipe(epochs=12, validation=0.1, body="gru"), tmp_path / "reader")
        assert set(model.outputs.units) <= {phone for ways in few.lexicon.values() for way in ways for phone in way}
        assert model.scores["unit-errors"] < 1


class TestBadInput:
    def test_a_count_that_does_not_fit(self, tmp_path: Path) -> None:
        (tmp_path / "a.mfc").write_bytes(struct.pack(">i", 26) + np.zeros(13, ">f4").tobytes())
        with pytest.raises(TrainingError, match=r"a\.mfc is no file of 13 cepstra a frame: it says 26"):
            read_mfc(tmp_path / "a.mfc")

    def test_not_a_number(self, tmp_path: Path) -> None:
        (tmp_path / "a.mfc").write_bytes(struct.pack(">i", 13) + np.full(13, np.nan, ">f4").tobytes())
        with pytest.raises(TrainingError, match="holds NaN or infinity"):
            read_mfc(tmp_path / "a.mfc")

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ("path,label\na.wav,b\n", "has no column text"),
            ("path,text\na.wav,\n", "a.wav: is not there"),
            ("path,text\n,hello\n", "line 2: no path"),
            ("path,text\na.wav,hello\n", "1 of 1 rows cannot be used.*a.wav: is not there"),
        ],
    )
    def test_a_broken_table(self, lines: str, said: str, tmp_path: Path) -> None:
        (tmp_path / "said.csv").write_text(lines)
        with pytest.raises(TrainingError, match=said):
            read_utterances(tmp_path / "said.csv")

    def test_no_place(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="neither a folder of speech nor"):
            read_utterances(tmp_path / "nowhere")
        with pytest.raises(TrainingError, match="says nowhere what is said"):
            read_utterances(tmp_path)

    def test_phones_without_a_lexicon(self, utterances: UtteranceSet) -> None:
        with pytest.raises(TrainingError, match="the lexicon does not say how DO is pronounced"):
            choose_lexicon(utterances, SpeechRecipe(units="phones"))

    def test_transcripts_that_do_not_fit(self, tmp_path: Path) -> None:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc" / "x_train.fileids").write_text("one\n")
        (tmp_path / "etc" / "x_train.transcription").write_text("HELLO (two)\n")
        with pytest.raises(TrainingError, match="does not say what one says"):
            read_utterances(tmp_path)
        (tmp_path / "etc" / "x_train.transcription").write_text("HELLO\n")
        with pytest.raises(TrainingError, match=r"line 1: no \(name\) at the end"):
            read_utterances(tmp_path)


def test_words_are_what_is_said() -> None:
    assert normal("Don't stop, 'til it's 9 o'clock - Zoë!") == ("DON'T", "STOP", "TIL", "IT'S", "9", "O'CLOCK", "ZOË")


def test_the_card_holds_what_can_be_said(model: Path) -> None:
    speech = ModelFolder.load(model).outputs
    assert speech is not None
    assert set(speech.lexicon) == {"DO", "RE", "MI"}
    assert speech.units == tuple(sorted(" DEIMOR"))
