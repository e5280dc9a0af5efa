"""Hashing networks: any registered network with a layer of binary units in place of its classifier."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sonolux.models import registry
from sonolux.models.binary_code import BinaryCode


class CodeNetwork(nn.Sequential):
    """A registered network without its classifier, and a bottleneck of binary units.

    Batch normalisation before the units makes each bit 1 about half of the time, when it carries most information,
    and keeps its input within reach of the straight-through gradient.

    Parameters
    ----------
    backbone : str
        Name of a registered network.
    backbone_arguments : dict
        Of its constructor. Its last linear layer, the classifier, is left out, whatever their number of classes.
    bits : int
        Length of the code.
    hidden : int
        Width of a layer between features and code; 0 for none.
    mode : {"straight-through", "noise"}
    noise : float
        See `sonolux.models.binary_code.BinaryCode`; inputs of the units have deviation 1.

    Raises
    ------
    EncoderError
        For a backbone that is not registered.
    ValueError
        For a backbone without a linear layer, fewer than one bit, or an unknown mode.
    """

    def __init__(
        self,
        backbone: str,
        backbone_arguments: dict[str, Any] | None = None,
        bits: int = 64,
        hidden: int = 0,
        mode: str = "straight-through",
        noise: float = 0.5,
    ) -> None:
        super().__init__()
        if bits < 1 or hidden < 0:
            raise ValueError(f"bits must be at least 1 and hidden at least 0, not {bits} and {hidden}")
        self.backbone = registry.build(backbone, backbone_arguments or {})
        width = _without_classifier(self.backbone)
        if hidden:
            self.hidden = nn.Sequential(nn.Linear(width, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU())
        self.logits = nn.Sequential(nn.Linear(hidden or width, bits, bias=False), nn.BatchNorm1d(bits, affine=False))
        self.code = BinaryCode(mode, noise)

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what the classifier of the backbone would see: float (n, width)."""
        seen: torch.Tensor = self.backbone(inputs)
        return seen


def _without_classifier(network: nn.Module) -> int:
    """Replace the last linear layer by nothing; return how many numbers it took."""
    linear = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError("the backbone has no linear layer whose place a code could take")
    name, classifier = linear[-1]
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent), own, nn.Identity())
    return classifier.in_features
