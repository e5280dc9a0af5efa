"""Proxy loss (normalised softmax): codes are drawn to a learned proxy of their class, away from those of the others.

A. Zhai and H.-Y. Wu 2019, "Classification is a strong baseline for deep metric learning", BMVC.
"""

from __future__ import annotations

import torch
from pytorch_metric_learning.losses import NormalizedSoftmaxLoss
from torch import nn


class ProxyLoss(nn.Module):
    """Cross entropy of the cosines of codes and proxies, which are learned with the network.

    Parameters
    ----------
    classes : int
    bits : int
        Length of a code.
    temperature : float
        By which cosines are divided.
    """

    def __init__(self, classes: int, bits: int, temperature: float) -> None:
        super().__init__()
        self.loss = NormalizedSoftmaxLoss(classes, bits, temperature)

    def forward(self, codes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of codes (n, bits) with labels (n,)."""
        loss: torch.Tensor = self.loss(codes, labels)
        return loss
