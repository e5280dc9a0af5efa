"""Recall of the graph, which small indexes never build: 12,000 clustered points of 256 numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts.index_oracle import id_of
from sonolux.index.base import Condition, Point, Where
from sonolux.index.embedded import EmbeddedIndex
from sonolux.types import Space

COUNT, QUERIES = 12_000, 100


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Return unit rows near a 12-dimensional surface, in 200 clusters; the last are the queries."""
    rng = np.random.default_rng(0)
    n = COUNT + QUERIES
    hidden = rng.standard_normal((200, 12))[rng.integers(0, 200, n)]
    hidden += 0.35 * rng.standard_normal((n, 12))
    rows = hidden @ rng.standard_normal((12, 256)) + 0.05 * rng.standard_normal((n, 256))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def index(rows: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    folder: Path = tmp_path_factory.mktemp("graph")
    with EmbeddedIndex(str(folder / "big.sonolux")) as index:
        index.create()
        index.add_space(Space("look", 256))
        for start in range(0, COUNT, 1000):
            numbers = range(start, start + 1000)
            index.upsert([Point(id_of(n), {"look": rows[n]}, _payload(n)) for n in numbers])
        index.optimize()
        yield index


def _payload(n: int) -> dict[str, str]:
    return {"modality": "image" if n % 2 else "audio"}


def _recall(index: EmbeddedIndex, rows: np.ndarray, allowed: np.ndarray, where: Where) -> float:
    scores = np.where(allowed, rows[COUNT:] @ rows[:COUNT].T, -2)
    best = np.argpartition(-scores, 10, axis=1)[:, :10]
    found = 0
    for row, truth in zip(rows[COUNT:], best, strict=True):
        matches = index.search("look", row, 10, where=where, keys=())
        found += len({m.id for m in matches} & {id_of(int(n)) for n in truth})
    return found / (10 * QUERIES)


def test_the_graph_is_built_and_finds_what_a_scan_finds(index: EmbeddedIndex, rows: np.ndarray) -> None:
    assert index.shard().info().indexed_vectors_count == COUNT
    assert _recall(index, rows, np.ones(COUNT, bool), []) >= 0.99


def test_a_filter_does_not_cut_the_graph_apart(index: EmbeddedIndex, rows: np.ndarray) -> None:
    images = np.arange(COUNT) % 2 == 1
    assert _recall(index, rows, images, [Condition("modality", "=", "image")]) >= 0.99


def test_deleted_points_are_not_found(index: EmbeddedIndex, rows: np.ndarray) -> None:
    gone = np.arange(COUNT) % 3 == 0
    index.delete([id_of(int(n)) for n in np.flatnonzero(gone)])
    assert _recall(index, rows, ~gone, []) >= 0.99
    index.optimize()
    assert _recall(index, rows, ~gone, []) >= 0.99
