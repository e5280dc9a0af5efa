"""L2 normalisation: rows of length 1, so that only the direction of a descriptor counts."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import normalize


class UnitLength(nn.Module):
    """Scale rows (n, dim) to length 1; rows of zeros stay zero."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the rows, scaled."""
        return normalize(inputs)
