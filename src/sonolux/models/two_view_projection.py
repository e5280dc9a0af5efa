"""Two-view projection: a linear map for each of two kinds of descriptors, into coordinates that they share."""

from __future__ import annotations

import torch
from torch import nn

from sonolux.models.projection import Projection
from sonolux.models.query_bank import QueryBank


class TwoViewProjection(nn.Module):
    """Two projections whose outputs are compared by cosine.

    Parameters
    ----------
    images, texts : int
        Numbers of a descriptor of each kind.
    outputs : int
        Shared coordinates.
    questions : int
        Of the query bank, see `sonolux.models.query_bank`; 0 for none.
    beside : int
        Numbers that stand beside the shared coordinates in a descriptor of the bank.
    """

    def __init__(self, images: int, texts: int, outputs: int, questions: int = 0, beside: int = 0) -> None:
        super().__init__()
        self.outputs = outputs
        self.images = Projection(images, outputs, normalise_outputs=True)
        self.texts = Projection(texts, outputs, normalise_outputs=True)
        self.bank = QueryBank(questions, outputs + beside) if questions else None

    def forward(self, images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        """Return the cosine of each of (n, images) with each of (m, texts) where they meet, (n, m)."""
        cosines: torch.Tensor = self.images(images) @ self.texts(texts).T
        return cosines
