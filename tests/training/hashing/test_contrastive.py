"""The contrastive loss, beside that of pytorch-metric-learning, which computes every pair of pairs."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning.losses import NTXentLoss, SelfSupervisedLoss

from sonolux.training.losses.nt_xent import nt_xent


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_loss_and_gradient_are_those_of_the_oracle(temperature: float) -> None:
    torch.manual_seed(0)
    first, second = (torch.randn(7, 5, requires_grad=True) for _ in range(2))
    loss = nt_xent(first, second, temperature)
    expected = SelfSupervisedLoss(NTXentLoss(temperature))(first, second)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    [gradient] = torch.autograd.grad(loss, first)
    [wanted] = torch.autograd.grad(expected, first)
    assert torch.allclose(gradient, wanted, atol=1e-5)


def test_twins_far_from_all_others_cost_nothing() -> None:
    corners = torch.eye(4)
    assert float(nt_xent(corners, corners, 0.05)) < 1e-6
