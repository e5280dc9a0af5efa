"""Triplet margin loss over semi-hard triplets: an anchor is to be nearer to its class than to others, by a margin.

F. Schroff, D. Kalenichenko and J. Philbin 2015, "FaceNet: a unified embedding for face recognition and clustering",
CVPR.
"""

from __future__ import annotations

import torch
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import nn


class SemihardTripletLoss(nn.Module):
    """Triplet margin over the triplets of a batch that are not yet told apart.

    Parameters
    ----------
    margin : float
    """

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.loss = TripletMarginLoss(margin=margin)
        self.miner = TripletMarginMiner(margin=margin, type_of_triplets="semihard")

    def forward(self, codes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of codes (n, dim) with labels (n,)."""
        loss: torch.Tensor = self.loss(codes, labels, self.miner(codes, labels))
        return loss
