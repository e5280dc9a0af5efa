"""Every representation gives a batch what it gives its sounds alone, in the precision that it was handed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from sonolux.features.cepstrum import deltas, mel_spectrogram, mfcc
from sonolux.features.constant_q import chroma, cqt
from sonolux.features.fourier import power_spectrogram, stft
from sonolux.features.mel_scale import mel_filters
from sonolux.features.resampling import compand, quantise, resample
from sonolux.features.scalogram import scalogram

RATE = 8_000
BATCH = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (2, 3, 3_000)))


def _mel(samples: torch.Tensor) -> torch.Tensor:
    return mel_spectrogram(samples, mel_filters(RATE, 512, 40), 128)


def _cqt(samples: torch.Tensor) -> torch.Tensor:
    return cqt(samples, RATE, 128, bins=60)


REPRESENTATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "stft": lambda samples: stft(samples, 512, 128),
    "power": lambda samples: power_spectrogram(samples, 512, 128),
    "mel": _mel,
    "mfcc": lambda samples: mfcc(_mel(samples)),
    "deltas": lambda samples: deltas(mfcc(_mel(samples))),
    "cqt": _cqt,
    "chroma": lambda samples: chroma(_cqt(samples)),
    "scalogram": lambda samples: scalogram(samples, RATE, 128, octaves=6),
    "resample": lambda samples: resample(samples, RATE, 11_025),
    "quantise": lambda samples: quantise(samples, 8),
    "compand": compand,
}


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_a_batch_is_its_sounds(name: str) -> None:
    of = REPRESENTATIONS[name]
    together = of(BATCH)
    assert together.shape[:2] == (2, 3)
    for row in range(2):
        for place in range(3):
            alone = of(BATCH[row, place])
            torch.testing.assert_close(together[row, place], alone, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_single_precision_in_and_out(name: str) -> None:
    of = REPRESENTATIONS[name]
    double, single = of(BATCH), of(BATCH.float())
    kinds = (torch.complex128, torch.complex64) if double.is_complex() else (torch.float64, torch.float32)
    assert (double.dtype, single.dtype) == kinds
    scale = float(double.abs().max())
    torch.testing.assert_close(single.to(double.dtype), double, rtol=0, atol=2e-5 * scale)


def test_gradients_pass_through() -> None:
    """So that a network can learn through them."""
    for name in ("mel", "mfcc", "cqt", "resample"):
        samples = BATCH[0].clone().requires_grad_()
        REPRESENTATIONS[name](samples).abs().sum().backward()
        assert samples.grad is not None and bool(samples.grad.isfinite().all() and samples.grad.any()), name
