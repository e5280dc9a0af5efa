"""Cosine distance to a teacher: the loss by which a student learns the direction of what it is taught.

G. Hinton, O. Vinyals and J. Dean 2015, "Distilling the knowledge in a neural network"; for embeddings, directions are
compared in place of probabilities.
"""

from __future__ import annotations

import torch
from torch.nn import functional


def cosine_distance(learned: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Return 1 less the mean cosine of rows (n, dim) and what is taught of each, (n, dim)."""
    return 1 - functional.cosine_similarity(learned, taught).mean()
