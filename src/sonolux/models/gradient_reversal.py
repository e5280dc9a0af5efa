"""Gradient reversal: what passes stays as it is, and its gradients come back with their sign turned.

Y. Ganin and V. Lempitsky, "Unsupervised domain adaptation by backpropagation", ICML 2015. What stands above learns a
task, and what lies below learns to make that task impossible, in one step of one optimizer.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class GradientReversal(nn.Module):
    """Passes numbers of any shape on, and turns the sign of their gradients."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the same numbers."""
        passed: torch.Tensor = _Reversed.apply(rows)  # type: ignore[no-untyped-call]
        return passed


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor) -> torch.Tensor:
        return rows.view_as(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return -gradients[0]
