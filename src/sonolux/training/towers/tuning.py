"""Hyperparameters of fine-tuning: how a network that has learned before learns on, below heads that are new."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.training.fields import check_fields, number, whole_number


@dataclass(frozen=True, slots=True)
class TowerTuning:
    """How the thawed layers of a tower learn, together with what stands above them.

    Attributes
    ----------
    epochs, batch_size : int
        Passes, at most, and pairs or items a step; what is held out within them finds how many are best, or none.
    learning_rate : float
        Of the tower, at its highest; small, for it has learned before.
    patience : int
        Passes without a better score on what chooses, after which it stops; 0 for never.
    """

    epochs: int = whole_number(6)
    batch_size: int = whole_number(32, least=2)
    learning_rate: float = number(1e-4, above=True)
    patience: int = whole_number(2, least=0)

    def __post_init__(self) -> None:
        check_fields(self)
