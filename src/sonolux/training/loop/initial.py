"""Weight initialisation: a network with its first weights, drawn by the seed of its recipe."""

from __future__ import annotations

import torch
from torch import nn

from sonolux.checkpoints.folder import Architecture
from sonolux.errors import EncoderError, TrainingError
from sonolux.models import registry
from sonolux.training.recipe import LoopRecipe


def build_network(architecture: Architecture, recipe: LoopRecipe) -> nn.Module:
    """Return a network of this architecture, on the CPU.

    Raises
    ------
    TrainingError
        Where there is no such architecture, or it does not take its arguments.
    """
    torch.manual_seed(recipe.seed)
    try:
        return registry.build(architecture.name, architecture.arguments)
    except (EncoderError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"no network can be built of {recipe.architecture} {recipe.arguments}: {error}") from error
