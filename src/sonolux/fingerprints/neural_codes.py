"""Neural fingerprints: of every second of sound a code, near for the same second whatever noise is over it.

A code is the signs of what the network of a model folder gives for a window of contrast
(`sonolux.fingerprints.constellation`). A catalog keeps one every half second, and has no question's windows
exactly: the network has learned to give nearly the same for windows that are a quarter of a second apart.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Contrast
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.errors import EncoderError
from sonolux.fingerprints.constellation import SECOND, BandSpectra

SHIPPED = Path(__file__).parent / "model"
"""Model folder that comes with Sonolux; it was trained on synthetic music."""

SHIPPED_NAME = "shipped"
"""What it is called where a model is chosen."""

STEP = 16
"""Frames from one code of a recording to the next."""

ASKED_STEP = 8
"""The same of a question."""

AT_ONCE = 512
"""Windows that are encoded together."""


class FingerprintEncoder:
    """The network of a model folder.

    Parameters
    ----------
    path : path
        Of the model folder.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or its network takes no fingerprints.
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = ModelFolder.load(path)
        if not isinstance(self.folder.preprocessing, Contrast):
            raise EncoderError(
                f"{self.folder.path} takes no fingerprints: train a model with `sonolux train fingerprints`"
            )
        self.how = self.folder.preprocessing
        if self.how.frames > SECOND + STEP:
            raise EncoderError(
                f"{self.folder.path} hears {self.how.frames} frames at once: {SECOND + STEP} are the most"
            )
        self.digest = self.folder.digest
        self.bits = self.folder.descriptor.dim
        self._network = LoadedOnce(lambda: move_to_device(self.folder.network()))

    def encode(self, standing_out: BandSpectra, step: int) -> BandSpectra:
        """Return what the network gives for windows of contrast (frames, bands) every `step` frames, (n, bits)."""
        import torch

        seen = slide_windows(pool_bands(standing_out, self.how), self.how.frames, step)
        if not len(seen):
            return np.zeros((0, self.bits), np.float32)
        network, device = self._network()
        with torch.inference_mode():
            parts = [
                network(torch.from_numpy(seen[first : first + AT_ONCE].copy()).to(device)).float().cpu()
                for first in range(0, len(seen), AT_ONCE)
            ]
        numbers: BandSpectra = torch.cat(parts).numpy()
        return numbers

    def codes(self, standing_out: BandSpectra, step: int = STEP) -> NDArray[np.uint8]:
        """Return the signs of `encode`, packed, (n, bits / 8)."""
        return np.packbits(self.encode(standing_out, step) > 0, axis=1)


@lru_cache(maxsize=4)
def fingerprint_encoder(model: str = "") -> FingerprintEncoder:
    """Return the encoder by a model folder, or the one that comes with Sonolux; it is loaded once."""
    return FingerprintEncoder(model or SHIPPED)


def pool_bands(standing_out: BandSpectra, how: Contrast) -> BandSpectra:
    """Return contrast (frames, bands) with every `how.pooled` bands as one, (frames, bands // pooled)."""
    bands = standing_out.shape[1] // how.pooled
    parts = standing_out[:, : bands * how.pooled].reshape(len(standing_out), bands, how.pooled)
    found: BandSpectra = parts.max(axis=2).astype(np.float32) / np.float32(how.deviation)
    return found


def slide_windows(frames: BandSpectra, length: int, step: int) -> BandSpectra:
    """Return all windows of so many frames, one every `step`, (n, length, bands); none of what is shorter."""
    if len(frames) < length:
        return np.zeros((0, length, frames.shape[1]), np.float32)
    return np.lib.stride_tricks.sliding_window_view(frames, length, axis=0)[::step].transpose(0, 2, 1)
