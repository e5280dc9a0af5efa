"""How many places a window finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.models.convolution_size import output_side


@given(st.integers(1, 40), st.integers(1, 11), st.integers(1, 4), st.integers(0, 3))
def test_it_counts_the_places(side: int, size: int, stride: int, padding: int) -> None:
    padded = side + 2 * padding
    places = [start for start in range(0, padded, stride) if start + size <= padded]
    if places:
        assert output_side(side, size, stride, padding) == len(places)
    else:
        with pytest.raises(ValueError, match="the picture must be larger"):
            output_side(side, size, stride, padding)
