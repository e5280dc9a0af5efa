"""The wavelet transform beside a sum over Morlet's wavelet, written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.features.scalogram import CYCLES, scalogram

RATE = 8_000


def convolved(sound: np.ndarray, hop: int, pitches: np.ndarray) -> np.ndarray:
    """Sum the products of a sound and the wavelet of each pitch around each frame: a wave under a bell of area 1."""
    answers = []
    for pitch in pitches:
        deviation = CYCLES / (2 * np.pi * pitch)
        reach = int(8 * deviation * RATE)
        times = np.arange(-reach, reach + 1) / RATE
        bell = np.exp(-0.5 * (times / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi) * RATE)
        wavelet = bell * np.exp(2j * np.pi * pitch * times)
        around = np.pad(sound, reach)
        frames = [around[start : start + 2 * reach + 1] for start in range(0, len(sound), hop)]
        answers.append([abs(frame @ wavelet.conj()) for frame in frames])
    return np.array(answers).T


def test_it_is_the_sum_written_out() -> None:
    sound = np.random.default_rng(0).normal(0, 0.3, 4_001)
    ours = scalogram(torch.from_numpy(sound), RATE, 200, lowest=110, octaves=4, octave=4).numpy()
    np.testing.assert_allclose(ours, convolved(sound, 200, 110 * 2 ** (np.arange(16) / 4)), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(place=st.integers(0, 59), amplitude=st.floats(0.01, 1))
def test_a_tone_peaks_at_its_bin_with_half_its_amplitude(place: int, amplitude: float) -> None:
    pitch = 110 * 2 ** (place / 12)
    sound = amplitude * torch.sin(2 * torch.pi * pitch * torch.arange(RATE, dtype=torch.float64) / RATE)
    middle = scalogram(sound, RATE, 400, lowest=110, octaves=5)[10]
    assert int(middle.argmax()) == place
    assert float(middle.max()) == pytest.approx(amplitude / 2, rel=1e-3)


def test_pitches_above_half_the_rate_are_left_out() -> None:
    assert scalogram(torch.zeros(100), RATE, 50, lowest=1_000, octaves=5, octave=1).shape == (3, 2)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_the_shortest_sounds_have_frames(n: int) -> None:
    assert scalogram(torch.zeros(n), RATE, 4).shape == (1 + n // 4, 84)
    assert not scalogram(torch.zeros(n), RATE, 4).any()
