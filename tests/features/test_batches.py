"""Every representation gives a batch what it gives its sounds alone, in the precision that it was handed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch

from sonolux.features.cepstrum import deltas, mel_spectrogram, mfcc
from sonolux.features.chroma import pitch_class_shares
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(9_000,), (2, 3, 5_000), (0,), (1,)])
def test_arrays_and_tensors_give_the_same(dtype: type, shape: tuple[int, ...]) -> None:
    sound = np.random.default_rng(3).normal(size=shape).astype(dtype) / 4
    filters = mel_filters(22_050, 512, 40)
    pairs = []
    for given in (sound, torch.from_numpy(sound)):
        mel = mel_spectrogram(given, filters, 128)
        cepstra = mfcc(mel, 13)
        shares = pitch_class_shares(power_spectrogram(given, 512, 128)[..., 1:13])
        pairs.append([mel, cepstra, deltas(cepstra), shares])
    for array, tensor in zip(*pairs, strict=True):
        assert isinstance(array, np.ndarray) and isinstance(tensor, torch.Tensor)
        assert array.dtype == dtype
        np.testing.assert_allclose(array, tensor.numpy(), rtol=1e-3, atol=1e-3 if dtype == np.float32 else 1e-9)


def test_arrays_need_no_torch() -> None:
    code = (
        "import sys, numpy as np; from sonolux.encoders import resolve;"
        "[resolve(name)[0].encode([np.ones(4000, np.float32)]) for name in ('mfcc', 'chroma')];"
        "print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
