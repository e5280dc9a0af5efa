"""Sound event detection: which sounds begin and end when in a recording, by a network that Sonolux trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Events
from sonolux.decoding.events import find_events
from sonolux.errors import EncoderError
from sonolux.types import Annotation, Modality, Span


class EventDetector(Annotator):
    """Class, start, end and probability of each event, by the network of a model folder and its thresholds.

    Parameters
    ----------
    path : path
        Of the model folder.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or its network hears no events.
    """

    modality = Modality.AUDIO
    window, overlap = 30.0, 10.0
    batch_size = 1

    def __init__(self, path: Path | str) -> None:
        self.folder = ModelFolder.load(path)
        how, meaning = self.folder.preprocessing, self.folder.outputs
        if not isinstance(how, Sounds) or not isinstance(meaning, Events):
            raise EncoderError(f"{self.folder.path} hears no events: train a model with `sonolux train events`")
        self.how, self.meaning = how, meaning
        self.name = self.folder.path.name
        self.spec = str(self.folder.path)
        self.digest = self.folder.digest
        self.licence = self.folder.licence
        self.sample_rate = how.rate
        self._network = LoadedOnce(lambda: move_to_device(self.folder.network()))

    def annotate_batch(self, batch: Sequence[NDArray[np.float32]]) -> list[list[Annotation]]:
        """Return the events in samples at `sample_rate`; the probability of one is the mean of those of its frames."""
        return [self._events(samples) for samples in batch]

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each class in each frame, (frames, classes)."""
        import torch

        from sonolux.checkpoints.audio_input import frames_heard

        network, device = self._network()
        with torch.inference_mode():
            scores = network(frames_heard(samples, self.how)[None].to(device))[0].float()
        chances: NDArray[np.float32] = scores.sigmoid().cpu().numpy()
        return chances

    def _events(self, samples: NDArray[np.float32]) -> list[Annotation]:
        seconds = len(samples) / self.how.rate
        chances = self.probabilities(samples)
        found = find_events(chances, seconds / len(chances), self.meaning.thresholds, self.meaning.smoothed)
        return [
            Annotation(self.name, self.meaning.names[event.label], event.probability, Span(event.start, event.end))
            for event in found
        ]
