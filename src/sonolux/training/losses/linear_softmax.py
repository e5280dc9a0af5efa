"""Linear softmax pooling: the probability of a class in a recording, from those of its frames.

Each frame is weighed by its own probability, so moments that are sure decide (Y. Wang, J. Li and F. Metze 2019, "A
comparison of five multiple instance learning pooling functions for sound event detection with weak labeling", ICASSP).
"""

from __future__ import annotations

import torch


def linear_softmax(chances: torch.Tensor) -> torch.Tensor:
    """Return the probability of each class in each recording, (n, classes), by those of its frames."""
    return chances.square().sum(dim=1) / chances.sum(dim=1).clamp(min=1e-6)
