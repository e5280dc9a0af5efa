"""Aligned heads: a small network for each modality, from descriptors of its own to a space that all share."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.functional import normalize


class AlignmentHead(nn.Module):
    """A linear map, and beside it one through a hidden layer; what comes out has length 1.

    Parameters
    ----------
    inputs, hidden, outputs : int
        Without hidden numbers, the map is linear.
    dropout : float
        Share of the inputs and of the hidden numbers that are left out while it learns.

    Attributes
    ----------
    mean : tensor, shape (inputs,)
        Taken off the inputs; filled by whoever trains.
    """

    mean: torch.Tensor

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.dropout = nn.Dropout(dropout)
        self.straight = nn.Linear(inputs, outputs)
        self.curved = (
            nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, outputs))
            if hidden
            else None
        )

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Map rows (n, inputs) to unit vectors (n, outputs)."""
        rows = self.dropout(rows - self.mean)
        mapped = self.straight(rows)
        return normalize(mapped if self.curved is None else mapped + self.curved(rows))


class AlignedHeads(nn.Module):
    """A head for each modality, into one space.

    Parameters
    ----------
    inputs : mapping of str to int
        Numbers of a descriptor of each modality.
    outputs : int
        Of the space.
    hidden : int
        Of each head, see `AlignmentHead`.
    dropout : float
    """

    def __init__(self, inputs: Mapping[str, int], outputs: int, hidden: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.outputs = outputs
        self.heads = nn.ModuleDict(
            {modality: AlignmentHead(width, hidden, outputs, dropout) for modality, width in inputs.items()}
        )

    def forward(self, modality: str, rows: torch.Tensor) -> torch.Tensor:
        """Map descriptors (n, inputs) of a modality to unit vectors (n, outputs)."""
        mapped: torch.Tensor = self.heads[modality](rows)
        return mapped
