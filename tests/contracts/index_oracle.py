"""Brute force over plain dicts and numpy: what an index must answer, computed the slow obvious way."""

from __future__ import annotations

import math
import operator
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sonolux.index.base import Condition, FacetCount, Point, ScoredPoint
from sonolux.types import Space

ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def id_of(number: int) -> str:
    return str(uuid.UUID(int=(number * 2654435761) % 2**128 + 1))


class BruteForce:
    """Points by id; every question is a scan."""

    def __init__(self, spaces: Sequence[Space], points: Sequence[Point]) -> None:
        self.spaces = {space.name: space for space in spaces}
        self.points = {point.id: point for point in points}

    def ids(self, where: Sequence[Condition] = ()) -> set[str]:
        return {p.id for p in self.points.values() if all(holds(p.payload, c) for c in where)}

    def facets(self, key: str, where: Sequence[Condition] = ()) -> dict[str | int | float, int]:
        """Return in how many files each value is: a file for a file, by trying each value as a condition."""
        allowed = [self.points[id_] for id_ in self.ids(where)]
        values = {element for point in allowed for element in _elements(point.payload, key)}
        files = {
            value: {p.payload.get("file", p.id) for p in allowed if value in _elements(p.payload, key)}
            for value in values
            if isinstance(value, str | int | float) and not isinstance(value, bool)
        }
        return {value: len(held) for value, held in files.items()}

    def scores(self, space: str, query: Any, where: Sequence[Condition] = ()) -> dict[str, float]:
        """Return the score of every point that may be found."""
        rows = {i: p.vectors[space] for i, p in self.points.items() if space in p.vectors}
        allowed = self.ids(where)
        if self.spaces[space].kind == "sparse":
            scores = _sparse_scores(rows, query)
        else:
            scores = {i: similarity(self.spaces[space], query, row) for i, row in rows.items()}
        return {i: score for i, score in scores.items() if i in allowed}


def similarity(space: Space, a: Any, b: Any) -> float:
    if space.metric == "hamming":
        return 1 - 2 * int(np.bitwise_count(a ^ b).sum()) / space.dim
    a, b = a.astype(float), b.astype(float)
    if space.metric == "euclidean":
        return -float(np.linalg.norm(a - b))
    if space.metric == "cosine":
        lengths = np.linalg.norm(a) * np.linalg.norm(b)
        return float(a @ b / lengths) if lengths else 0.0
    return float(a @ b)


def _sparse_scores(rows: Mapping[str, Any], query: Any) -> dict[str, float]:
    """Dot products with idf ln(1 + (n - df + 0.5) / (df + 0.5)) over the points of the space."""
    n = len(rows)
    weights = {}
    for term, value in zip(query.indices, query.data, strict=True):
        df = sum(term in row.indices for row in rows.values())
        weights[term] = float(value) * math.log(1 + (n - df + 0.5) / (df + 0.5))
    scores = {}
    for i, row in rows.items():
        shared = [(t, v) for t, v in zip(row.indices, row.data, strict=True) if t in weights]
        if shared:
            scores[i] = sum(weights[t] * float(v) for t, v in shared)
    return scores


def holds(payload: Mapping[str, Any], condition: Condition) -> bool:
    value: Any = payload
    for name in (condition.instead if condition.instead in payload else condition.key).split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    elements = value if isinstance(value, list) else [] if value is None else [value]
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if condition.op in ("=", "!="):
        found = any(_same(element, w) for element in elements for w in wanted)
        return found == (condition.op == "=")
    return any(_ordered(element, condition) for element in elements)


def _elements(payload: Mapping[str, Any], key: str) -> list[Any]:
    first, _, rest = key.partition(".")
    value: Any = payload.get(first.removesuffix("[]"))
    if not rest:
        return value if isinstance(value, list) else [] if value is None else [value]
    below = value if first.endswith("[]") and isinstance(value, list) else [value]
    return [element for one in below if isinstance(one, Mapping) for element in _elements(one, rest)]


def _same(a: Any, b: Any) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _ordered(element: Any, condition: Condition) -> bool:
    compare = ORDER[condition.op]
    if isinstance(condition.value, str):
        return isinstance(element, str) and compare(_date(element), _date(condition.value))
    number = isinstance(element, int | float) and not isinstance(element, bool)
    return number and compare(element, condition.value)


def _date(text: str) -> datetime:
    date = datetime.fromisoformat(text)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def assert_facets(found: Sequence[FacetCount], counts: Mapping[Any, int], limit: int) -> None:
    """Assert that found are the values of most files; of those in as many, any may be left out at the end."""
    assert [one.files for one in found] == sorted(counts.values(), reverse=True)[:limit]
    assert len({one.value for one in found}) == len(found)
    assert all(counts[value] == files for value, files in found)


def assert_best(matches: Sequence[ScoredPoint], scores: Mapping[str, float], k: int, offset: int = 0) -> None:
    """Assert that matches are the k best of scores after an offset; ties may come in any order."""
    best = sorted(scores.values(), reverse=True)[offset : offset + k]
    assert len({m.id for m in matches}) == len(matches) == len(best)
    np.testing.assert_allclose([m.score for m in matches], best, rtol=1e-4, atol=1e-5)
    for match in matches:
        assert math.isclose(match.score, scores[match.id], rel_tol=1e-4, abs_tol=1e-5)
