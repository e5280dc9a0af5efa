"""The cepstra of speech against librosa's parts, put together as Sphinx puts them together."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import scipy.fft
import torch

from sonolux.features.speech_cepstra import speech_cepstra, utterance
from sonolux.training.data.utterances import analysis


@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_they_are_those_of_the_parts(rate: int) -> None:
    how = analysis(rate)
    sound = np.random.default_rng(0).normal(0, 0.1, 2 * rate).astype(np.float32)
    scaled = sound.astype(np.float64) * 32768
    emphasised = np.append(scaled[:1], scaled[1:] - 0.97 * scaled[:-1])
    frames = librosa.util.frame(emphasised, frame_length=how.window, hop_length=how.hop).T * np.hamming(how.window)
    power = np.abs(np.fft.rfft(frames, how.frame)) ** 2
    bank = librosa.filters.mel(
        sr=rate, n_fft=how.frame, n_mels=how.bands, fmin=how.lowest, fmax=how.highest, htk=True, norm=1
    )
    levels = np.log(power @ bank.T)
    expected = scipy.fft.dct(levels, axis=1)[:, :13] / 2 / how.bands
    np.testing.assert_allclose(speech_cepstra(torch.from_numpy(sound), how.analysis).numpy(), expected, atol=2e-3)


@pytest.mark.parametrize("samples", [1, 100, 409, 410, 600])
def test_short_sounds_have_a_frame(samples: int) -> None:
    heard = utterance(speech_cepstra(torch.randn(samples), analysis(16_000).analysis))
    assert heard.shape[1] == 39
    assert len(heard) == max(1, 1 + (samples - 410) // 160)
    assert heard.isfinite().all()


def test_room_and_microphone_are_taken_off() -> None:
    cepstra = torch.randn(50, 13)
    torch.testing.assert_close(utterance(3 * cepstra + 5), utterance(cepstra), atol=1e-4, rtol=1e-4)
