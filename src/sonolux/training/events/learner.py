"""Event detectors on their way: networks of frames, from scenes whose events are known in time, or only to be there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.audio_input import silence
from sonolux.checkpoints.inputs import Sounds
from sonolux.decoding.events import find_events, mark_frames
from sonolux.metrics.classification import f1_of_counts
from sonolux.metrics.events import Event, EventLists, segment_activity
from sonolux.training.augmentation.spectrograms import masked
from sonolux.training.data.events import EventData
from sonolux.training.events.recipe import EventsRecipe
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.losses.frame_entropy import strong_loss, weak_loss
from sonolux.training.losses.linear_softmax import linear_softmax

Told = list[Event] | set[str]
"""What is known of a recording: its events, or the classes that are somewhere in it."""

THRESHOLD, SMOOTHED = 0.5, 5
"""By which epochs are compared; classes get their own thresholds afterwards."""


class EventLearner(Learner):
    """A network of frames on its way.

    Parameters
    ----------
    network : torch module
        From frames (n, frames, bands) to scores (n, fewer frames, classes).
    learned, held_out : EventData
    recipe : EventsRecipe
    how : Sounds
        Of the model to be, with mean and deviation.
    """

    def __init__(
        self, network: nn.Module, learned: EventData, held_out: EventData, recipe: EventsRecipe, how: Sounds
    ) -> None:
        super().__init__(network, recipe, learned.fingerprint(), len(learned))
        self.learned = learned
        self.how = how
        self.views = recipe.views
        self.held_out: list[torch.Tensor] = []
        self.told: list[Told] = []
        self.judge_by(held_out)
        self.classes = learned.classes
        self.numbers = {name: number for number, name in enumerate(learned.classes)}

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare the probability of each class in each frame with what is known."""
        items = [self.learned.item(row, self.current_epoch) for row in rows.tolist()]
        frames = nn.utils.rnn.pad_sequence(
            [self.standardised(frames) for frames, _ in items], batch_first=True, padding_value=silence(self.how)
        )
        scores = self.network(masked(frames, self.views).to(self.device)).float()
        if isinstance(items[0][1], set):
            return weak_loss(scores, torch.stack([self._somewhere(told) for _, told in items]).to(self.device))
        step = self.seconds(frames.shape[1]) / scores.shape[1]
        wanted = torch.stack([self._when(told, scores.shape[1], step) for _, told in items]).to(self.device)
        return strong_loss(scores, wanted)

    def judge_by(self, held_out: EventData) -> None:
        """Take other items to be judged by, from which nothing is learned."""
        items = [held_out.item(row, 0) for row in range(len(held_out))]
        self.held_out = [self.standardised(frames) for frames, _ in items]
        self.told = [told for _, told in items]

    def score(self) -> float:
        """Return F1 over segments of a second of what is held out, or over whole recordings where no more is known."""
        right, said, there = self.counts([THRESHOLD] * len(self.numbers), SMOOTHED).sum(axis=0).tolist()
        return f1_of_counts(right, said, there)

    @torch.no_grad()
    def counts(self, thresholds: Sequence[float], smoothed: int) -> NDArray[np.int64]:
        """Return of each item held out how many segments are found and right, found, and there, (items, 3)."""
        counted = []
        for chances, frames, told in zip(self.probabilities(), self.held_out, self.told, strict=True):
            if isinstance(told, set):
                mine = linear_softmax(torch.from_numpy(chances)[None])[0].numpy() >= np.array(thresholds)
                theirs = self._somewhere(told).numpy() > 0
            else:
                seconds = self.seconds(len(frames))
                found = self.events(chances, seconds, thresholds, smoothed)
                mine, theirs = (segment_activity(events, seconds, tuple(self.numbers)) for events in (found, told))
            counted.append([int((mine & theirs).sum()), int(mine.sum()), int(theirs.sum())])
        return np.array(counted)

    @in_eval_mode
    def probabilities(self) -> list[NDArray[np.float32]]:
        """Return the probability of each class in each frame of each recording held out, (frames, classes)."""
        return [self.network(f[None].to(self.device))[0].float().sigmoid().cpu().numpy() for f in self.held_out]

    def seconds(self, frames: int) -> float:
        """Return how long so many frames are."""
        return frames * self.how.hop / self.how.rate

    def events(
        self, chances: NDArray[np.float32], seconds: float, thresholds: Sequence[float], smoothed: int
    ) -> list[Event]:
        """Return the events in the probabilities of a recording."""
        names = tuple(self.numbers)
        found = find_events(chances, seconds / len(chances), thresholds, smoothed)
        return [Event(names[event.label], event.start, min(event.end, seconds)) for event in found]

    def recordings(self, thresholds: Sequence[float], smoothed: int) -> list[EventLists]:
        """Return what is found and what is there in the recordings held out, whose events are known."""
        return [
            (self.events(chances, self.seconds(len(frames)), thresholds, smoothed), told)
            for chances, frames, told in zip(self.probabilities(), self.held_out, self.told, strict=True)
            if isinstance(told, list)
        ]

    def standardised(self, frames: torch.Tensor) -> torch.Tensor:
        """Return frames as the network takes them."""
        return (frames.float() - self.how.mean) / self.how.deviation

    def _somewhere(self, told: Told) -> torch.Tensor:
        return torch.tensor([float(name in told) for name in self.numbers])

    def _when(self, told: Told, frames: int, step: float) -> torch.Tensor:
        known = [(self.numbers[event.label], event.start, event.end) for event in told if isinstance(event, Event)]
        return torch.from_numpy(mark_frames(known, frames, len(self.numbers), step))
