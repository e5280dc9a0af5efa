"""The constant-Q transform beside librosa's own filters, correlated with the sound one frame after the other."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from sonolux.features.constant_q import LOWEST, chroma, cqt

RATE = 22_050


def correlated(sound: np.ndarray, hop: int, bins: int, octave: int, lowest: float) -> np.ndarray:
    """Correlate each of librosa's filters directly with the sound around each frame."""
    pitches = lowest * 2.0 ** (np.arange(bins) / octave)
    filters, lengths = librosa.filters.wavelet(freqs=pitches, sr=RATE, window="hann", norm=1, pad_fft=False)
    middle = (filters.shape[1] + 1) // 2  # where a filter has its time 0
    around = np.pad(sound, (middle, filters.shape[1]))
    frames = [around[start : start + filters.shape[1]] for start in range(0, len(sound) + 1, hop)]
    return np.array([filters.conj() @ frame for frame in frames]) * np.sqrt(lengths)


def chord(seconds: float = 2.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * time) for hertz in (261.63, 329.63, 392.0, 1_046.5))
    return 0.1 * tones + np.random.default_rng(0).normal(0, 0.01, len(time))


@pytest.mark.parametrize("n", [1, 900, 20_000])
@pytest.mark.parametrize(("bins", "octave", "lowest"), [(84, 12, LOWEST), (60, 24, 110.0)])
def test_filters_are_those_of_librosa(n: int, bins: int, octave: int, lowest: float) -> None:
    sound = chord()[:n] if n > 1 else np.ones(1)
    ours = cqt(torch.from_numpy(sound), RATE, 512, lowest, bins, octave).numpy()
    np.testing.assert_allclose(ours, correlated(sound, 512, bins, octave, lowest), atol=1e-6)


def test_librosa_itself_comes_close() -> None:
    """It takes low pitches from a sound that it has made slower, which costs a little."""
    expected = np.abs(librosa.cqt(chord(), sr=RATE, hop_length=512, fmin=LOWEST)).T
    ours = cqt(torch.from_numpy(chord()), RATE, 512).abs().numpy()
    assert np.abs(ours - expected).max() < 0.05 * expected.max()


def test_chroma_are_those_of_librosa() -> None:
    transform = cqt(torch.from_numpy(chord()), RATE)
    expected = librosa.feature.chroma_cqt(C=transform.abs().numpy().T, bins_per_octave=12, fmin=LOWEST).T
    np.testing.assert_allclose(chroma(transform).numpy(), expected, atol=1e-9)
    assert set(chroma(transform).mean(dim=0).argsort(descending=True)[:3].tolist()) == {0, 4, 7}


def test_octaves_need_not_be_whole() -> None:
    transform = torch.zeros(1, 14, dtype=torch.complex64)
    transform[0, [1, 13, 4]] = torch.tensor([1.0, 1.0, 1.0j])
    np.testing.assert_allclose(chroma(transform)[0].numpy(), [0, 1, 0, 0, 0.5, *[0] * 7])


def test_silence_has_no_pitch() -> None:
    still = cqt(torch.zeros(2, 0), RATE)
    assert still.shape == (2, 1, 84) and not still.any()
    assert torch.equal(chroma(still), torch.zeros(2, 1, 12))


def test_pitches_above_half_the_rate_are_refused() -> None:
    with pytest.raises(ValueError, match="too high for 4000 samples a second"):
        cqt(torch.zeros(100), 4_000)
