"""Voice activity detection: where in a recording somebody speaks, by the weights of `sonolux.models.silero_vad`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.digest import file_sha256
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.errors import EncoderError
from sonolux.models.silero_vad import CHUNK, RATE
from sonolux.types import Annotation, Modality, Span

if TYPE_CHECKING:
    from torch import nn

LABEL = "speech"

BEGINS, ENDS = 0.5, 0.35
"""Probabilities from which somebody begins to speak, and below which nobody does any more."""

SHORTEST, PAUSE = 0.25, 0.3
"""Seconds of speech, and between two stretches of it, at least."""

AROUND = 0.1
"""Seconds before and after speech that belong to it: consonants are soft."""


class VoiceActivity(Annotator):
    """Stretches of speech, and the mean probability of each.

    Parameters
    ----------
    path : path
        Of the weights, ``.safetensors``.

    Raises
    ------
    EncoderError
        For a missing file; where it is first used, for one that holds other weights.
    """

    modality = Modality.AUDIO
    sample_rate = RATE
    window, overlap = 60.0, 20.0
    batch_size = 1

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().resolve()
        if not self.path.is_file():
            raise EncoderError(f"{path} is not there: name the weights of the voice activity, a .safetensors file")
        self.name = self.path.stem
        self.spec = str(self.path)
        self.licence = "MIT"
        self._network = LoadedOnce(lambda: move_to_device(self._loaded()))

    @cached_property
    def digest(self) -> str:  # type: ignore[override]
        """SHA-256 of the weights; the first use reads them."""
        return file_sha256(self.path)

    def annotate_batch(self, batch: Sequence[NDArray[np.float32]]) -> list[list[Annotation]]:
        """Return the stretches of speech in samples at 16,000 Hz."""
        return [self._spoken(samples) for samples in batch]

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech in each chunk of 512 samples."""
        import torch

        if not len(samples):
            return np.empty(0, np.float32)
        network, device = self._network()
        with torch.inference_mode():
            heard: NDArray[np.float32] = network(torch.from_numpy(samples).to(device)).cpu().numpy()
        return heard

    def _spoken(self, samples: NDArray[np.float32]) -> list[Annotation]:
        chances = self.probabilities(samples)
        seconds = len(samples) / RATE
        return [
            Annotation(
                self.name,
                LABEL,
                float(chances[start:end].mean()),
                Span(max(start * CHUNK / RATE - AROUND, 0.0), min(end * CHUNK / RATE + AROUND, seconds)),
            )
            for start, end in stretches(chances)
        ]

    def _loaded(self) -> nn.Module:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from sonolux.models.silero_vad import SileroVad

        network = SileroVad()
        try:
            network.load_state_dict(load_file(self.path))
        except (RuntimeError, OSError, SafetensorError) as error:
            reason = " ".join(str(error).split())[:200]
            raise EncoderError(f"{self.path} holds no weights of the voice activity: {reason}") from error
        return network.eval()


def stretches(chances: NDArray[np.floating], pause: float = PAUSE) -> list[tuple[int, int]]:
    """Return start and end of each stretch of speech, in chunks, given the probability of each chunk.

    Parameters
    ----------
    chances : ndarray, shape (chunks,)
    pause : float
        Seconds without speech that part two stretches.
    """
    apart, shortest = round(pause * RATE / CHUNK), round(SHORTEST * RATE / CHUNK)
    found: list[tuple[int, int]] = []
    start: int | None = None
    for place, chance in enumerate([*chances.tolist(), 0.0]):
        if start is None and chance >= BEGINS:
            start = place
        elif start is not None and chance < ENDS:
            if found and start - found[-1][1] < apart:
                start = found.pop()[0]
            found.append((start, place))
            start = None
    return [(start, end) for start, end in found if end - start >= shortest]
