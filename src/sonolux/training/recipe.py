"""How a model is trained: everything that decides the outcome, saved resolved beside the weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sonolux.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Recipe:
    """Model, loss and schedule.

    Attributes
    ----------
    method : str
        What is learned from: see `sonolux.training.methods`.
    bits : int
        Length of the code, a multiple of 8.
    architecture : str
        Network, by its name in `sonolux.models.registry`.
    arguments : dict
        Of the network's constructor.
    start : str
        Model folder or torch checkpoint whose weights the network starts from; empty for random ones.
    side : int
        Images are resized to so many pixels, height and width.
    epochs, batch : int
        Passes over the data, at most, and images a step.
    learning_rate, weight_decay : float
        Of AdamW, the first at its highest: it warms up over a tenth of the steps and falls to 0 along a cosine
        (Smith 2018, "A disciplined approach to neural network hyper-parameters").
    held_out : float
        Share of the images that are kept apart and tell how well retrieval works.
    patience : int
        Epochs without a better held-out score after which training stops; 0 for never.
    seed : int
        Of the weights, the order of the images, their views and the split.
    options : dict
        What the method alone knows: temperature, margin ...
    """

    method: str
    bits: int = 256
    architecture: str = "small-resnet"
    arguments: dict[str, Any] = field(default_factory=dict)
    start: str = ""
    side: int = 32
    epochs: int = 30
    batch: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    held_out: float = 0.05
    patience: int = 0
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("bits", "side", "epochs", "batch"):
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} is at least 1, not {getattr(self, name)}")
        if not 0 < self.held_out < 1:
            raise TrainingError(f"held_out is a share between 0 and 1, not {self.held_out}")
        if not 0 < self.learning_rate < float("inf"):
            raise TrainingError(f"learning_rate is a positive number, not {self.learning_rate}")

    def resolved(self) -> dict[str, Any]:
        """Return the recipe as plain data."""
        return asdict(self)
