"""Other rates, and fewer levels: sampling in time and in value.

Between rates a sound passes a low-pass filter, a sinc under Kaiser's window, in its polyphase form: of the samples that
upsampling would put between the old ones only those are computed that are kept (R. E. Crochiere and L. R. Rabiner,
"Multirate Digital Signal Processing", 1983). Files are resampled by soxr while they are decoded; this is for batches
that are tensors already.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd, log1p

import numpy as np
import torch
from torch.nn import functional

ZEROS = 10
"""Zero crossings of the sinc on each side."""

KAISER = 5.0
"""Shape of the window: 50 dB below the pass band."""

MU = 255
"""Of the companding of digital telephony in America and Japan (ITU-T G.711)."""


def resample(samples: torch.Tensor, source: int, target: int) -> torch.Tensor:
    """Return sound at another rate, (..., ceil(n * target / source)).

    Parameters
    ----------
    samples : tensor, shape (..., n)
    source, target : int
        Hertz.
    """
    up, down = target // gcd(source, target), source // gcd(source, target)
    if up == down:
        return samples
    kernels, left = _polyphase(up, down)
    n = samples.shape[-1]
    wanted = -(-n * up // down)
    rows = samples.reshape(samples.shape[:-1].numel(), 1, n)
    width = kernels.shape[-1]
    rows = functional.pad(rows, (left, width + down))
    # One filter a phase: output sample j * up + phase is where the filter of the phase meets input j * down.
    phases = functional.conv1d(rows, kernels[:, None].to(samples), stride=down)
    resampled = phases.transpose(1, 2).flatten(1)[:, :wanted]
    return resampled.reshape(*samples.shape[:-1], wanted)


def quantise(samples: torch.Tensor, bits: int) -> torch.Tensor:
    """Return samples in [-1, 1] rounded to 2 ** bits evenly spaced levels, as PCM stores them."""
    levels = 2 ** (bits - 1)
    rounded: torch.Tensor = (samples * levels).round().clamp(-levels, levels - 1) / levels
    return rounded


def compand(samples: torch.Tensor, mu: int = MU) -> torch.Tensor:
    """Return samples in [-1, 1] with their quiet part spread: what is quantised then loses little of it."""
    companded: torch.Tensor = samples.sign() * torch.log1p(mu * samples.abs()) / log1p(mu)
    return companded


def expand(samples: torch.Tensor, mu: int = MU) -> torch.Tensor:
    """Return samples before `compand`."""
    expanded: torch.Tensor = samples.sign() * torch.expm1(samples.abs() * log1p(mu)) / mu
    return expanded


@lru_cache(maxsize=8)
def _polyphase(up: int, down: int) -> tuple[torch.Tensor, int]:
    """Return one filter a phase (up, width), and how many input samples lie left of the first."""
    from scipy.signal import firwin

    half = ZEROS * max(up, down)
    taps = firwin(2 * half + 1, 1 / max(up, down), window=("kaiser", KAISER)) * up
    reach = half // up + 1
    kernels = np.zeros((up, 0))
    offsets = np.arange(-reach, reach + 1 + down)
    rows = []
    for phase in range(up):
        # This output stands at phase * down / up of the input: as far from input o as from the middle of the filter.
        places = phase * down - offsets * up + half
        inside = (places >= 0) & (places < len(taps))
        rows.append(np.where(inside, taps[np.clip(places, 0, len(taps) - 1)], 0.0))
    kernels = np.stack(rows)
    return torch.from_numpy(kernels), reach
