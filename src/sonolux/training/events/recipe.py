"""Recipe of sound event detection, see `sonolux.training.events.train`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sonolux.training.augmentation.spectrograms import SpectrogramViews
from sonolux.training.fields import choice, mapping, number, part, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import LoopRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsRecipe(LoopRecipe):
    """A network that says what sounds when.

    Attributes
    ----------
    body : str
        Of the network, see `sonolux.models.sound_network`.
    views : SpectrogramViews
        How far random views of a scene may stray; its speed and pitch are not used.
    scenes : int or None
        Soundscapes of an epoch; None for as many as the data says.
    seconds : float or None
        Of each; None for as the data says.
    """

    method: str = choice("events", "events")
    architecture: str = text("sound-frames")
    arguments: dict[str, Any] = mapping(arguments={"widths": [16, 32, 64, 64], "strides": [2, 2, 1, 1]})
    epochs: int = whole_number(60)
    batch_size: int = whole_number(16)
    learning_rate: float = number(3e-3, above=True)
    weight_decay: float = number(1e-2)
    validation: float = number(0.15, 0, 1, above=True)
    body: str = text("crnn")
    views: SpectrogramViews = part(SpectrogramViews(masks=1, time=0.05, bands=0.1))
    scenes: int | None = whole_number(None)
    seconds: float | None = number(None, above=True)


EVENTS = Method(EventsRecipe, "sonolux.training.events.learn:learn_events")
