"""Songs of a library, found by what somebody hums."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from sonolux.annotators import resolve
from sonolux.annotators.notes import Notes
from sonolux.cli.app import app
from sonolux.encoders import resolve as encoder_called
from sonolux.encoders.packaged.notes import HOP, KEPT, LOWEST, RATE, NoteNetwork
from sonolux.encoders.packaged.packages import NOTES
from sonolux.errors import QueryError
from sonolux.evaluation.midi import MidiNote
from sonolux.evaluation.synthetic_hums import hum, render
from sonolux.library import Library
from sonolux.library.humming import find_hummed

pytestmark = pytest.mark.skipif(NOTES.state != "ready", reason="basic-pitch is not installed")
pytest.importorskip("onnxruntime")

TUNES = {
    "ode to joy": [64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62, 64, 64, 65, 67, 67, 65, 64, 62, 60],
    "brother john": [60, 62, 64, 60, 60, 62, 64, 60, 64, 65, 67, 64, 65, 67, 67, 69, 67, 65, 64, 60, 67, 69, 67, 65],
    "greensleeves": [69, 72, 74, 76, 77, 76, 74, 71, 67, 69, 71, 72, 69, 69, 68, 69, 71, 68, 64, 69, 72, 74, 76, 77],
    "scarborough": [62, 62, 69, 69, 64, 65, 64, 62, 69, 72, 74, 72, 69, 71, 67, 69, 74, 74, 72, 69, 69, 67, 65, 64],
}


def notes_of(tune: list[int], seconds: float = 0.35) -> list[MidiNote]:
    """A tune over a bass that stays on one note."""
    high = [MidiNote(n * seconds, (n + 0.9) * seconds, pitch, 100, "melody") for n, pitch in enumerate(tune)]
    bass = [MidiNote(n * 4 * seconds, (n + 1) * 4 * seconds, 41, 60, "bass") for n in range(len(tune) // 4)]
    return [*high, *bass]


def write(path: Path, samples: NDArray[np.float32]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples.clip(-1, 1) * 32_000).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def network() -> NoteNetwork:
    return NoteNetwork()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    for name, tune in TUNES.items():
        write(folder / f"{name}.wav", render(notes_of(tune), 9))
    return folder


@pytest.fixture
def library(songs: Path, tmp_path: Path) -> Library:
    library = Library(tmp_path / "library")
    library.create(encoder_called("bm25"))
    library.add(songs)
    return library


def hummed(folder: Path, name: str, seed: int = 0) -> Path:
    whole = [note for note in notes_of(TUNES[name]) if note.track == "melody"]
    return write(folder / "hummed.wav", hum(whole[2:20], np.random.default_rng(seed)))


FIRST, *OTHERS = TUNES


class TestNetwork:
    @pytest.mark.parametrize("samples", [0, 1, HOP, KEPT * HOP - 1, KEPT * HOP, 5 * RATE])
    def test_every_frame_has_its_probabilities(self, network: NoteNetwork, samples: int) -> None:
        onsets, sounding, contours = network.probabilities(np.zeros(samples, np.float32))
        assert onsets.shape == sounding.shape == (1 + samples // HOP, 88)
        assert contours.shape == (1 + samples // HOP, 3 * 88)

    def test_stretches_meet_without_a_seam(self, network: NoteNetwork) -> None:
        """A tone of six seconds is one note, though the network hears two seconds at once."""
        sound = (0.3 * np.sin(2 * np.pi * 440 * np.arange(6 * RATE) / RATE)).astype(np.float32)
        [note] = [one for one in network.notes(sound) if one.pitch == 69]
        assert (note.start, note.end) == pytest.approx((0, 6), abs=0.1)

    def test_notes_have_their_times_and_pitches(self, network: NoteNetwork) -> None:
        tune = TUNES["ode to joy"][5:12]
        played = [note for note in notes_of(tune) if note.track == "melody"]
        found = network.notes(render(played, 3))
        for note in played:
            assert any(one.pitch == note.pitch and abs(one.start - note.start) < 0.06 for one in found), note
        assert min(one.pitch for one in found) >= LOWEST


class TestAnnotator:
    def test_a_tune_is_written_down(self, songs: Path) -> None:
        from sonolux.media.containers.audio import load_audio

        [said] = resolve("notes").annotate_one(load_audio(str(songs / "ode to joy.wav"), RATE).samples)
        assert said.label.startswith("E4 E4 F4 G4 G4 F4 E4 D4 C4")
        assert said.span is not None
        assert said.span.start == pytest.approx(0, abs=0.1)

    @pytest.mark.parametrize("sound", [np.zeros(0), np.zeros(RATE), np.random.default_rng(0).normal(0, 0.1, 2 * RATE)])
    def test_silence_and_noise_have_none(self, sound: np.ndarray) -> None:
        assert Notes().annotate_one(sound.astype(np.float32)) == []


@pytest.mark.parametrize("name", [FIRST, *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)])
def test_a_hummed_tune_finds_its_song(library: Library, tmp_path: Path, name: str) -> None:
    library.annotate(resolve("notes"))
    hits = find_hummed(library, hummed(tmp_path, name))
    assert Path(hits[0].path).stem == name
    assert len(hits) == len(TUNES)
    assert hits[0].score > hits[1].score and hits[0].chance < hits[1].chance
    assert hits[0].span is not None and hits.spaces == ("notes",)


def test_what_cannot_be_asked_is_said_in_one_line(library: Library, tmp_path: Path) -> None:
    clip = hummed(tmp_path, "ode to joy")
    with pytest.raises(QueryError, match="the library holds no tunes yet: sonolux label --model notes --store"):
        find_hummed(library, clip)
    library.annotate(resolve("notes"))
    with pytest.raises(QueryError, match="0 notes are heard, and a tune has 6 or more: hum longer"):
        find_hummed(library, write(tmp_path / "silence.wav", np.zeros(RATE, np.float32)))


def test_the_command_finds_it_too(library: Library, tmp_path: Path) -> None:
    library.annotate(resolve("notes"))
    library.close()
    clip = str(hummed(tmp_path, "greensleeves"))
    ran = CliRunner().invoke(app, ["search", "--hum", clip, "--library", str(library.location), "-k", "1", "--json"])
    assert ran.exit_code == 0, ran.output
    assert Path(json.loads(ran.stdout.splitlines()[0])["path"]).stem == "greensleeves"
    beside = CliRunner().invoke(app, ["search", "love", "--hum", clip, "--library", str(library.location)])
    assert beside.exit_code == 2 and "--hum is asked alone" in beside.output
