"""Recipe of speech recognition, see `sonolux.training.speech.train`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sonolux.training.augmentation.spectrograms import SpectrogramViews
from sonolux.training.fields import choice, mapping, number, part, text, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import LoopRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRecipe(LoopRecipe):
    """A network that transcribes.

    Attributes
    ----------
    units : str or None
        ``"phones"`` or ``"letters"``; None for phones where the data has a lexicon, letters where not.
    body : str
        Of the network, see `sonolux.models.sound_network`.
    views : SpectrogramViews
        How far random views of an utterance may stray; its speed and pitch are not used.
    speed : float
        Share by which utterances are heard faster or slower, at most.
    noise : float
        Standard deviation of what is added to every number of the input, whose own is 1.
    """

    method: str = choice("speech", "speech")
    architecture: str = text("sound-frames")
    arguments: dict[str, Any] = mapping(
        arguments={"hidden": 128, "layers": 2, "stacked": 3, "dropout": 0.3}, dropout=0.3
    )
    epochs: int = whole_number(80)
    batch_size: int = whole_number(16)
    learning_rate: float = number(3e-3, above=True)
    validation: float = number(0.1, 0, 1, above=True)
    units: str | None = choice(None, "phones", "letters")
    body: str = text("gru")
    views: SpectrogramViews = part(SpectrogramViews(masks=1, time=0.1, bands=0.1))
    speed: float = number(0.1, 0, 0.9)
    noise: float = number(0.15)


SPEECH = Method(SpeechRecipe, "sonolux.training.speech.learn:learn_speech")
