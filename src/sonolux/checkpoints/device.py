"""Devices: the processor that networks run on, and their numeric precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sonolux.errors import EncoderError
from sonolux.settings import settings

if TYPE_CHECKING:
    import torch
    from torch import nn


def chosen_device() -> torch.device:
    """Return the torch device that the settings name; ``auto`` takes a GPU where there is one."""
    import torch

    name = settings().device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise EncoderError(f"{name!r} is no torch device: set SONOLUX_DEVICE to auto, cpu, cuda ...") from error


def precision(device: torch.device) -> torch.dtype:
    """Return float16 on CUDA, where it is several times as fast, and float32 elsewhere.

    Rows from either precision are comparable (their cosine is above 0.999), so the device is no part of a digest.
    """
    import torch

    return torch.float16 if device.type == "cuda" else torch.float32


def move_to_device(network: nn.Module) -> tuple[nn.Module, torch.device]:
    """Return a network where it computes, and where that is."""
    device = chosen_device()
    return network.to(device), device
