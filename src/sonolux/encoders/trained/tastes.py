"""Predicted taste: from whatever contents of an item are there to the factors that tell who plays it.

A model of several contents stands in a library as one encoder a modality, all of one space, for an item of a library
has one modality; `sonolux.encoders.trained.taste_model` describes an item by all of its contents at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import FusedContents, Preprocessing, Sounds, SourceDescriptors, Words
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.trained.encoder import network_input, word_counts
from sonolux.encoders.trained.projected import unpacked
from sonolux.errors import EncoderError
from sonolux.types import Modality

if TYPE_CHECKING:
    import torch

    from sonolux.models.content_fusion import ContentFusion

ARCHITECTURE = "content-fusion"


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Makes rows of one content by its part of the network.

    Attributes
    ----------
    modality : Modality
    how : Preprocessing, Words, Sounds or SourceDescriptors
    source : Encoder or None
        Whose descriptors the network takes, if it takes those of another encoder.
    """

    modality: Modality
    how: Preprocessing | Words | Sounds | SourceDescriptors
    source: Encoder | None = None

    @property
    def sample_rate(self) -> int:
        """Hertz at which sound has to come."""
        if self.source is not None:
            return self.source.sample_rate
        return self.how.rate if isinstance(self.how, Sounds) else 0

    @property
    def side(self) -> int:
        """Pixels a side to which an image may be reduced before; 0 for none."""
        return 0 if self.source is None else self.source.side

    def rows(self, network: ContentFusion, batch: Sequence[Any]) -> tuple[torch.Tensor, NDArray[np.bool_]]:
        """Return rows (n, p), and which of the batch hold anything that can be described, (n,)."""
        import torch

        name = str(self.modality)
        if isinstance(self.how, Sounds):
            return self._heard(network, batch, self.how)
        if self.source is not None:
            # As they were described while it learned.
            encode = self.source.encode_queries if self.modality is Modality.TEXT else self.source.encode
            inputs = unpacked(np.asarray(encode(batch)))
        elif isinstance(self.how, Words):
            inputs = word_counts(batch, self.how)
        else:
            assert isinstance(self.how, Preprocessing)
            return network.rows(name, torch.from_numpy(network_input(batch, self.how))), np.ones(len(batch), np.bool_)
        return network.rows(name, torch.from_numpy(inputs)), np.asarray(inputs.any(axis=1))

    def _heard(
        self, network: ContentFusion, batch: Sequence[Any], how: Sounds
    ) -> tuple[torch.Tensor, NDArray[np.bool_]]:
        import torch

        from sonolux.checkpoints.audio_input import frames_heard, parts_of

        parts = [parts_of(frames_heard(samples, how), how) for samples in batch]
        rows = torch.stack([network.rows(str(self.modality), part).mean(dim=0) for part in parts])
        return rows, np.array([bool(np.any(samples)) for samples in batch], np.bool_)


class ContentEncoder(Encoder):
    """An encoder of one modality of a model of several contents.

    Parameters
    ----------
    folder : ModelFolder
    network : LoadedOnce
        The same for all modalities.
    reader : ContentReader
    """

    gpu_share = 0.1

    def __init__(self, folder: ModelFolder, network: LoadedOnce[ContentFusion], reader: ContentReader) -> None:
        self.folder = folder
        self.network = network
        self.reader = reader
        self.name = f"{folder.path.name}:{reader.modality}"
        self.spec = str(folder.path)
        self.modality = reader.modality
        self.sample_rate = reader.sample_rate
        self.side = reader.side
        self.space = folder.descriptor.space
        self.dim = folder.descriptor.dim
        self.metric = folder.descriptor.metric
        self.digest = folder.digest
        self.licence = folder.licence
        self.weight = 1.0 if reader.modality is Modality.TEXT else LEARNED

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode what the model takes of this modality into rows (n, dim)."""
        import torch

        network = self.network()
        with torch.inference_mode():
            rows, _ = self.reader.rows(network, batch)
            return np.asarray(network({str(self.modality): rows}).numpy(), np.float32)


def content_encoders(folder: ModelFolder, sources: Mapping[Any, Sequence[Encoder]]) -> list[Encoder]:
    """Return the encoders of a model folder of several contents, one a modality.

    Parameters
    ----------
    folder : ModelFolder
    sources : mapping of str to sequence of Encoder
        What the sources of its contents resolve to, by modality.

    Raises
    ------
    EncoderError
        Where a source is not as it was when this was trained, or the record contradicts itself.
    """
    how = folder.preprocessing
    assert isinstance(how, FusedContents)
    if folder.architecture.name != ARCHITECTURE or set(folder.architecture.arguments.get("contents", ())) != set(
        how.contents
    ):
        raise EncoderError(f"{folder.path}: architecture {folder.architecture.name} does not fit its contents")
    network: LoadedOnce[Any] = LoadedOnce(folder.network)
    readers = []
    for modality, taken in how.contents.items():
        source = _source_of(folder, taken, sources[modality]) if isinstance(taken, SourceDescriptors) else None
        readers.append(ContentReader(Modality(modality), taken, source))
    return [ContentEncoder(folder, network, reader) for reader in readers]


def _source_of(folder: ModelFolder, how: SourceDescriptors, encoders: Sequence[Encoder]) -> Encoder:
    for encoder in encoders:
        if how.digests.get(encoder.name) == encoder.digest and encoder.kind != "sparse":
            return encoder
    names = ", ".join(how.digests)
    raise EncoderError(f"{folder.path} was trained on another {names} of {how.source}: bring back what it was")
