"""Modality confusion: the cross entropy of telling modalities apart by their embeddings, for an adversary to learn.

F. Huang, X. Zhang and Z. Li, "Learning joint multimodal representation with adversarial attention networks", ACM
Multimedia 2018; by the reversal of Y. Ganin and V. Lempitsky 2015, as in `sonolux.models.gradient_reversal`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


def modality_confusion(
    discriminator: nn.Module, embeddings: Sequence[torch.Tensor], there: torch.Tensor
) -> torch.Tensor:
    """Return how badly a discriminator tells of which modality embeddings are; what is missing asks nothing.

    Parameters
    ----------
    discriminator : torch module
        From (n, hidden) to scores (n, modalities), such as `sonolux.models.modality_discriminator`.
    embeddings : sequence of tensor, shape (n, hidden)
        Of each modality.
    there : tensor of bool, shape (n, modalities)
    """
    joined = torch.stack(list(embeddings), dim=1)[there]
    modalities = torch.arange(there.shape[1], device=there.device).expand(there.shape)[there]
    return functional.cross_entropy(discriminator(joined), modalities)
