"""What an encoder knows of its matches, beside what stands out among the items of a library."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from sonolux.index import Index
from sonolux.retrieval.recognition import recognise
from sonolux.retrieval.space_query import Judge, SpaceQuery
from sonolux.types import Space

SPACE = Space("words", 2)


class Held:
    """Stands for an index that holds some descriptors."""

    def __init__(self, **rows: list[float]) -> None:
        self.rows = rows

    def fetch(self, ids: list[str], *, spaces: list[str], keys: tuple[str, ...]) -> list[Any]:
        assert spaces == ["words"]
        assert keys == ()
        # An index names them in an order of its own.
        return [
            SimpleNamespace(id=item, vectors={"words": np.array(self.rows[item])})
            for item in sorted(ids, reverse=True)
            if item in self.rows
        ]


def first_number(rows: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(rows[:, 0], np.float64)


KNOWN = 0.8


def test_the_stronger_of_both_speaks_by_its_weight() -> None:
    asked = SpaceQuery(SPACE, np.ones(2), 1.0, judge=Judge(KNOWN, first_number))
    index = cast(Index, Held(a=[1e-4, 0], b=[1.0, 0], c=[1.0, 0]))
    assert recognise(index, asked, ["a", "b", "c"], [0.5, 0.01, 0.9]) == pytest.approx(
        [1e-4 / KNOWN, 0.01 / (1 - KNOWN), 1]
    )


def test_who_knows_the_question_whole_speaks_alone() -> None:
    asked = SpaceQuery(SPACE, np.ones(2), 1.0, judge=Judge(1.0, first_number))
    index = cast(Index, Held(a=[0.3, 0], b=[1e-4, 0]))
    assert recognise(index, asked, ["a", "b", "c"], [1e-9, 0.5, 1e-9]) == [0.3, 1e-4, None]


def test_what_is_gone_is_no_match_and_what_nobody_judges_stays() -> None:
    asked = SpaceQuery(SPACE, np.ones(2), 1.0, judge=Judge(KNOWN, first_number))
    index = cast(Index, Held(b=[0.1, 0]))
    assert recognise(index, asked, ["a", "b"], [0.5, 0.5]) == [None, pytest.approx(0.1 / KNOWN)]
    assert recognise(index, asked, ["a"], [0.5]) == [None]
    assert recognise(index, asked, [], []) == []
    for other in (replace(asked, judge=None), replace(asked, plain=True)):
        assert recognise(index, other, ["a", "b"], [0.5, 0.25]) == [0.5, 0.25]
