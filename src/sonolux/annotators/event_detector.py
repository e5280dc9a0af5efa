"""Sound event detection: which sounds begin and end when in a recording, by a network that Sonolux trained.

What is less like any learned event than nearly all that were left out is ``"none"`` of the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.annotators.none import NONE
from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.familiarity import Familiarity, known_chances
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Events
from sonolux.decoding.events import find_events, mean_of_frames
from sonolux.errors import EncoderError
from sonolux.types import Annotation, Modality, Span


class EventDetector(Annotator):
    """Class, start, end and probability of each event, by the network of a model folder and its thresholds.

    Parameters
    ----------
    path : path
        Of the model folder.
    forced : bool
        Whether every event is of a class, even if it is like none of them.

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or its network hears no events.
    """

    modality = Modality.AUDIO
    window, overlap = 30.0, 10.0
    batch_size = 1

    def __init__(self, path: Path | str, *, forced: bool = False) -> None:
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
        self.forced = False
        self._network = LoadedOnce(lambda: move_to_device(self.folder.network()))
        self._familiarity = LoadedOnce(self._learned_events)
        if forced:
            self.force()

    def force(self) -> None:
        """Have every event be of a class, even if it is like none of them."""
        self.forced = True
        self.digest = digest_of(self.folder.digest, "forced")

    def annotate_batch(self, batch: Sequence[NDArray[np.float32]]) -> list[list[Annotation]]:
        """Return the events in samples at `sample_rate`; the probability of one is the mean of those of its frames."""
        return [self._events(samples) for samples in batch]

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each class in each frame, (frames, classes)."""
        return self._heard(samples)[0]

    def _heard(self, samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the probability of each class in each frame, and what the network makes of it, (frames, width)."""
        import torch

        from sonolux.checkpoints.audio_input import frames_heard

        network, device = self._network()
        with torch.inference_mode():
            scores, described = network.described(  # type: ignore[operator]
                frames_heard(samples, self.how)[None].to(device)
            )
        return scores[0].float().sigmoid().cpu().numpy(), described[0].float().cpu().numpy()

    def _events(self, samples: NDArray[np.float32]) -> list[Annotation]:
        seconds = len(samples) / self.how.rate
        chances, described = self._heard(samples)
        step = seconds / len(chances)
        found = find_events(chances, step, self.meaning.thresholds, self.meaning.smoothed)
        known = self._known([mean_of_frames(described, event, step) for event in found])
        said, strange = [], []
        for event, chance in zip(found, known, strict=True):
            span = Span(event.start, event.end)
            if chance is not None and self._refused(chance):
                strange.append(Annotation(self.name, NONE, 1 - chance, span, chance=chance))
            else:
                name = self.meaning.names[event.label]
                said.append(Annotation(self.name, name, event.probability, span, chance=chance))
        return sorted([*said, *_joined(strange)], key=lambda one: one.span.start if one.span else 0.0)

    def _known(self, rows: Sequence[NDArray[np.floating]]) -> list[float | None]:
        """Return how likely an event of the classes is as unlike learned ones as each of these."""
        if self.meaning.known is None or not rows:
            return [None] * len(rows)
        unfamiliarity = self._familiarity().unfamiliarity(np.stack(rows))
        return list(known_chances(unfamiliarity, self.meaning.known).tolist())

    def _refused(self, chance: float) -> bool:
        return self.meaning.known is not None and chance < self.meaning.known.level and not self.forced

    def _learned_events(self) -> Familiarity:
        assert self.meaning.known is not None
        return Familiarity.load(self.folder.path, self.meaning.known)


def _joined(strange: Sequence[Annotation]) -> list[Annotation]:
    """Return what is none of the classes, once where several of them claim it at the same time."""
    joined: list[Annotation] = []
    for one in strange:  # in order of their starts
        last = joined[-1] if joined else None
        if last is None or last.span is None or one.span is None or one.span.start >= last.span.end:
            joined.append(one)
            continue
        whole = Span(last.span.start, max(last.span.end, one.span.end))
        surest = max(last, one, key=lambda other: other.probability)
        joined[-1] = replace(surest, span=whole)
    return joined
