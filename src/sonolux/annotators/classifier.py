"""Classification: labels of images or sounds, by a model folder that names its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Labels
from sonolux.encoders.trained.encoder import files_taken, modality_of, network_input
from sonolux.errors import EncoderError
from sonolux.types import Annotation

if TYPE_CHECKING:
    import torch

BEST = 5
"""Labels of an input, if nothing else is asked, and those that a library keeps: top five, as ImageNet's challenge."""

LEAST = 0.05
"""Probability below which a library keeps no label."""


class Classifier(Annotator):
    """The most probable labels of an image or a sound, by the network of a model folder and its temperature.

    Parameters
    ----------
    path : path
        Of the model folder.
    k : int
        Labels of an input.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or is no classifier's.
    """

    def __init__(self, path: Path | str, k: int = BEST) -> None:
        self.folder = ModelFolder.load(path)
        self.labels = _labels_of(self.folder)
        how = files_taken(self.folder)
        self.modality = modality_of(how)
        self.sample_rate = how.rate if isinstance(how, Sounds) else 0
        self.name = self.folder.path.name
        self.spec = str(self.folder.path)
        self.digest = self.folder.digest
        self.licence = self.folder.licence
        self.k = k
        self._network = LoadedOnce(lambda: move_to_device(self.folder.network()))

    def annotate_batch(self, batch: Sequence[NDArray[Any]]) -> list[list[Annotation]]:
        """Return the labels of images (h, w, 3) or samples, best first; those of one are parts of a whole of 1."""
        chances = self.probabilities(batch)
        best = np.argsort(-chances, axis=1, kind="stable")[:, : self.k]
        names = self.labels.names
        return [
            [Annotation(self.name, names[label], float(row[label])) for label in order]
            for row, order in zip(chances, best, strict=True)
        ]

    def keep(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Choose the best few labels of those that are likely enough."""
        return [annotation for annotation in annotations if annotation.probability >= LEAST][:BEST]

    def probabilities(self, batch: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """Return the probability of every label, float32 (n, labels), in the order of ``labels.names``."""
        import torch

        scores = self._scores(batch) / self.labels.temperature
        chances: NDArray[np.float32] = torch.softmax(scores, dim=1).numpy()
        if chances.shape[1] != len(self.labels.names):
            raise EncoderError(f"{self.spec} has {len(self.labels.names)} labels, but {chances.shape[1]} outputs")
        return chances

    def _scores(self, batch: Sequence[NDArray[Any]]) -> torch.Tensor:
        import torch

        network, device = self._network()
        if isinstance(self.folder.preprocessing, Sounds):
            from sonolux.checkpoints.audio_input import heard

            return heard(network, batch, self.folder.preprocessing, device)
        inputs = torch.from_numpy(network_input(batch, self.folder.images)).to(device)
        with torch.inference_mode():
            scores: torch.Tensor = network(inputs).float().cpu()
        return scores


def _labels_of(folder: ModelFolder) -> Labels:
    if not isinstance(folder.outputs, Labels):
        raise EncoderError(f"{folder.path} names no labels: train a model that does with `sonolux train labels`")
    return folder.outputs
