"""How a ready vector becomes a question."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.encoders.base import normalised
from sonolux.retrieval.planning import _direction


@given(dim=st.integers(1, 700), seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-42, 1e-30, 1e-20, 1, 1e15]))
def test_a_single_row_is_normalised_as_many_are(dim: int, seed: int, size: float) -> None:
    vector = (np.random.default_rng(seed).standard_normal(dim) * size).astype(np.float32)
    assert np.array_equal(_direction(vector), normalised(vector[None])[0])


@pytest.mark.parametrize("dim", [1, 256])
def test_zeros_stay_zeros(dim: int) -> None:
    assert np.array_equal(_direction(np.zeros(dim, np.float32)), np.zeros(dim))
