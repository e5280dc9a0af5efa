"""What actors ask of GPUs is there: one that waited for its share without end would keep its batch waiting."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sonolux.encoders.ray_executor import places_on
from sonolux.types import Modality


@example(3, 0.9)
@given(st.integers(1, 64), st.floats(0.01, 3))
def test_the_actors_of_all_modalities_find_room(accelerators: int, wanted: float) -> None:
    share, places = places_on(accelerators, wanted)
    assert 0 < share <= min(1, wanted) and places >= 1
    # No actor is on two GPUs, so of each only whole shares count.
    assert places * len(Modality) <= accelerators * int(1 / share + 1e-9)


def test_without_gpus_nothing_is_asked() -> None:
    assert places_on(0, 0.5) == (0.0, 0)
