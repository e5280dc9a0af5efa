"""The cepstra of speech recognition as CMU Sphinx computes them, from which recordings can be read without the sound.

Pre-emphasis, Hamming windows, a mel bank of triangles of area 1, natural logarithms, and the cosine transform; frames
begin at their time, and only whole ones count (P. Lamere et al., "The CMU Sphinx-4 speech recognition system", ICASSP
2003). What an utterance has in all of its frames, the room and the microphone, is taken off afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sonolux.features.cepstrum import deltas
from sonolux.features.mel_scale import mel_filters

SLOPE_REACH = 2
"""Frames each way over which the slope of a coefficient is taken."""

QUIETEST = 1e-5
"""Energy of a band that silence is taken for, of samples of 16 bits."""

FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True)
class CepstralAnalysis:
    """How cepstra are computed: lengths in samples, frequencies in hertz; see `sonolux.checkpoints.inputs.Cepstra`."""

    rate: int
    window: int
    frame: int
    hop: int
    bands: int
    lowest: float
    highest: float
    coefficients: int = 13
    emphasis: float = 0.97


def speech_cepstra(samples: torch.Tensor, how: CepstralAnalysis) -> torch.Tensor:
    """Return cepstral coefficients, float32 (frames, coefficients), of samples (n,) in [-1, 1] at ``how.rate``.

    A sound shorter than a window is one frame.
    """
    scaled = samples * FULL_SCALE
    emphasised = torch.cat([scaled[:1], scaled[1:] - how.emphasis * scaled[:-1]])
    if len(emphasised) < how.window:
        emphasised = torch.nn.functional.pad(emphasised, (0, how.window - len(emphasised)))
    windows = emphasised.unfold(0, how.window, how.hop) * torch.hamming_window(how.window, periodic=False)
    power = torch.fft.rfft(windows, how.frame).abs().square()
    bank = mel_filters(how.rate, how.frame, how.bands, how.lowest, how.highest, "htk")
    bank = bank / np.maximum(bank.sum(axis=1, keepdims=True), 1e-9)
    levels = torch.log((power @ torch.from_numpy(bank.T)).clamp(min=QUIETEST))
    angles = torch.arange(how.coefficients)[None, :] * (torch.arange(how.bands)[:, None] + 0.5)
    return levels @ torch.cos(torch.pi / how.bands * angles) / how.bands


def utterance(cepstra: torch.Tensor) -> torch.Tensor:
    """Return what is heard of an utterance: coefficients, slopes and their slopes, float32 (frames, 3 x coefficients).

    Each number has mean 0 and deviation 1 over the utterance.
    """
    slopes = deltas(cepstra, SLOPE_REACH)
    numbers = torch.cat([cepstra, slopes, deltas(slopes, SLOPE_REACH)], dim=1)
    return (numbers - numbers.mean(dim=0)) / numbers.std(dim=0, correction=0).clamp(min=1e-4)
