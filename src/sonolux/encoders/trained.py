"""Encoders that Sonolux trained: a model folder in use."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.device import chosen_device
from sonolux.encoders.model_folder import ModelFolder, Preprocessing
from sonolux.errors import EncoderError
from sonolux.types import Modality

if TYPE_CHECKING:
    import torch
    from torch import nn

_loading = threading.Lock()


class TrainedEncoder(Encoder):
    """The network of a model folder, from pictures to float vectors or binary codes.

    Parameters
    ----------
    folder : path or ModelFolder

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`.
    """

    def __init__(self, folder: Path | str | ModelFolder) -> None:
        self.folder = folder if isinstance(folder, ModelFolder) else ModelFolder.load(folder)
        self.descriptor = descriptor = self.folder.descriptor
        self.modality = Modality(self.folder.pictures.modality)
        self.name = self.folder.path.name
        self.spec = str(self.folder.path)
        self.space = descriptor.space
        self.dim = descriptor.dim
        self.kind = descriptor.kind
        self.metric = descriptor.metric
        self.digest = self.folder.digest
        self.licence = self.folder.licence

    def encode_batch(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[Any]:
        """Encode pictures (h, w, 3) into rows: float32 (n, dim), or packed codes uint8 (n, dim / 8)."""
        import torch

        network, device = self._ready()
        inputs = network_input(batch, self.folder.pictures)
        with torch.inference_mode():
            outputs: NDArray[np.float32] = network(torch.from_numpy(inputs).to(device)).cpu().numpy()
        return np.packbits(outputs > 0, axis=1) if self.kind == "binary" else outputs

    def _ready(self) -> tuple[nn.Module, torch.device]:
        with _loading:
            return self._placed

    @cached_property
    def _placed(self) -> tuple[nn.Module, torch.device]:
        device = chosen_device()
        return self._described_by(self.network).to(device), device

    @cached_property
    def network(self) -> nn.Module:
        """The whole network; the first use loads its weights."""
        return self.folder.network()

    def _described_by(self, network: nn.Module) -> nn.Module:
        """Return the network as far as the layer that describes pictures."""
        descriptor = self.descriptor
        if not descriptor.layer:
            return network
        from sonolux.models.cut import LayerDescriptor

        try:
            return LayerDescriptor(network, descriptor.layer, descriptor.pooling)
        except ValueError as error:
            raise EncoderError(f"{self.folder.path}: {error}") from error


def network_input(batch: Sequence[NDArray[np.uint8]], how: Preprocessing) -> NDArray[np.float32]:
    """Return pictures (h, w, 3) as the network takes them: float32 (n, channels, height, width)."""
    from PIL import Image

    mode = "L" if how.channels == "grey" else "RGB"
    resized = [
        np.asarray(Image.fromarray(pixels).convert(mode).resize((how.width, how.height), Image.Resampling.BILINEAR))
        for pixels in batch
    ]
    stacked = np.stack(resized).reshape(len(batch), how.height, how.width, -1) / np.float32(255)
    normalised = (stacked - np.array(how.mean, np.float32)) / np.array(how.deviation, np.float32)
    return np.ascontiguousarray(np.moveaxis(normalised, -1, 1))
