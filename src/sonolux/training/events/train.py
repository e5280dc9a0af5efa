"""Training of sound event detection: clips or labelled recordings in, a model folder that says what sounds when out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.data import sounds
from sonolux.training.events.recipe import EventsRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.checkpoints.inputs import Sounds
    from sonolux.training.data.events import LabelledRecordings, SoundscapeData
    from sonolux.training.loop.trained import TrainingProgress

HOP_SECONDS = 0.02
"""From one frame to the next: events are found to within a few of them."""


def make_event_input(rate: int) -> Sounds:
    """Return how sounds become inputs of a network that hears events, as fits a rate in hertz."""
    return sounds.make_sound_input(rate, hop=round(HOP_SECONDS * rate))


def train_events(
    data: SoundscapeData | LabelledRecordings,
    recipe: EventsRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train a network that hears events, and write it as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    data : SoundscapeData or LabelledRecordings
        What is held out of clips is scenes that nothing was learned from, of the same clips.
    recipe : EventsRecipe
    folder : Path
    licence : str
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``: ``segment-f1`` of what is held out, by which thresholds were chosen.

    Raises
    ------
    TrainingError
        Where nothing can be learned from this, or the folder holds something else.
    """
    return run(data, recipe, folder, licence, progress, takes=EventsRecipe)
