"""Paths: points of a great circle, and the items that are taken near them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sonolux.retrieval.recommendation.path import find_path, great_circle_point


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def among(rows: NDArray[np.float32]):
    def near(point: NDArray[np.float32], count: int) -> tuple[list[str], NDArray[np.float32]]:
        order = np.argsort(-rows @ point)[:count]
        return [str(place) for place in order], rows[order]

    return near


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_points_are_directions_between(seed: int, share: float) -> None:
    start, end = unit(np.random.default_rng(seed).standard_normal((2, 5)))
    point = great_circle_point(start, end, share)
    assert np.linalg.norm(point) == pytest.approx(1.0, abs=1e-4)
    angle = np.arccos(np.clip(start @ end, -1, 1))
    assert np.arccos(np.clip(start @ point, -1, 1)) == pytest.approx(share * angle, abs=2e-3)


@pytest.mark.parametrize("end", [[1.0, 0, 0], [-1.0, 0, 0]])
def test_ends_that_coincide_or_face_away(end: list[float]) -> None:
    start = np.array([1.0, 0, 0], np.float32)
    point = great_circle_point(start, np.array(end, np.float32), 0.5)
    assert np.isfinite(point).all() and np.linalg.norm(point) == pytest.approx(1.0)


@given(st.integers(0, 1000), st.integers(0, 12), st.integers(0, 30))
def test_no_item_comes_twice_and_none_is_missing(seed: int, steps: int, items: int) -> None:
    random = np.random.default_rng(seed)
    rows = unit(random.standard_normal((items, 6))) if items else np.empty((0, 6), np.float32)
    start, end = unit(random.standard_normal((2, 6)))
    path = [item for item, _ in find_path(start, end, steps, among(rows))]
    assert len(set(path)) == len(path) == min(steps, items)


def test_items_on_the_way_are_taken_in_order() -> None:
    angles = np.linspace(0, np.pi / 2, 12)
    way = np.stack([np.cos(angles), np.sin(angles), np.zeros(12)], axis=1)
    far = np.array([0, 0, 5])
    aside = np.random.default_rng(0).standard_normal((40, 3)) + far
    rows = unit(np.concatenate((way, aside)))
    path = find_path(rows[0], rows[11], 10, among(rows[1:]))
    assert [int(item) + 1 for item, _ in path] == [*range(1, 11)]
    assert all(cosine == pytest.approx(1.0, abs=1e-5) for _, cosine in path)
