"""Fusion networks: descriptors of several modalities, some of which may be missing, to one answer.

``early`` joins what small networks make of each modality, with zeros for what is missing; ``late`` takes the mean of
the answers of each; ``attention`` takes a mean weighed by how much each modality seems to know, missing ones masked out
(J. Arevalo et al. 2017, "Gated multimodal units for information fusion", ICLR workshop, gate modalities likewise).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import nn

Fusion = Literal["early", "late", "attention"]


class FusionNetwork(nn.Module):
    """A network over descriptors of several modalities.

    Parameters
    ----------
    inputs : mapping of str to int
        Numbers of a descriptor of each modality.
    outputs : int
    fusion : str
        ``early``, ``late`` or ``attention``.
    hidden : int
        Of the network of each modality.
    dropout : float

    Attributes
    ----------
    mean, deviation : tensor, shape (sum of inputs,)
        Of the inputs, side by side; filled by whoever trains.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(
        self, inputs: Mapping[str, int], outputs: int, fusion: Fusion, hidden: int = 128, dropout: float = 0.3
    ) -> None:
        super().__init__()
        if fusion not in ("early", "late", "attention"):
            raise ValueError(f"fusion is early, late or attention, not {fusion!r}")
        self.widths = list(inputs.values())
        self.fusion = fusion
        self.register_buffer("mean", torch.zeros(sum(self.widths)))
        self.register_buffer("deviation", torch.ones(sum(self.widths)))
        self.bodies = nn.ModuleList(
            nn.Sequential(nn.Dropout(dropout), nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout))
            for width in self.widths
        )
        self.attention = nn.ModuleList(nn.Linear(hidden, 1) for _ in self.widths) if fusion == "attention" else None
        answers = 1 if fusion in ("early", "attention") else len(self.widths)
        width = hidden * len(self.widths) if fusion == "early" else hidden
        self.answers = nn.ModuleList(nn.Linear(width, outputs) for _ in range(answers))

    def forward(self, rows: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Answer.

        Parameters
        ----------
        rows : tensor, shape (n, sum of inputs)
            Descriptors side by side, in the order of the inputs; whatever stands for what is missing is not looked at.
        there : tensor of bool, shape (n, modalities)
            At least one of each row.

        Returns
        -------
        outputs : tensor, shape (n, outputs)
        """
        return self.answered(self.embedded(rows, there), there)

    def embedded(self, rows: torch.Tensor, there: torch.Tensor) -> list[torch.Tensor]:
        """Return what the network of each modality makes of it, (n, hidden); zeros of what is missing."""
        parts = torch.split((rows - self.mean) / self.deviation, self.widths, dim=1)
        return [
            body(part.masked_fill(~there[:, [place]], 0.0)) * there[:, [place]]
            for place, (body, part) in enumerate(zip(self.bodies, parts, strict=True))
        ]

    def answered(self, known: list[torch.Tensor], there: torch.Tensor) -> torch.Tensor:
        """Return the answers, (n, outputs), by the embeddings of each modality."""
        if self.fusion == "early":
            joined: torch.Tensor = self.answers[0](torch.cat(known, dim=1))
            return joined
        if self.attention is None:
            answers = torch.stack([answer(one) for answer, one in zip(self.answers, known, strict=True)], dim=1)
            return (answers * there[..., None]).sum(dim=1) / there.sum(dim=1, keepdim=True)
        weights = self.weights(
            torch.cat([gate(one) for gate, one in zip(self.attention, known, strict=True)], 1), there
        )
        mixed: torch.Tensor = self.answers[0]((torch.stack(known, dim=1) * weights[..., None]).sum(dim=1))
        return mixed

    @staticmethod
    def weights(scores: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return how much each modality counts, (n, modalities): nothing where it is missing; rows sum to 1."""
        return scores.masked_fill(~there, -torch.inf).softmax(dim=1)
