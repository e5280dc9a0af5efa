"""Base of the encoders of every family of hub models."""

from __future__ import annotations

from functools import cached_property

from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.errors import EncoderError
from sonolux.types import Modality


class HubEncoder(Encoder):
    """An encoder of one modality of a checkpoint; the encoders of one checkpoint share its space.

    Parameters
    ----------
    checkpoint : Checkpoint
    modality : Modality
    dim : int or None
        As the configuration tells it; None where the encoder has its own way to find it.
    """

    gpu_share = 0.25

    def __init__(self, checkpoint: Checkpoint, modality: Modality, dim: int | None) -> None:
        if dim is not None:
            if not isinstance(dim, int) or dim < 1:
                raise EncoderError(f"model {checkpoint.name}: config.json is not as expected: {dim!r} is no dimension")
            self.dim = dim
        self.checkpoint = checkpoint
        self.modality = modality
        self.name = f"{checkpoint.name}:{modality}"
        self.spec = checkpoint.spec
        self.space = checkpoint.space
        self.licence = checkpoint.licence
        self.weight = LEARNED

    @cached_property
    def digest(self) -> str:  # type: ignore[override]
        """Of the checkpoint; hashes its weights where that was not done before."""
        return self.checkpoint.digest
