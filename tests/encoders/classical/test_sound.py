"""MFCC and chroma against librosa, and what must not matter to them."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest

from contracts.encoder_contract import sounds
from sonolux.encoders.classical.analysis import FRAME, HOP
from sonolux.encoders.classical.analysis import SAMPLE_RATE as RATE
from sonolux.encoders.classical.chroma import Chroma
from sonolux.encoders.classical.mfcc import BANDS, Mfcc, liftered
from sonolux.features.cepstrum import deltas, mel_bands, mfcc
from sonolux.features.chroma import chroma_filters, pitch_class_shares
from sonolux.features.fourier import power_spectrogram
from sonolux.features.mel_scale import mel_filters

STORED = Path(__file__).parent / "stored.npz"
"""Descriptors and digests as the first version wrote them into libraries."""


@pytest.fixture(params=range(3))
def sound(request: pytest.FixtureRequest) -> np.ndarray:
    return sounds(RATE)[request.param]


def test_the_spectrogram_is_librosas(sound: np.ndarray) -> None:
    expected = np.abs(librosa.stft(sound, n_fft=2048, hop_length=512, pad_mode="constant")) ** 2
    np.testing.assert_allclose(power_spectrogram(sound, FRAME, HOP).T, expected, rtol=1e-3, atol=1e-3)


def test_the_mel_filters_are_librosas() -> None:
    expected = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=128)
    np.testing.assert_allclose(mel_filters(RATE, FRAME, BANDS), expected, atol=1e-8)


def test_the_mfcc_are_librosas(sound: np.ndarray) -> None:
    expected = librosa.feature.mfcc(y=sound, sr=RATE, n_mfcc=20, n_fft=2048, hop_length=512)
    np.testing.assert_allclose(
        mfcc(mel_bands(power_spectrogram(sound, FRAME, HOP), mel_filters(RATE, FRAME, BANDS))).T, expected, atol=0.05
    )


def test_the_lifter_is_htks() -> None:
    weights = liftered(np.ones((1, 20), np.float32))[0]
    assert weights[0] == 1
    assert weights[11] == weights.max() == 12  # half the lifter's length, half its height above 1
    np.testing.assert_allclose(weights[5], 1 + 11 * np.sin(np.pi * 5 / 22), rtol=1e-6)


def test_the_slope_is_librosas() -> None:
    coefficients = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    expected = librosa.feature.delta(coefficients, axis=0, mode="nearest")
    np.testing.assert_allclose(deltas(coefficients), expected, atol=1e-5)


def test_chroma_is_librosas(sound: np.ndarray) -> None:
    power = power_spectrogram(sound, FRAME, HOP)
    expected = librosa.feature.chroma_stft(S=power.T, sr=RATE, n_fft=2048, tuning=0)
    np.testing.assert_allclose(pitch_class_shares(power @ chroma_filters(RATE, FRAME).T).T, expected, atol=1e-4)


def note(midi: float, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    hertz = 440 * 2 ** ((midi - 69) / 12)
    return sum(np.sin(2 * np.pi * k * hertz * time) / k for k in (1, 2, 4)).astype(np.float32) * 0.3


def test_a_note_stands_in_its_own_pitch_class() -> None:
    for midi in range(60, 72):
        assert np.argmax(Chroma().encode([note(midi)])[0, :12]) == midi % 12


def test_octaves_agree_and_semitones_do_not() -> None:
    low, high, next_door = Chroma().encode([note(60), note(72), note(61)])
    assert low @ high > 0.9
    assert low @ next_door < 0.5


def test_loudness_does_not_matter(sound: np.ndarray) -> None:
    for encoder in (Chroma(), Mfcc()):
        loud, quiet = encoder.encode([sound, sound * 0.05])
        assert loud @ quiet > 0.999


def test_pauses_do_not_matter_to_timbre(sound: np.ndarray) -> None:
    pause = (1e-4 * np.random.default_rng(1).normal(size=2 * RATE)).astype(np.float32)
    alone, between = Mfcc().encode([sound, np.concatenate([pause, sound, pause])])
    assert alone @ between > 0.95


def test_timbre_tells_a_tone_from_noise() -> None:
    rng = np.random.default_rng(0)
    hiss = (0.1 * rng.normal(size=RATE)).astype(np.float32)
    tone, other_tone, noise = Mfcc().encode([note(50), note(52), hiss])
    assert tone @ other_tone > tone @ noise + 0.2


def test_silence_has_no_notes() -> None:
    assert not Chroma().encode([np.zeros(RATE, np.float32)]).any()


def test_libraries_that_are_there_stay_comparable() -> None:
    given = [*sounds(RATE), np.zeros(5000, np.float32), np.zeros(0, np.float32), np.ones(7, np.float32)]
    stored = np.load(STORED)
    for encoder, digest in zip((Mfcc(), Chroma()), stored["digests"], strict=True):
        assert encoder.digest == digest
        np.testing.assert_allclose(encoder.encode(given), stored[encoder.name], rtol=1e-5, atol=1e-6)
