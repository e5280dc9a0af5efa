"""Mel filters, mel spectrograms, cepstra and their slopes, beside librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sonolux.features.cepstrum import deltas, mel_spectrogram, mfcc
from sonolux.features.mel_scale import Scale, hertz_to_mel, mel_filters, mel_to_hertz

RATE, FRAME, HOP = 16_000, 512, 160
SOUND = np.random.default_rng(0).normal(0, 0.1, 2 * RATE)
SCALES: dict[Scale, dict] = {"slaney": {"htk": False, "norm": "slaney"}, "htk": {"htk": True, "norm": None}}


def mel_of(samples: torch.Tensor, bands: int = 40, scale: Scale = "slaney") -> torch.Tensor:
    return mel_spectrogram(samples, mel_filters(RATE, FRAME, bands, scale=scale), HOP)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("rate", "frame", "bands", "low", "high"), [(16_000, 512, 40, 0, None), (22_050, 2_048, 128, 30, 8_000)]
)
def test_filters_are_those_of_librosa(
    scale: Scale, rate: int, frame: int, bands: int, low: float, high: float | None
) -> None:
    expected = librosa.filters.mel(sr=rate, n_fft=frame, n_mels=bands, fmin=low, fmax=high, **SCALES[scale])
    np.testing.assert_allclose(mel_filters(rate, frame, bands, low, high, scale), expected, atol=2e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_are_those_of_librosa_and_lead_back(scale: Scale) -> None:
    hertz = np.geomspace(20, 20_000, 50)
    mel = hertz_to_mel(hertz, scale)
    np.testing.assert_allclose(mel, librosa.hz_to_mel(hertz, htk=scale == "htk"))
    np.testing.assert_allclose(mel_to_hertz(mel, scale), hertz)


@pytest.mark.parametrize("scale", SCALES)
def test_spectrograms_and_cepstra_are_those_of_librosa(scale: Scale) -> None:
    expected = librosa.feature.melspectrogram(
        y=SOUND, sr=RATE, n_fft=FRAME, hop_length=HOP, n_mels=40, pad_mode="constant", **SCALES[scale]
    )
    mel = mel_of(torch.from_numpy(SOUND), scale=scale)
    np.testing.assert_allclose(mel.numpy(), expected.T, rtol=1e-5, atol=1e-7)
    cepstra = librosa.feature.mfcc(S=librosa.power_to_db(expected), n_mfcc=13)
    np.testing.assert_allclose(mfcc(mel, 13).numpy(), cepstra.T, atol=1e-3)


@pytest.mark.parametrize("reach", [1, 2, 4])
@pytest.mark.parametrize("frames", [10, 60])
def test_slopes_are_those_of_librosa(reach: int, frames: int) -> None:
    rows = np.random.default_rng(0).normal(size=(frames, 5))
    expected = librosa.feature.delta(rows.T, width=2 * reach + 1, mode="nearest").T
    np.testing.assert_allclose(deltas(torch.from_numpy(rows), reach).numpy(), expected, atol=1e-9)


@given(frames=st.integers(1, 12), slope=st.floats(-3, 3))
def test_slopes_of_any_length(frames: int, slope: float) -> None:
    """The slope of a line is its own where both neighbours are there, less where an end is held."""
    rows = slope * torch.arange(frames, dtype=torch.float64)[:, None]
    found = deltas(rows, 2)[:, 0]
    assert found.shape == (frames,)
    torch.testing.assert_close(found[2:-2], torch.full_like(found[2:-2], slope))
    assert float(found.abs().max()) <= abs(slope) + 1e-9


def test_silence_has_cepstra_and_no_slopes() -> None:
    cepstra = mfcc(mel_of(torch.zeros(0)), 13)
    assert cepstra.shape == (1, 13)
    np.testing.assert_allclose(cepstra[0].numpy(), [-100 * 40**0.5, *[0] * 12], atol=0.01)
    assert float(deltas(cepstra).abs().max()) < 1e-6
