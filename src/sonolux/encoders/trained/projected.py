"""Encoders that Sonolux trained on top of others: the descriptors of a source, projected.

The model folder holds the projection alone and names its source (`sonolux.checkpoints.inputs.SourceDescriptors`). A
source of several modalities, such as CLIP, is projected as a whole: what shared a space before shares one after. Bits
of binary codes are -1 and 1 on the way through; the signs of what comes out are the new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import SourceDescriptors
from sonolux.encoders.base import Descriptors, Encoder
from sonolux.encoders.trained.encoder import describing_part
from sonolux.errors import EncoderError

if TYPE_CHECKING:
    from torch import nn


class ProjectedEncoder(Encoder):
    """The network of a model folder, from the descriptors of one encoder to others.

    Parameters
    ----------
    folder : ModelFolder
    source : Encoder
        Of float or binary descriptors.
    name : str
    """

    gpu_share = 0.1

    def __init__(self, folder: ModelFolder, source: Encoder, name: str) -> None:
        descriptor = folder.descriptor
        self.folder = folder
        self.source = source
        self.name = name
        self.spec = str(folder.path)
        self.modality = source.modality
        self.space = descriptor.space
        self.dim = descriptor.dim
        self.kind = descriptor.kind
        self.metric = descriptor.metric
        self.digest = folder.digest
        self.licence = folder.licence
        self.sample_rate = source.sample_rate
        self.side = source.side
        self.batch_size = source.batch_size
        self.weight = source.weight

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[Any]:
        """Encode what the source takes into rows: float32 (n, dim), or packed codes uint8 (n, dim / 8)."""
        return self._projected(self.source.encode(batch))

    def encode_queries(self, queries: Sequence[Any]) -> Descriptors:
        """Encode questions as the source encodes questions."""
        return self._checked([self._projected(self.source.encode_queries(queries))], len(queries))

    def _projected(self, rows: Descriptors) -> NDArray[Any]:
        import torch

        assert isinstance(rows, np.ndarray)
        with torch.inference_mode():
            outputs: NDArray[np.float32] = self._network(torch.from_numpy(unpacked(rows))).numpy()
        return np.packbits(outputs > 0, axis=1) if self.kind == "binary" else outputs

    @cached_property
    def _network(self) -> nn.Module:
        return describing_part(self.folder.network(), self.folder.descriptor, self.folder.path)


def projected_encoders(folder: ModelFolder, sources: Sequence[Encoder]) -> list[Encoder]:
    """Return the encoders of a model folder that takes descriptors, one for each encoder of its source.

    Parameters
    ----------
    folder : ModelFolder
    sources : sequence of Encoder
        What its source resolves to.

    Raises
    ------
    EncoderError
        Where the source is not as it was when this was trained.
    """
    how = folder.preprocessing
    assert isinstance(how, SourceDescriptors)
    found = {encoder.name: encoder for encoder in sources}
    for name, digest in how.digests.items():
        _check(folder, name, digest, found)
    taken = [found[name] for name in how.digests]
    if len(taken) == 1:
        return [ProjectedEncoder(folder, taken[0], folder.path.name)]
    return [ProjectedEncoder(folder, source, f"{folder.path.name}:{source.modality}") for source in taken]


def unpacked(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return descriptors as numbers: float ones as they are, the bits of packed codes as -1 and 1."""
    if rows.dtype != np.uint8:
        return rows.astype(np.float32, copy=False)
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1


def _check(folder: ModelFolder, name: str, digest: str, found: dict[str, Encoder]) -> None:
    if name not in found:
        raise EncoderError(f"{folder.path} needs {name}, which its source has no longer: train it again")
    if found[name].kind == "sparse":
        raise EncoderError(f"{folder.path}: {name} writes words, which cannot be projected")
    if found[name].digest != digest:
        raise EncoderError(
            f"{folder.path} was trained on {name} (digest {digest[:12]}), which is now {found[name].digest[:12]}:"
            " bring back what it was, or train again"
        )
