"""Made tastes: items whose content decides who plays them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from sonolux.training.recommendation.factorisation import Factors
from sonolux.training.recommendation.targets import Targets


def made_targets(meaning: np.ndarray, users: int = 60, seed: int = 0) -> Targets:
    """Return targets of items whose factors are (n, d) `meaning`, played where the inner product is high."""
    vectors = np.random.default_rng(seed).normal(size=(users, meaning.shape[1]))
    scores = vectors @ meaning.T
    played = scores >= np.quantile(scores, 0.8, axis=1, keepdims=True)
    factors = Factors((vectors / 4).astype(np.float32), (meaning / 4).astype(np.float32))
    return Targets(factors, csr_matrix(played * 5.0))
