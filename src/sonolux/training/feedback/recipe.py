"""Recipe of learning from relevance feedback, see `sonolux.training.feedback.train`."""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.training.fields import choice, number, whole_number
from sonolux.training.methods import Method
from sonolux.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRecipe(Recipe):
    """A projection of a space.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the triplets, at most, and triplets a step.
    learning_rate, weight_decay : float
        Of AdamW.
    validation : float
        Share of the queries that are held out.
    margin : float
        In standard deviations of how similarities differ.
    rank : int
        Of what is added to the identity.
    """

    method: str = choice("feedback", "feedback")
    epochs: int = whole_number(60)
    batch_size: int = whole_number(512)
    learning_rate: float = number(1e-3, above=True)
    weight_decay: float = number(1e-2)
    validation: float = number(0.2, 0, 1, above=True)
    margin: float = number(1.0, above=True)
    rank: int = whole_number(8)


FEEDBACK = Method(FeedbackRecipe, "sonolux.training.feedback.learn:learn_feedback", ())
