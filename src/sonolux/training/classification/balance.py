"""Class balance: whether classes count alike that are of unequal size."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from sonolux.training.classification.recipes import LabelsRecipe, SoundsRecipe
from sonolux.training.data.sources import Labelled, counts_of

BalancedRecipe = TypeVar("BalancedRecipe", LabelsRecipe, SoundsRecipe)

UNEQUAL = 5
"""Times that the largest class may be larger than the smallest before classes count alike."""


def decide_balance(recipe: BalancedRecipe, items: Labelled) -> BalancedRecipe:
    """Return the recipe with ``balanced`` decided: as it says, or where the classes of the items are very unequal."""
    if recipe.balanced is not None:
        return recipe
    counts = counts_of(items).values()
    return replace(recipe, balanced=max(counts) > UNEQUAL * min(counts))
