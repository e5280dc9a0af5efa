"""The embedded index keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from contracts.index_contract import IndexContract
from sonolux.index.base import Index
from sonolux.index.embedded import EmbeddedIndex


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Index]]:
    folder, numbers = tmp_path_factory.mktemp("libraries"), count()
    made: list[Index] = []

    def new() -> Index:
        made.append(EmbeddedIndex(str(folder / f"{next(numbers)}.sonolux")))
        made[-1].create()
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


class TestEmbeddedIndex(IndexContract):
    pass
