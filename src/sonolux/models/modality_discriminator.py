"""Modality discriminator: a small network that tells of which modality an embedding is, and teaches the opposite.

Gradients are reversed below it, so what makes the embeddings learns to make them alike (F. Huang, X. Zhang and Z. Li,
"Learning joint multimodal representation with adversarial attention networks", ACM Multimedia 2018).
"""

from __future__ import annotations

import torch
from torch import nn

from sonolux.models.gradient_reversal import GradientReversal


class ModalityDiscriminator(nn.Module):
    """Embeddings (n, hidden) to scores of modalities (n, modalities).

    Parameters
    ----------
    hidden : int
        Numbers of an embedding.
    modalities : int
    """

    def __init__(self, hidden: int, modalities: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            GradientReversal(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, modalities)
        )

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Return the score of each modality."""
        scores: torch.Tensor = self.layers(embeddings)
        return scores
