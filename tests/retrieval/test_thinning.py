"""Of each cluster of likes one stays, of what is unrelated nearly all, whatever share of a library the likes are."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.retrieval.similarity import pairwise_distances
from sonolux.retrieval.thinning import one_of_each_cluster
from sonolux.types import Metric, Space


def directions(random: np.random.Generator, n: int, dim: int = 24) -> np.ndarray:
    rows = random.standard_normal((n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def versions(random: np.random.Generator, row: np.ndarray, n: int, spread: float = 0.02) -> np.ndarray:
    rows = row + spread * random.standard_normal((n, len(row)))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def kept_of(rows: np.ndarray, files: np.ndarray | None = None, metric: Metric = "cosine") -> np.ndarray:
    space = Space("s", rows.shape[1], metric)
    return one_of_each_cluster(pairwise_distances(space, rows), np.arange(len(rows)) if files is None else files)


@pytest.mark.parametrize("size", [1, 2, 5, 40, 300])
def test_what_is_unrelated_stays(size: int) -> None:
    rows = directions(np.random.default_rng(size), size)
    assert len(kept_of(rows)) >= 0.95 * size


@pytest.mark.parametrize("size", [5, 10, 40, 300])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.65])
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_of_copies_of_one_thing_one_stays(size: int, share: float, metric: Metric) -> None:
    random = np.random.default_rng(size)
    copies = max(2, int(size * share))
    rows = np.concatenate([versions(random, directions(random, 1)[0], copies), directions(random, size - copies)])
    kept = kept_of(rows + (1000 if metric == "euclidean" else 0), metric=metric)
    assert (kept < copies).sum() == 1
    assert (kept >= copies).sum() >= 0.95 * (size - copies)


@pytest.mark.parametrize("times", [2, 3, 10])
def test_of_a_library_that_is_there_several_times_one_stays(times: int) -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([versions(random, row, times) for row in directions(random, 60)])
    assert sorted(kept_of(rows) // times) == list(range(60))


def test_parts_of_one_file_do_not_set_the_radius() -> None:
    random = np.random.default_rng(1)
    rows = np.concatenate([versions(random, row, 10, spread=0.1) for row in directions(random, 30)])
    kept = kept_of(rows, np.repeat(np.arange(30), 10))
    assert set(kept // 10) == set(range(30))


def test_one_file_alone_and_copies_alone() -> None:
    random = np.random.default_rng(2)
    assert len(kept_of(directions(random, 6), np.zeros(6, int))) == 6
    assert len(kept_of(np.repeat(directions(random, 1), 50, axis=0))) == 1
