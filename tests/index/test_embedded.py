"""The embedded index keeps the contract."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from contracts.index_contract import IndexContract
from sonolux.index.base import Index, Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.index.open_shard import UNFLUSHED


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Index]]:
    folder, numbers = tmp_path_factory.mktemp("libraries"), count()
    made: list[Index] = []

    def new(**begun: Any) -> Index:
        made.append(EmbeddedIndex(str(folder / f"{next(numbers)}.sonolux")))
        made[-1].create(**begun)
        return made[-1]

    yield new
    for index in made:
        index.close()


@pytest.fixture(scope="module")
def reopen() -> Iterator[Callable[[Index], Index]]:
    opened: list[Index] = []

    def again(index: Index) -> Index:
        index.close()
        opened.append(EmbeddedIndex(index.location))
        return opened[-1]

    yield again
    for index in opened:
        index.close()


@pytest.fixture(scope="module")
def another() -> Callable[[Index], Index]:
    """Give another opener of the same library, after the one given has let go of it; they take turns."""
    openers: dict[str, list[Index]] = {}

    def turn(index: Index) -> Index:
        index.close()
        both = openers.setdefault(index.location, [index, EmbeddedIndex(index.location)])
        return both[1] if both[0] is index else both[0]

    return turn


class TestEmbeddedIndex(IndexContract):
    pass


class Watched:
    """A shard whose flushes are counted."""

    def __init__(self, shard: Any) -> None:
        self.shard = shard
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1
        self.shard.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shard, name)


def test_files_are_forced_to_the_disk_now_and_then(make: Callable[[], EmbeddedIndex]) -> None:
    index = make()
    shard = index._held._shard = Watched(index.shard())
    for first in range(0, 2 * UNFLUSHED, UNFLUSHED // 2):
        index.upsert([Point(str(uuid.UUID(int=first + n + 1))) for n in range(UNFLUSHED // 2)])
    assert shard.flushes == 2
