from __future__ import annotations

import numpy as np
import pytest

from sonolux.retrieval.copies.motion import TICK, common_stretch, trace_of


def film(seconds: float, seed: int) -> np.ndarray:
    """Blobs that wander before one background, as a camera that stands still sees them."""
    background = np.random.default_rng(99).integers(60, 180, (48, 48)).astype(np.float32)
    random = np.random.default_rng(seed)
    places = np.cumsum(random.normal(0, 2, (round(seconds / TICK), 3, 2)), axis=0) + random.uniform(0, 48, (3, 2))
    frames = []
    y, x = np.mgrid[:48, :48]
    for blobs in places % 48:
        frame = background.copy()
        for cy, cx in blobs:
            frame[(y - cy) ** 2 + (x - cx) ** 2 < 25] = 250
        frames.append(frame)
    return np.repeat(np.stack(frames)[..., None], 3, axis=3).astype(np.uint8)


def noisy(frames: np.ndarray) -> np.ndarray:
    return np.clip(frames * 0.8 + np.random.default_rng(5).normal(0, 3, frames.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("start", "end"), [(0, 60), (22, 60), (110, 190)])
def test_a_clip_is_found_at_its_place(start: int, end: int) -> None:
    whole = film(20, 1)
    found = common_stretch(trace_of(whole), trace_of(noisy(whole[start:end])))
    assert found is not None
    assert found.first_start - found.second_start == pytest.approx(start * TICK)
    assert found.seconds == pytest.approx((end - start) * TICK, abs=0.5)


def test_another_time_before_the_same_camera_is_no_copy() -> None:
    for seed in range(2, 8):
        assert common_stretch(trace_of(film(12, 1)), trace_of(film(12, seed))) is None


def test_a_stretch_of_both_is_told_with_its_place_in_each() -> None:
    common = film(8, 1)
    first = np.concatenate([film(6, 2), common])
    second = np.concatenate([film(3, 3), common, film(6, 4)])
    found = common_stretch(trace_of(first), trace_of(noisy(second)))
    assert found is not None
    assert (found.first_start, found.second_start) == pytest.approx((6, 3), abs=1.6)
    assert found.seconds == pytest.approx(8, abs=2)


def test_what_stands_still_has_no_trace() -> None:
    still = np.repeat(film(0.1, 1), 80, axis=0)
    assert common_stretch(trace_of(still), trace_of(still)) is None
