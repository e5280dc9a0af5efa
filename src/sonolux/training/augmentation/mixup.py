"""Mixup: pairs of items are mixed, and their labels with them.

H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz 2018, "mixup: beyond empirical risk minimization", ICLR.
"""

from __future__ import annotations

import numpy as np
import torch


def mix(items: torch.Tensor, share: float) -> torch.Tensor:
    """Return each item of a batch (n, ...) mixed with another: `share` of itself, the rest of its mirror image's."""
    return share * items + (1 - share) * items.flip(0)


def draw_share(alpha: float) -> float:
    """Return a share drawn from the beta distribution of a parameter, by torch's global generator; 1 for alpha 0."""
    if not alpha:
        return 1.0
    seed = int(torch.randint(2**31, ()))  # numpy's beta, drawn from torch's generator, which resumes
    return float(np.random.default_rng(seed).beta(alpha, alpha))
