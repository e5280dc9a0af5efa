"""Who speaks, by the network of a package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged import voices
from sonolux.encoders.packaged.packages import SPEECH, VOICES
from sonolux.encoders.packaged.voices import (
    BANDS,
    CHUNK,
    HOP,
    PARTIAL,
    RATE,
    VoicesEncoder,
    levelled,
    partial_spectra,
    spoken_samples,
)
from sonolux.errors import ModelError
from sonolux.media.containers.audio import load_audio

pytestmark = pytest.mark.skipif(
    VOICES.state != "ready" or SPEECH.state != "ready", reason="resemblyzer or faster-whisper is not installed"
)


class TestVoices(EncoderContract):
    """Of whatever comes; what is no voice is below."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        encoder = VoicesEncoder()
        encoder.least = 0.0
        return encoder

    @pytest.fixture
    def altered(self) -> Encoder:
        return VoicesEncoder(replace(VOICES, files={name: hash_[::-1] for name, hash_ in VOICES.files.items()}))

    def test_it_is_found_by_its_name(self) -> None:
        [encoder] = resolve("voices")
        assert (encoder.space, encoder.dim, encoder.licence) == ("voices", 256, "Apache-2.0")


@pytest.mark.parametrize("seconds", [0.0, 1 / RATE, 0.3, 4.0])
def test_silence_and_noise_have_no_voice(seconds: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    encoder = VoicesEncoder()
    assert not encoder.encode([noise, 0 * noise]).any()
    assert not encoder._network.done  # nothing is loaded for them


class TestWhatIsHeard:
    @pytest.fixture
    def chances(self, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
        chances = np.zeros(100)
        monkeypatch.setattr(voices, "speech_probabilities", lambda _: chances)
        return chances

    def test_speech_and_a_little_around_it(self, chances: np.ndarray) -> None:
        chances[0:10], chances[50:60] = 0.9, 0.9
        samples = np.arange(100 * CHUNK, dtype=np.float32)
        heard = spoken_samples(samples)
        np.testing.assert_array_equal(heard, np.concatenate([samples[: 13 * CHUNK], samples[47 * CHUNK : 63 * CHUNK]]))

    def test_a_click_is_none(self, chances: np.ndarray) -> None:
        chances[20:24] = 0.9
        assert not len(spoken_samples(np.ones(100 * CHUNK, np.float32)))

    def test_the_last_chunk_may_be_short(self, chances: np.ndarray) -> None:
        chances[80:] = 0.9
        assert len(spoken_samples(np.ones(99 * CHUNK + 7, np.float32))) == 22 * CHUNK + 7

    @pytest.mark.parametrize("loudness", [0.001, 0.5])
    def test_soft_and_loud_voices_are_brought_to_one_loudness(self, loudness: float) -> None:
        np.testing.assert_allclose(levelled(np.full(100, loudness, np.float32)), 10**-1.5, rtol=1e-5)
        assert not levelled(np.zeros(100, np.float32)).any()

    @pytest.mark.parametrize(("seconds", "parts"), [(0, 1), (0.1, 1), (1.6, 1), (2.0, 2), (2.4, 2), (10, 12)])
    def test_parts_overlap_by_half_and_the_last_is_mostly_there(self, seconds: float, parts: int) -> None:
        assert partial_spectra(np.ones(round(seconds * RATE), np.float32)).shape == (parts, PARTIAL, BANDS)

    def test_spectra_are_those_of_librosa(self) -> None:
        librosa = pytest.importorskip("librosa")
        sound = np.random.default_rng(0).standard_normal(PARTIAL * HOP - 1).astype(np.float32)
        power = librosa.feature.melspectrogram(y=sound, sr=RATE, n_fft=400, hop_length=HOP, n_mels=BANDS).T
        np.testing.assert_allclose(partial_spectra(sound)[0], power, rtol=1e-3, atol=1e-6)


def test_a_changed_file_is_refused_when_it_is_wanted() -> None:
    encoder = VoicesEncoder(replace(VOICES, files=dict.fromkeys(VOICES.files, "0" * 64)), least=0.0)
    with pytest.raises(ModelError, match="damaged or was changed"):
        encoder.encode([np.ones(RATE, np.float32)])


@pytest.mark.data
def test_a_speaker_is_nearest_to_the_same_one_saying_something_else(data: Path) -> None:
    names = ["03a01Nc", "03a02Nc", "03a07Nc", "08a01Na", "08a02Na", "08a04Nc"]
    sounds = [load_audio(str(data / "emotional_speech" / f"{name}.wav"), RATE).samples for name in names]
    rows = VoicesEncoder().encode(sounds)
    near = rows @ rows.T - 2 * np.eye(len(names))
    assert [names[row][:2] for row in near.argmax(axis=1)] == [name[:2] for name in names]
    softer = VoicesEncoder().encode([0.05 * sounds[0], np.concatenate([np.zeros(RATE, np.float32), sounds[0]])])
    assert (softer @ rows[0] > 0.95).all()  # neither loudness nor silence is of the voice
