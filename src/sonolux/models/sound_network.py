"""Sound networks: a body from spectrogram to frames, and a classifier of sounds or of frames.

Pooled over time, frames classify a sound; each by itself, they detect events or spell speech.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from torch import nn

from sonolux.models.temporal_pooling import build_temporal_pooling

BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "cnn": ("sound_convolutions", "SoundConvolutions", {}),
    "lstm": ("sound_recurrent", "SoundRecurrent", {"cell": "lstm"}),
    "gru": ("sound_recurrent", "SoundRecurrent", {"cell": "gru"}),
    "crnn": ("sound_crnn", "SoundCrnn", {}),
    "transformer": ("sound_transformer", "SoundTransformer", {}),
}
"""Each body's name, its file here, its class, and the arguments that the name decides."""


class SoundNetwork(nn.Sequential):
    """Body, pooling over time, and one output a class.

    Its parts are called body, pool, dropout and linear; the descriptor of a sound is what ``pool`` gives.

    Parameters
    ----------
    body : str
        One of `BODIES`.
    bands : int
        Numbers of a frame of the spectrogram.
    classes : int
    pooling : str
        One of `sonolux.models.temporal_pooling.POOLINGS`.
    arguments : dict
        Of the body.
    dropout : float
        Share of the descriptor that is set to 0 in training.

    Raises
    ------
    KeyError
        For a body that there is not.
    TypeError, ValueError
        For arguments that it does not take.
    """

    def __init__(
        self,
        body: str,
        bands: int = 64,
        classes: int = 10,
        pooling: str = "mean",
        arguments: dict[str, Any] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.body = build_body(body, bands, arguments)
        self.pool = build_temporal_pooling(pooling, self.body.width)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(self.body.width, classes)


class FrameNetwork(nn.Sequential):
    """Body, and for each of its frames one output a class: (n, frames, bands) in, (n, frames of the body, classes) out.

    Parameters are those of `SoundNetwork`.
    """

    def __init__(
        self,
        body: str,
        bands: int = 64,
        classes: int = 10,
        arguments: dict[str, Any] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.body = build_body(body, bands, arguments)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(self.body.width, classes)

    def described(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores of each frame, and what the body makes of it, (n, frames of the body, width)."""
        described = self.body(frames)
        return self.linear(self.dropout(described)), described


def build_body(name: str, bands: int, arguments: dict[str, Any] | None = None) -> Any:
    """Return a body of this name, with fresh weights; its ``width`` is the number of features of a frame."""
    file, kind, decided = BODIES[name]
    made: Callable[..., nn.Module] = getattr(import_module(f"sonolux.models.{file}"), kind)
    return made(bands, **decided, **(arguments or {}))


def count_frames(body: nn.Module, frames: int, bands: int) -> int:
    """Return how many frames a body makes of so many."""
    with torch.no_grad():
        return int(body(torch.zeros(1, frames, bands)).shape[1])
