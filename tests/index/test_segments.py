"""What comes is sealed into segments with a graph, and found there as elsewhere."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts.index_oracle import id_of
from sonolux.index import open_shard
from sonolux.index.base import Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.index.segments import QUIET, UNSEALED, is_full
from sonolux.settings import settings
from sonolux.types import Space

Usage = namedtuple("Usage", "total used free")
COUNT, BATCH, DIM = 3 * UNSEALED, 1_000, 80


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    with EmbeddedIndex(str(tmp_path / "a.sonolux")) as index:
        index.create()
        index.add_space(Space("look", DIM))
        yield index


def rows(count: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, DIM)).astype(np.float32)


def batches(space: str, values: np.ndarray) -> Iterator[list[Point]]:
    for start in range(0, len(values), BATCH):
        yield [Point(id_of(n), {space: values[n]}) for n in range(start, start + BATCH)]


def sealed(index: EmbeddedIndex) -> int:
    """Return how many descriptors are in a graph."""
    return index.shard().info().indexed_vectors_count


def segments(index: EmbeddedIndex) -> int:
    """Return how many segments there are, the one that points come into among them."""
    return len(list(Path(index.location).glob("shard/segments/*/segment.json")))


def agrees_with_a_scan(index: EmbeddedIndex, values: np.ndarray) -> bool:
    asked = values[::701]
    found = [[match.id for match in index.search("look", row, 3, keys=())] for row in asked]
    scanned = [[match.id for match in index.search("look", row, 3, keys=(), exact=True)] for row in asked]
    return found == scanned and [ids[0] for ids in found] == [id_of(n) for n in range(0, len(values), 701)]


def test_sealing_is_put_off_while_people_ask(index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(open_shard, "monotonic", lambda: now[0])
    values = rows(6_000)
    index.search("look", values[0], 1)
    now[0] += QUIET - 0.1
    for batch in batches("look", values):
        index.upsert(batch)
    assert (sealed(index), index.tend()) == (0, False)
    now[0] += 0.1
    assert (index.tend(), sealed(index), index.tend()) == (True, len(values), False)
    assert agrees_with_a_scan(index, values)


def test_sealing_is_not_put_off_for_ever(index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonolux.index.segments.PUT_OFF", 2_000)
    values, counts = rows(7_000), []
    for batch in batches("look", values):
        index.search("look", values[0], 1)
        index.upsert(batch)
        counts.append(sealed(index))
    assert counts == [0] * 5 + [6_000] * 2
    assert index.longest_wait > 0


def test_what_was_put_off_is_sealed_by_a_later_write(index: EmbeddedIndex) -> None:
    values = rows(6_000)
    *first, last = batches("look", values)
    index.search("look", values[0], 1)
    for batch in first:
        index.upsert(batch)
    index.close()
    assert sealed(index) == 0
    with EmbeddedIndex(index.location) as again:
        index.close()
        again.upsert(last)
        assert sealed(again) == len(values)


def test_an_eighth_of_all_is_sealed_at_once() -> None:
    assert [is_full(n, n) for n in (0, UNSEALED - 1, UNSEALED)] == [False, False, True]
    assert not is_full(UNSEALED, 8 * UNSEALED + 8)
    assert is_full(UNSEALED + 1, 8 * UNSEALED + 8)


def test_what_comes_is_sealed_and_found(index: EmbeddedIndex) -> None:
    values, counts = rows(COUNT), []
    for batch in batches("look", values):
        index.upsert(batch)
        counts.append(sealed(index))
    assert counts == [(n * BATCH) // UNSEALED * UNSEALED for n in range(1, 13)]
    assert segments(index) == 1 + 3
    assert agrees_with_a_scan(index, values)


@pytest.mark.long
def test_what_several_processes_bring_is_sealed_together(index: EmbeddedIndex) -> None:
    values, counts = rows(COUNT), []
    for batch in batches("look", values):
        index.upsert(batch)
        index.close()
        counts.append(sealed(index))
    assert counts == [(n * BATCH) // UNSEALED * UNSEALED for n in range(1, 13)]
    assert agrees_with_a_scan(index, values)


def test_optimize_merges_all_and_what_comes_later_is_sealed_beside_it(index: EmbeddedIndex) -> None:
    values = rows(COUNT)
    for batch in list(batches("look", values))[:8]:
        index.upsert(batch)
    index.optimize()
    assert segments(index) == 1 + 1
    for batch in list(batches("look", values))[8:]:
        index.upsert(batch)
    assert (segments(index), sealed(index)) == (1 + 2, COUNT)
    assert agrees_with_a_scan(index, values)


@pytest.mark.long
def test_a_space_added_to_what_is_sealed_gets_a_graph(index: EmbeddedIndex) -> None:
    values = rows(2 * UNSEALED)
    for batch in batches("look", values):
        index.upsert(batch)
    index.add_space(Space("more", DIM))
    for batch in batches("more", values[::-1].copy()):
        index.update_vectors(batch)
    assert sealed(index) == 2 * len(values)
    assert agrees_with_a_scan(index, values)


def test_without_room_for_a_copy_nothing_is_sealed_and_nothing_lost(
    index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    total, used, _ = shutil.disk_usage(index.location)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(total, used, settings().min_free + 1))
    values = rows(6_000)
    for batch in batches("look", values):
        index.upsert(batch)
    assert (sealed(index), segments(index), index.count()) == (0, 1, len(values))
