"""Scenes with exact truth, and networks that hear what is in them."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import sonolux as sx
from making import RATE, write_wav
from sonolux.annotators.event_detector import EventDetector
from sonolux.errors import EncoderError, TrainingError
from sonolux.metrics.events import Event, event_f1, segment_f1
from sonolux.training.data.events import LabelledRecordings, SoundscapeData, read_event_data
from sonolux.training.data.soundscapes import Soundscapes, audible
from sonolux.training.events.train import make_event_input, train_events
from sonolux.training.losses.linear_softmax import linear_softmax
from sonolux.training.recipes import make_recipe

EAR = 8_000
CLASSES = ("beep", "hiss")


def beep(hertz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    random = np.random.default_rng(0)
    for number in range(4):
        for kind in CLASSES:
            (root / kind).mkdir(exist_ok=True)
            seconds = random.uniform(0.8, 1.6)
            sound = beep(random.uniform(500, 1500), seconds)
            if kind == "hiss":
                sound = 0.3 * np.diff(random.standard_normal(len(sound) + 1))
            write_wav(root / kind / f"{number}.wav", np.pad(sound, (RATE // 4, RATE // 2)))
    return root


@pytest.fixture(scope="module")
def scenes(clips: Path) -> SoundscapeData:
    found = read_event_data(clips, make_event_input(EAR).model_copy(update={"bands": 32}))
    assert isinstance(found, SoundscapeData)
    return found


def recipe(**changes):
    small = {"arguments": {"arguments": {"widths": [8, 16], "strides": [2, 2], "hidden": 16}}, "batch_size": 8}
    settings = ["scenes=24", "seconds=4", "views.masks=0"]
    return make_recipe("events", settings, **small | {"epochs": 12, "learning_rate": 1e-2} | changes)


@pytest.fixture(scope="module")
def model(scenes: SoundscapeData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "ear"
    assert train_events(scenes, recipe(), folder).scores["segment-f1"] >= 0.8
    return folder


class TestScenes:
    made = Soundscapes({"beep": [beep(900, 2.0, EAR).astype(np.float32)]}, EAR, snr=(10, 10), events=(1, 1), speed=0)

    @pytest.mark.parametrize("seed", range(5))
    def test_events_are_where_they_are_said_to_be_and_as_loud(self, seed: int) -> None:
        sound, events = self.made.scene((seed,))
        assert len(events) == 1
        start, end = (round(time * EAR) for time in (events[0].start, events[0].end))
        spectrum = np.abs(np.fft.rfft(sound[start:end])) ** 2
        tone = np.argmax(spectrum)
        assert tone / (end - start) * EAR == pytest.approx(900, abs=2)
        outside = np.concatenate([sound[:start], sound[end:]])
        beside = spectrum.sum() - spectrum[tone - 3 : tone + 4].sum()
        assert 10 * np.log10(spectrum[tone - 3 : tone + 4].sum() / beside) == pytest.approx(10, abs=1.5)
        assert np.mean(outside**2) < np.mean(sound[start:end] ** 2) / 2

    def test_a_scene_is_its_seed(self, scenes: SoundscapeData) -> None:
        first, again, other = (scenes.scenes.scene(seed) for seed in ((0, 1), (0, 1), (0, 2)))
        assert np.array_equal(first[0], again[0])
        assert first[1] == again[1]
        assert not np.array_equal(first[0], other[0])

    @pytest.mark.parametrize("seed", range(20))
    def test_no_more_sound_at_once_than_may(self, scenes: SoundscapeData, seed: int) -> None:
        sound, events = scenes.scenes.scene((seed,))
        assert np.abs(sound).max() <= 0.9001
        for time in np.arange(0, 10, 0.05):
            sounding = [event.label for event in events if event.start <= time < event.end]
            assert len(sounding) == len(set(sounding)) <= 2

    def test_silence_around_a_clip_is_no_part_of_it(self) -> None:
        padded = np.pad(beep(500, 1.0, EAR), (3_000, 5_000)).astype(np.float32)
        assert len(audible(padded, EAR)) == pytest.approx(EAR, abs=160)
        silent = np.zeros(100, np.float32)
        assert audible(silent, EAR) is silent


class TestDetector:
    def test_events_are_searched_for_by_name_and_found_by_time(self, model: Path, tmp_path: Path) -> None:
        sound = 0.003 * np.random.default_rng(0).standard_normal(40 * RATE)
        sound[31 * RATE : 32 * RATE] += beep(1000, 1)
        write_wav(tmp_path / "quiet.wav", sound)
        write_wav(tmp_path / "other.wav", 0.003 * np.random.default_rng(1).standard_normal(20 * RATE))
        with sx.Library(tmp_path / "sounds.sonolux") as library:
            library.add(tmp_path / "quiet.wav", tmp_path / "other.wav")
            library.annotate(str(model))
            hits = library.search("beep")
            assert [Path(hit.path).name for hit in hits] == ["quiet.wav"]
            assert hits[0].span is not None
            assert hits[0].span.start <= 31 < hits[0].span.end
            library.forget("ear")
            assert not library.search("beep")

    def test_a_model_of_something_else_hears_no_events(self, tmp_path: Path) -> None:
        from sonolux.fingerprints.neural_codes import SHIPPED

        with pytest.raises(EncoderError, match="hears no events: train a model with `sonolux train events`"):
            EventDetector(SHIPPED)


class TestTables:
    def table(self, folder: Path, *, strong: bool) -> Path:
        random = np.random.default_rng(0)
        rows = [("path", "label", "start", "end") if strong else ("path", "label")]
        for number in range(48):
            sound = 0.01 * random.standard_normal(4 * RATE)
            # A burst of noise in each, as loud as a beep: quiet around is no sign of one.
            burst = int(random.uniform(0, 3.4) * RATE)
            sound[burst : burst + RATE // 2] += 0.3 * random.standard_normal(RATE // 2)
            start = random.uniform(0.2, 2.5)
            if number % 2:
                sound[int(start * RATE) : int((start + 1.2) * RATE)] += beep(1000, 1.2)[: int(1.2 * RATE)]
            write_wav(folder / f"{number}.wav", sound)
            label = "beep" if number % 2 else ""
            rows.append((f"{number}.wav", label, start, start + 1.2) if strong else (f"{number}.wav", label))
        with (folder / "events.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        return folder / "events.csv"

    def test_recordings_with_known_times_are_learned_from(self, tmp_path: Path) -> None:
        found = read_event_data(self.table(tmp_path, strong=True), make_event_input(EAR))
        assert isinstance(found, LabelledRecordings)
        saved = train_events(found, recipe(epochs=10, batch_size=4, validation=0.3), tmp_path / "ear")
        assert saved.scores["segment-f1"] >= 0.8
        sound = 0.01 * np.random.default_rng(9).standard_normal(4 * EAR).astype(np.float32)
        sound[2 * EAR : 3 * EAR] += beep(1000, 1, EAR).astype(np.float32)
        chances = EventDetector(tmp_path / "ear").probabilities(sound)[:, 0]
        places = np.arange(len(chances)) * 4 / len(chances)
        inside, outside = chances[(places > 2.2) & (places < 2.8)], chances[(places < 1.7) | (places > 3.3)]
        assert inside.mean() > outside.mean() + 0.2

    def test_recordings_with_unknown_times_are_learned_from(self, tmp_path: Path) -> None:
        found = read_event_data(self.table(tmp_path, strong=False), make_event_input(EAR))
        saved = train_events(found, recipe(epochs=8, batch_size=4, validation=0.3), tmp_path / "ear")
        assert saved.scores["segment-f1"] >= 0.8  # of whole recordings
        assert saved.outputs.thresholds == (0.5,)

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ("name,colour\na.wav,b\n", "has no column path"),
            ("path,label,start,end\na.wav,b,2,1\n", "line 2: an event from 2.0 to 1.0 s does not end after it begins"),
            ("path,label,start,end\na.wav,b,x,1\n", "line 2: start and end are seconds, not 'x' and '1'"),
            ("path,label\n,b\n", "line 2: no path"),
            ("path,label\na.wav,b\n", "1 of 1 rows cannot be used.*is not there"),
        ],
    )
    def test_a_broken_table(self, lines: str, said: str, tmp_path: Path) -> None:
        (tmp_path / "events.csv").write_text(lines)
        if "start" in lines:
            write_wav(tmp_path / "a.wav", np.zeros(RATE))
        with pytest.raises(TrainingError, match=said):
            read_event_data(tmp_path / "events.csv", make_event_input(EAR))


def test_silent_and_unreadable_clips_are_left_out(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    for kind in CLASSES:
        (tmp_path / "all" / kind).symlink_to(clips / kind)
    write_wav(tmp_path / "silent.wav", np.zeros(RATE))
    (tmp_path / "more" / "beep").mkdir(parents=True)
    (tmp_path / "more" / "beep" / "text.wav").write_text("no sound")
    with pytest.raises(TrainingError, match=r"0 classes of readable clips; at least 2 are needed: .*text\.wav"):
        read_event_data(tmp_path / "more", make_event_input(EAR))
    with pytest.raises(TrainingError, match="has no labels"):
        read_event_data(clips / "beep", make_event_input(EAR))


PROGRAM = """
import os, signal, sys
from pathlib import Path
from sonolux.training.data.events import read_event_data
from sonolux.training.events.train import make_event_input, train_events
from sonolux.training.recipes import make_recipe

def killed(done, line):
    if line.startswith("epoch 3"):
        os.kill(os.getpid(), signal.SIGKILL)

data, folder, recipe = sys.argv[1:]
data = read_event_data(data, make_event_input(8_000).model_copy(update={"bands": 32}))
train_events(data, make_recipe(**eval(recipe)), Path(folder), progress=killed)
"""


def test_a_killed_training_ends_as_it_would_have(scenes: SoundscapeData, clips: Path, tmp_path: Path) -> None:
    asked = recipe(epochs=4)
    command = [sys.executable, "-c", PROGRAM, str(clips), str(tmp_path / "a" / "ear"), repr(asked.resolved())]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    lines: list[str] = []
    resumed = train_events(scenes, asked, tmp_path / "a" / "ear", progress=lambda _, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    whole = train_events(scenes, asked, tmp_path / "b" / "ear")
    for mine, other in zip(resumed.network().parameters(), whole.network().parameters(), strict=True):
        torch.testing.assert_close(mine, other)


class TestScores:
    TRUE = (Event("a", 0.5, 1.5), Event("b", 3.0, 4.0))

    def test_what_is_right_is_one(self) -> None:
        assert segment_f1([(self.TRUE, self.TRUE)], 10, "ab") == event_f1([(self.TRUE, self.TRUE)]) == 1

    def test_by_hand(self) -> None:
        # True: a in seconds 0 and 1, b in 3. Found: a in 0, b in 3 and 4.
        found = (Event("a", 0.6, 1.0), Event("b", 3.1, 4.3))
        assert segment_f1([(found, self.TRUE)], 10, "ab") == pytest.approx(2 * 2 / (3 + 3))
        # b begins in time but ends .3 s late, which is more than .2 s and .2 of its length; a ends .5 s early.
        assert event_f1([(found, self.TRUE)]) == 0
        assert event_f1([((Event("b", 3.1, 4.15),), self.TRUE)]) == pytest.approx(2 / 3)

    def test_an_event_is_found_once(self) -> None:
        twice = (Event("b", 3.0, 4.0), Event("b", 3.05, 4.0))
        assert event_f1([(twice, self.TRUE)]) == pytest.approx(2 * 1 / (2 + 2))

    def test_events_are_paired_as_well_as_can_be(self) -> None:
        true = (Event("a", 1.0, 2.0), Event("a", 1.3, 2.0))
        found = (Event("a", 1.15, 2.0), Event("a", 0.9, 2.0))
        assert event_f1([(found, true)]) == 1

    def test_silence_that_is_heard_as_such_is_right(self) -> None:
        assert segment_f1([((), ())], 10, "ab") == event_f1([((), ())]) == 1


def test_sure_moments_decide() -> None:
    chances = torch.tensor([[[0.9], [0.1], [0.1], [0.1]]])
    assert linear_softmax(chances).item() == pytest.approx((0.81 + 0.03) / 1.2)
