"""Hyperparameters: everything that decides what a training ends with, saved resolved beside the weights.

Each method has a recipe of its own, a dataclass whose fields are checked (`sonolux.training.fields`) and registered
with the method (`sonolux.training.methods`). Here is what they share.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sonolux.training.fields import check_fields, mapping, number, text, whole_number

LARGEST_SEED = 10**8 - 1
"""Of which every batch of every epoch has a seed of its own that torch takes, 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What every method has.

    Attributes
    ----------
    method : str
        Name under which the method is registered.
    seed : int
        Of all that is drawn at random: weights, order, views, what is held out.
    """

    method: str = text("")
    seed: int = whole_number(0, least=0, most=LARGEST_SEED)

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def resumable(self) -> bool:
        """Whether a training by it that was stopped goes on where it was."""
        return False

    def resolved(self) -> dict[str, Any]:
        """Return the recipe as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRecipe(Recipe):
    """What every method has that trains a network epoch by epoch (`sonolux.training.loop`).

    Attributes
    ----------
    architecture : str
        Network, by its name in `sonolux.models.registry`.
    arguments : dict
        Of its constructor.
    epochs, batch_size : int
        Passes over the data, at most, and items a step.
    learning_rate, weight_decay : float
        Of AdamW, the first at its highest: it warms up over a tenth of the steps and falls to 0 along a cosine
        (Smith 2018, "A disciplined approach to neural network hyper-parameters").
    validation : float
        Share of the items that are held out, and tell how good the network is.
    patience : int
        Epochs without a better score on these after which training stops; 0 for never.
    """

    architecture: str = text("small-resnet")
    arguments: dict[str, Any] = mapping()
    epochs: int = whole_number(30)
    batch_size: int = whole_number(512)
    learning_rate: float = number(2e-3, above=True)
    weight_decay: float = number(1e-3)
    validation: float = number(0.05, 0, 1, above=True)
    patience: int = whole_number(0, least=0)

    @property
    def resumable(self) -> bool:
        """Whether a training by it that was stopped goes on where it was: from its last whole epoch."""
        return True
