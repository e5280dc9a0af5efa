"""How a ready vector becomes a question."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.encoders.base import normalised
from sonolux.errors import QueryError
from sonolux.retrieval.planning import _direction, _length, _shared
from sonolux.types import Space


@given(dim=st.integers(1, 700), seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1e-42, 1e-30, 1e-20, 1, 1e15]))
def test_a_single_row_is_normalised_as_many_are(dim: int, seed: int, size: float) -> None:
    vector = (np.random.default_rng(seed).standard_normal(dim) * size).astype(np.float32)
    assert np.array_equal(_direction(vector, _length(vector)), normalised(vector[None])[0])


@pytest.mark.parametrize("dim", [1, 256])
def test_zeros_stay_zeros(dim: int) -> None:
    zeros = np.zeros(dim, np.float32)
    assert np.array_equal(_direction(zeros, _length(zeros)), zeros)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_is_refused_in_one_line(value: float) -> None:
    with pytest.raises(QueryError, match="the vector holds NaN, infinity"):
        _length(np.array([1.0, value], np.float32))


class Weighing:
    """As much of a library's spaces as sharing a space needs."""

    def weight(self, name: str) -> float:
        return {"learned": 3.0}.get(name, 1.0)


def test_vectors_of_one_space_share_it_and_know_its_strength() -> None:
    spaces = [Space(name, 2, "cosine") for name in ("colours", "learned", "colours")]
    shared = _shared(2.5, [(space, None) for space in spaces], Weighing())  # type: ignore[arg-type]
    assert [(question.weight, question.share, question.strength) for question in shared] == [
        (2.5, 0.5, 1.0),
        (2.5, 1.0, 3.0),
        (2.5, 0.5, 1.0),
    ]
