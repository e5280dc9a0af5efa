"""Query bank: how near something lies to questions in general, which says nothing of any single one.

Where many numbers are compared, some items are near to nearly every question ("hubs") and come before what is meant.
Cross-domain similarity local scaling takes half of the mean similarity to an item's nearest questions off each of its
similarities (A. Conneau et al., "Word translation without parallel data", ICLR 2018, equation 4); the questions can be
those that were learned from (S.-V. Bogolin et al., "Cross modal retrieval with querybank normalisation", CVPR 2022).
"""

from __future__ import annotations

import torch
from torch import nn

NEAREST = 20
"""Questions that an item's hubness is told from; 10 to 20 did best in cross-validation on captions."""


class QueryBank(nn.Module):
    """Questions that were learned from, and how near an item usually lies to its nearest of them.

    Whoever learns fills the buffers.

    Parameters
    ----------
    questions : int
        How many there are.
    numbers : int
        Of a descriptor.

    Attributes
    ----------
    questions : tensor, shape (questions, numbers)
    usual, reach : tensor, scalars
        Half the mean similarity of items that were learned from, and how far from it any of them is at most.
    """

    questions: torch.Tensor
    usual: torch.Tensor
    reach: torch.Tensor

    def __init__(self, questions: int, numbers: int) -> None:
        super().__init__()
        self.register_buffer("questions", torch.zeros(questions, numbers))
        self.register_buffer("usual", torch.zeros(()))
        self.register_buffer("reach", torch.zeros(()))

    def fill(self, questions: torch.Tensor, items: torch.Tensor) -> None:
        """Take questions, (questions, numbers), and learn from items, (n, numbers), what is usual."""
        self.questions = questions
        halves = self._halves(items)
        self.usual = halves.mean()
        self.reach = (halves - self.usual).abs().max()

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        """Return how much less than usual is to be taken off the similarities of items, (n,), within `reach`."""
        return (self.usual - self._halves(items)).clamp(-self.reach, self.reach)

    def _halves(self, items: torch.Tensor) -> torch.Tensor:
        nearest = min(NEAREST, len(self.questions))
        return (items @ self.questions.T).topk(nearest, dim=1).values.mean(dim=1) / 2
