"""Classification: labels of images or sounds, by a model folder that names its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.annotators.none import NONE
from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.familiarity import Familiarity, known_chances
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Sounds, SourceDescriptors
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Labels
from sonolux.encoders.base import Encoder
from sonolux.encoders.registry import resolve
from sonolux.encoders.trained.encoder import files_taken, modality_of, network_input
from sonolux.encoders.trained.projected import ProjectedEncoder, unpacked
from sonolux.errors import EncoderError
from sonolux.types import Annotation

if TYPE_CHECKING:
    import torch
    from torch import nn

BEST = 5
"""Labels of an input, if nothing else is asked, and those that a library keeps: top five, as ImageNet's challenge."""

LEAST = 0.05
"""Probability below which a library keeps no label."""


NEVER = 1e-12
"""Chance of what shows nothing."""


class Classifier(Annotator):
    """The most probable labels of an image or a sound, by the network of a model folder and its temperature.

    What is less like anything learned than nearly all items of the classes is ``"none"`` of them, where the model has
    learned to tell (`sonolux.checkpoints.familiarity`).

    Parameters
    ----------
    path : path
        Of the model folder.
    k : int
        Labels of an input.
    forced : bool
        Whether every input gets labels, even if it is none of them.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or is no classifier's.
    """

    def __init__(self, path: Path | str, k: int = BEST, *, forced: bool = False) -> None:
        self.folder = ModelFolder.load(path)
        self.labels = _labels_of(self.folder)
        self.source = _source_of(self.folder)
        if self.source is None:
            how = files_taken(self.folder)
            self.modality = modality_of(how)
            self.sample_rate = how.rate if isinstance(how, Sounds) else 0
        else:
            self.modality, self.sample_rate = self.source.modality, self.source.sample_rate
        self.name = self.folder.path.name
        self.spec = str(self.folder.path)
        self.digest = digest_of(self.folder.digest, "forced") if forced else self.folder.digest
        self.licence = self.folder.licence
        self.k = k
        self.forced = forced
        self._network = LoadedOnce(self._loaded)
        self._familiarity = LoadedOnce(self._learned_items)

    def force(self) -> None:
        """Have every input labelled, even if it is none of the classes."""
        self.forced = True
        self.digest = digest_of(self.folder.digest, "forced")

    def annotate_batch(self, batch: Sequence[NDArray[Any]]) -> list[list[Annotation]]:
        """Return the labels of images (h, w, 3) or samples, best first; those of one are parts of a whole of 1."""
        probable, known = self._judged(batch)
        best = np.argsort(-probable, axis=1, kind="stable")[:, : self.k]
        return [self._said(*one) for one in zip(probable, best, known, strict=True)]

    def keep(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Choose the best few labels of those that are likely enough."""
        return [annotation for annotation in annotations if annotation.probability >= LEAST][:BEST]

    def probabilities(self, batch: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """Return the probability of every label, float32 (n, labels), in the order of ``labels.names``."""
        return self._judged(batch)[0]

    def chances(self, batch: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Return how likely an item of the classes is as unlike what was learned, (n,); 1 where that is not known."""
        return np.array([1.0 if chance is None else chance for chance in self._judged(batch)[1]])

    def _said(self, probable: NDArray[np.float32], order: NDArray[np.intp], chance: float | None) -> list[Annotation]:
        known = self.labels.known
        if known is not None and chance is not None and chance < known.level and not self.forced:
            return [Annotation(self.name, NONE, 1 - chance, chance=chance)]
        names = self.labels.names
        return [Annotation(self.name, names[label], float(probable[label]), chance=chance) for label in order]

    def _judged(self, batch: Sequence[NDArray[Any]]) -> tuple[NDArray[np.float32], list[float | None]]:
        """Return the probability of every label, and of each input the chance that it is known."""
        import torch

        outputs = self._outputs(batch)
        count, dim = len(self.labels.names), self.folder.descriptor.dim
        known = self.labels.known
        if outputs.shape[1] < count or (known is None and outputs.shape[1] != count):
            raise EncoderError(f"{self.spec} has {count} labels, but {outputs.shape[1]} outputs")
        probable: NDArray[np.float32] = torch.softmax(outputs[:, :count] / self.labels.temperature, dim=1).numpy()
        if known is None:
            return probable, [None] * len(batch)
        chances = known_chances(self._familiarity().unfamiliarity(outputs[:, count : count + dim].numpy()), known)
        if not known.empty:
            chances[outputs[:, -1].numpy() == 0] = NEVER
        return probable, chances.tolist()

    def _outputs(self, batch: Sequence[NDArray[Any]]) -> torch.Tensor:
        """Return the scores of labels; where the model knows what is none of them, also its descriptors.

        Of a model on the descriptors of an encoder, the last column is 0 where those are zeros, and 1 elsewhere.
        """
        import torch

        network, device = self._network()
        how = self.folder.preprocessing
        if isinstance(how, Sounds):
            from sonolux.checkpoints.audio_input import heard

            return heard(network, batch, how, device)
        if self.source is not None:
            inputs = torch.from_numpy(unpacked(np.asarray(self.source.encode(batch))))
        else:
            inputs = torch.from_numpy(network_input(batch, self.folder.images))
        with torch.inference_mode():
            outputs: torch.Tensor = network(inputs.to(device)).float().cpu()
        if self.source is not None and self.labels.known is not None:
            seen = inputs.any(dim=1, keepdim=True).float()
            outputs = torch.cat([outputs, seen], dim=1)
        return outputs

    def _loaded(self) -> tuple[nn.Module, torch.device]:
        from sonolux.models.feature_extractor import OutputWithLayer

        network = self.folder.network()
        if self.labels.known is not None:
            network = OutputWithLayer(network, self.folder.descriptor.layer, self.folder.descriptor.pooling)
        return move_to_device(network)

    def _learned_items(self) -> Familiarity:
        assert self.labels.known is not None
        return Familiarity.load(self.folder.path, self.labels.known)


def _source_of(folder: ModelFolder) -> Encoder | None:
    """Return the encoder whose descriptors a model takes, None for one that takes media."""
    if not isinstance(folder.preprocessing, SourceDescriptors):
        return None
    [seeing, *_] = resolve(str(folder.path))
    assert isinstance(seeing, ProjectedEncoder)
    return seeing.source


def _labels_of(folder: ModelFolder) -> Labels:
    if not isinstance(folder.outputs, Labels):
        raise EncoderError(f"{folder.path} names no labels: train a model that does with `sonolux train labels`")
    return folder.outputs
