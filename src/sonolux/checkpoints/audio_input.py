"""Audio inputs: samples to log-mel frames or cepstra, by the `Sounds` record of a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from sonolux.checkpoints.inputs import Sounds
from sonolux.features.cepstrum import deltas, mel_spectrogram, mfcc
from sonolux.features.fourier import decibels
from sonolux.features.mel_scale import mel_filters

RANGE = 80.0
"""Decibels below the loudest at which nothing is heard any more."""

QUIET = -60.0
"""Decibels that the loudest band of a sound is taken for at least: silence is not turned up."""


def frames_heard(samples: NDArray[np.float32], how: Sounds) -> torch.Tensor:
    """Return the whole of a sound, samples (n,) at ``how.rate``, as frames: float32 (1 + n // hop, ``how.width``)."""
    filters = mel_filters(how.rate, how.frame, how.bands, how.lowest, how.highest)
    mel = mel_spectrogram(torch.from_numpy(np.ascontiguousarray(samples, np.float32)), filters, how.hop)
    if how.coefficients:
        cepstra = mfcc(mel, how.coefficients, RANGE)
        return torch.cat([cepstra, deltas(cepstra)], dim=-1)
    levels = decibels(mel, reach=None, least=10 ** ((QUIET - RANGE) / 10))
    return (levels - levels.max().clamp(min=QUIET)).clamp(min=-RANGE).sub(how.mean).div(how.deviation)


def silence(how: Sounds) -> float:
    """Return what a band of a network's input is where nothing sounds."""
    return 0.0 if how.coefficients else (-RANGE - how.mean) / how.deviation


def frames_a_part(how: Sounds) -> int | None:
    """Return how many frames are heard at once; None for as many as there are."""
    return None if how.seconds is None else 1 + round(how.seconds * how.rate) // how.hop


def parts_of(frames: torch.Tensor, how: Sounds) -> torch.Tensor:
    """Return frames (n, width) in parts of equal length, (parts, length, width).

    Those of a long sound overlap by half or a little more, evenly, the last ends where it ends.
    """
    length = frames_a_part(how)
    if length is None or len(frames) == length:
        return frames[None]
    if len(frames) < length:
        return functional.pad(frames, (0, 0, 0, length - len(frames)), value=silence(how))[None]
    count = 1 + ceil((len(frames) - length) / max(length // 2, 1))
    starts = torch.linspace(0, len(frames) - length, count).round().long()
    return torch.stack([frames[start : start + length] for start in starts.tolist()])


def heard(
    network: torch.nn.Module, batch: Sequence[NDArray[np.float32]], how: Sounds, device: torch.device
) -> torch.Tensor:
    """Return what a network says of sounds, (n, outputs) on the CPU: of the parts of a sound, their mean."""
    parts = [parts_of(frames_heard(samples, how), how) for samples in batch]
    with torch.inference_mode():
        if frames_a_part(how) is None:
            return torch.cat([network(part.to(device)).float().cpu() for part in parts])
        outputs = network(torch.cat(parts).to(device)).float().cpu()
    return torch.stack([part.mean(dim=0) for part in torch.split(outputs, [len(part) for part in parts])])
