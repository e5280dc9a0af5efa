"""What the encoders of every family share."""

from __future__ import annotations

from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.errors import EncoderError
from sonolux.types import Modality


class HubEncoder(Encoder):
    """An encoder of one modality of a checkpoint; the encoders of one checkpoint share its space."""

    def __init__(self, checkpoint: Checkpoint, modality: Modality, dim: int) -> None:
        if not isinstance(dim, int) or dim < 1:
            raise EncoderError(f"model {checkpoint.name}: config.json is not as expected: {dim!r} is no dimension")
        self.checkpoint = checkpoint
        self.modality = modality
        self.dim = dim
        self.name = f"{checkpoint.name}:{modality}"
        self.spec = checkpoint.spec
        self.space = checkpoint.space
        self.digest = checkpoint.digest
        self.licence = checkpoint.licence
        self.weight = LEARNED if modality is Modality.IMAGE else 1.0
