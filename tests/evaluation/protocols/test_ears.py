"""Protocols of voices, music and humming, by encoders whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sonolux.encoders.base import Encoder
from sonolux.evaluation.midi import MidiNote
from sonolux.evaluation.protocols import music_search, spoken_search
from sonolux.evaluation.protocols.humming import tune_of
from sonolux.evaluation.protocols.music_search import MusicSearch
from sonolux.evaluation.protocols.spoken_search import SpokenRecordings
from sonolux.evaluation.synthetic_hums import RATE, hum, render
from sonolux.types import Modality


class Known(Encoder):
    """Gives samples back as rows."""

    name = spec = space = digest = "known"
    modality = Modality.AUDIO
    sample_rate = 10
    dim = 3

    def encode_batch(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([samples[:3] for samples in batch]).astype(np.float32)


def test_what_says_the_same_is_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"a1": [1, 0, 0], "b1": [0.99, 0.1, 0], "a2": [0.7, 0.3, 0], "b2": [0, 1, 0], "silent": [0, 0, 0]}
    monkeypatch.setattr(spoken_search, "load_audio", lambda path, _: SimpleNamespace(samples=np.array(rows[path])))
    search = SpokenRecordings(
        "test", [Path(name) for name in rows], ["a", "b", "a", "b", "a"], ["1", "1", "2", "2", "2"]
    )
    # b1 says what a1 says, so that it is nearest to a2, and a2 to it; a1 and b2 find their own speaker.
    assert search.score(Known()) == {"speaker": 0.5, "described": 0.8}
    # Of the other speaker b1 is nearest to a2, and says something else; the other three find what says the same.
    assert search.score(Known(), "words") == {"words": 0.75, "described": 0.8}


def test_the_other_half_and_the_genre(monkeypatch: pytest.MonkeyPatch) -> None:
    directions = np.eye(3)
    tracks = {str(number): np.repeat(directions[number % 3][:, None], 40, axis=1).T.ravel() for number in range(3)}
    monkeypatch.setattr(music_search, "load_audio", lambda path, *_: SimpleNamespace(samples=tracks[path]))
    found = MusicSearch([Path(name) for name in tracks], ["x", "y", "z"]).score(Known())
    assert found["other half"] == 1.0


def test_a_tune_is_the_track_of_that_name_or_what_is_highest() -> None:
    notes = [
        MidiNote(0, 1, 60, 100, "PIANO"),
        MidiNote(0, 0.9, 72, 100, "PIANO"),
        MidiNote(0.5, 1, 64, 100, "PIANO"),
        MidiNote(1, 2, 65, 100, "PIANO"),
    ]
    assert [note.pitch for note in tune_of(notes)] == [72, 65]
    assert tune_of([*notes, MidiNote(3, 4, 50, 100, "MELODY")]) == [MidiNote(3, 4, 50, 100, "MELODY")]


def test_songs_are_as_long_as_asked_and_no_louder_than_full_scale() -> None:
    sound = render([MidiNote(0, 5, 69, 127, ""), MidiNote(1, 2, 100, 127, "")], 3.0)
    assert sound.shape == (3 * RATE,)
    assert 0.4 < np.abs(sound).max() <= 0.5
    spectrum = np.abs(np.fft.rfft(sound[: RATE // 2]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)
    assert not render([], 1.0).any()


def test_hums_differ_by_seed_and_only_by_it() -> None:
    tune = [MidiNote(n * 0.4, n * 0.4 + 0.4, 60 + n % 5, 100, "") for n in range(20)]
    first, again, other = (hum(tune, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape
    assert np.abs(first).max() < 1
