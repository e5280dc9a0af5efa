"""Objective of fusion: the loss of the answers, and beside it that of an adversary who tells modalities apart.

The adversary is there while it learns, and not kept.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from sonolux.models.fusion_network import FusionNetwork
from sonolux.models.modality_discriminator import ModalityDiscriminator
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.losses.modality_confusion import modality_confusion


class FusionObjective(nn.Module):
    """A fusion network and what it learns by.

    Parameters
    ----------
    network : FusionNetwork
    kind : str
        What answers are, see `sonolux.training.fusion.data.AnswerKind`.
    recipe : FuseRecipe
    """

    def __init__(self, network: FusionNetwork, kind: str, recipe: FuseRecipe) -> None:
        super().__init__()
        self.network = network
        self.kind = kind
        self.weight = recipe.adversarial
        adversary = recipe.adversarial and len(network.widths) > 1
        self.discriminator = ModalityDiscriminator(recipe.hidden, len(network.widths)) if adversary else None

    def forward(self, rows: torch.Tensor, there: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """Return the loss over items: rows (n, sum of inputs), there (n, modalities), answers (n, outputs)."""
        embeddings = self.network.embedded(rows, there)
        loss = answer_loss(self.kind, self.network.answered(embeddings, there), answers)
        if self.discriminator is None:
            return loss
        return loss + self.weight * modality_confusion(self.discriminator, embeddings, there)


def answer_loss(kind: str, outputs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of outputs, as the kind of answers has it."""
    if kind == "class":
        return functional.cross_entropy(outputs, answers)
    if kind == "tags":
        return functional.binary_cross_entropy_with_logits(outputs, answers)
    return functional.mse_loss(outputs, answers)
