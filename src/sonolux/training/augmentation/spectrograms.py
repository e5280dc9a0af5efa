"""Spectrogram augmentation (SpecAugment, vocal tract length perturbation): random views that leave what is heard.

A view is heard a little faster or slower, higher or lower, with stretches of time and bands of pitch left out (D. S.
Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition", Interspeech 2019; N.
Jaitly and G. E. Hinton, "Vocal tract length perturbation improves speech recognition", ICML 2013). All sounds of a
batch are changed at once: standardised frames, float32 (n, frames, width) in, the same shape out.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from sonolux.training.fields import check_fields, number, whole_number


@dataclass(frozen=True, slots=True)
class SpectrogramViews:
    """How far views may stray.

    Attributes
    ----------
    speed : float
        Time is stretched by a factor in [1 - speed, 1 + speed].
    pitch : float
        The same for bands; of cepstra nothing but 0 has a meaning.
    masks : int
        Stretches of time that are left out, and as many of bands.
    time, bands : float
        Share of all time, and of all bands, that each of them has, at most.
    """

    speed: float = number(0.1, 0, 0.9)
    pitch: float = number(0.1, 0, 0.9)
    masks: int = whole_number(2, least=0)
    time: float = number(0.15, 0, 1)
    bands: float = number(0.12, 0, 1)

    def __post_init__(self) -> None:
        check_fields(self)

    def __call__(self, frames: torch.Tensor, silence: float) -> torch.Tensor:
        """Return one view of each sound, drawn from torch's global generator; `silence` is what nothing sounds like."""
        return masked(warped(frames, self, silence), self)


def warped(frames: torch.Tensor, views: SpectrogramViews, silence: float) -> torch.Tensor:
    """Return each sound of (n, frames, width) at another speed and pitch; what comes in from outside is silence."""
    if not views.speed and not views.pitch:
        return frames
    n = len(frames)
    reach = torch.tensor([views.pitch, views.speed], device=frames.device)
    scale = 1 + reach * (2 * torch.rand(n, 2, device=frames.device) - 1)
    # Bands are warped from the lowest up, time from the middle; both in [-1, 1].
    maps = torch.zeros(n, 2, 3, device=frames.device)
    maps[:, 0, 0], maps[:, 0, 2] = scale[:, 0], scale[:, 0] - 1
    maps[:, 1, 1] = scale[:, 1]
    grid = functional.affine_grid(maps, [n, 1, *frames.shape[1:]], align_corners=False)
    moved = functional.grid_sample((frames - silence)[:, None], grid, align_corners=False)
    return moved[:, 0] + silence


def masked(frames: torch.Tensor, views: SpectrogramViews) -> torch.Tensor:
    """Return each sound of (n, frames, width) with stretches of time and bands at their mean, which is 0."""
    for _ in range(views.masks):
        frames = frames * _kept(len(frames), frames.shape[1], views.time, frames.device)[:, :, None]
        frames = frames * _kept(len(frames), frames.shape[2], views.bands, frames.device)[:, None, :]
    return frames


def _kept(n: int, length: int, share: float, device: torch.device) -> torch.Tensor:
    """Return a row of ones with a run of zeros for each of n sounds, (n, length)."""
    runs = torch.rand(n, 1, device=device) * share * length
    starts = torch.rand(n, 1, device=device) * (length - runs)
    places = torch.arange(length, device=device)
    return ((places < starts) | (places >= starts + runs)).float()
