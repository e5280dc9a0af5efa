"""Spectra and cosine transforms, beside librosa's and scipy's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import scipy.fft
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.features.fourier import dct, decibels, power_spectrogram, stft


def noise(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, shape))


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
@pytest.mark.parametrize("n", [1, 300, 2_048, 9_000])
@pytest.mark.parametrize(("frame", "hop"), [(2_048, 512), (400, 160), (256, 256)])
def test_spectra_are_those_of_librosa(n: int, frame: int, hop: int) -> None:
    sound = noise(n)
    expected = librosa.stft(sound.numpy(), n_fft=frame, hop_length=hop, pad_mode="constant").T
    np.testing.assert_allclose(stft(sound, frame, hop).numpy(), expected, atol=1e-9)
    np.testing.assert_allclose(power_spectrogram(sound, frame, hop).numpy(), np.abs(expected) ** 2, atol=1e-9)


def test_another_window_is_taken() -> None:
    sound = noise(3_000)
    ours = stft(sound, 512, 128, torch.hamming_window(512, dtype=torch.float64))
    expected = librosa.stft(sound.numpy(), n_fft=512, hop_length=128, window="hamming", pad_mode="constant").T
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 13, 64])
def test_cosines_are_those_of_scipy(n: int) -> None:
    rows = noise(3, 5, n)
    expected = scipy.fft.dct(rows.numpy(), norm="ortho")
    np.testing.assert_allclose(dct(rows).numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(dct(rows, 2).numpy(), expected[..., :2], atol=1e-12)


def test_decibels_are_those_of_librosa() -> None:
    power = torch.cat([noise(6, 40).square(), torch.zeros(1, 40, dtype=torch.float64)])
    for reach in (None, 30.0, 80.0):
        np.testing.assert_allclose(decibels(power, reach).numpy(), librosa.power_to_db(power.numpy(), top_db=reach))


def test_each_sound_of_a_batch_has_a_loudest_of_its_own() -> None:
    power = noise(2, 6, 40).square() * torch.tensor([1.0, 1e-6])[:, None, None]
    together = decibels(power, 20)
    for one, alone in zip(together, power, strict=True):
        torch.testing.assert_close(one, decibels(alone, 20))


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 3_000), hop=st.integers(1, 600))
def test_frames_of_any_length(n: int, hop: int) -> None:
    assert stft(noise(n), 512, hop).shape == (1 + n // hop, 257)


def test_no_sample_is_a_frame_of_silence() -> None:
    assert torch.equal(power_spectrogram(torch.zeros(2, 0), 512, 128), torch.zeros(2, 1, 257))
