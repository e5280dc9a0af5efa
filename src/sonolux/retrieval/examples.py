"""Items given as examples: the descriptors that stand for them in a space.

An item counts by its own descriptor. A file that is there through its spans alone, as a film is, counts by these: the
mean of its shots is like none of them, so it asks with some.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from sonolux.encoders.base import normalised
from sonolux.index import Condition, Index
from sonolux.retrieval.query_files import SEGMENTS
from sonolux.types import Space

EXAMPLE_SPANS = 256
"""Most spans that stand for a file given as example."""


SPANNED = 32
"""Most files that stand for others by their spans."""


def rows_of_examples(
    index: Index, space: Space, ids: Sequence[str], weights: Sequence[float] = ()
) -> list[tuple[float, Any]]:
    """Return the mean of the items that have a descriptor in a space, and some of the spans of each other file.

    Parameters
    ----------
    index : Index
    space : Space
    ids : sequence of str
    weights : sequence of float, optional
        Of the items: in the mean, and of the mean and the spans beside one another.

    Returns
    -------
    rows : list of (float, descriptor)
        Shares, of which the sum is 1, and what to ask with.
    """
    weighed = dict(zip(ids, weights or [1.0] * len(ids), strict=True))
    own = own_vectors(index, space, ids)
    rows = []
    if own:
        counts = [weighed[item] for item in own]
        rows.append((sum(counts) / len(counts), mean_of(space, list(own.values()), counts)))
    others = [item for item in weighed if item not in own]
    for item in others:
        spread = _spread(span_vectors(index, space, item), max(1, SEGMENTS // len(others)))
        rows += [(weighed[item], row) for row in spread]
    whole = sum(weight for weight, _ in rows)
    return [(weight / whole, row) for weight, row in rows]


def mean_of_files(index: Index, space: Space, files: Sequence[str]) -> Any | None:
    """Return the mean of files in a space, None where none of them is there.

    Files count by their own descriptors; only where none has one, by the means of their spans.
    """
    rows = list(own_vectors(index, space, files).values())
    if not rows:
        spans = [span_vectors(index, space, file) for file in files[:SPANNED]]
        rows = [mean_of(space, each, [1.0] * len(each)) for each in spans if each]
    return mean_of(space, rows, [1.0] * len(rows)) if rows else None


def own_vectors(index: Index, space: Space, ids: Sequence[str]) -> dict[str, Any]:
    """Return the descriptors that items have in a space, by their ids."""
    points = index.fetch(ids, spaces=[space.name], keys=())
    return {point.id: point.vectors[space.name] for point in points if space.name in point.vectors}


def span_vectors(index: Index, space: Space, file: str) -> list[Any]:
    """Return the descriptors of a file's spans, as they follow one another."""
    found: list[tuple[float, Any]] = []
    spans = [Condition("file", "=", file), Condition("kind", "!=", "region")]
    for point in index.scroll(spans, spaces=[space.name], keys=("start",)):
        if space.name in point.vectors:
            found.append((point.payload.get("start", 0.0), point.vectors[space.name]))
        if len(found) == EXAMPLE_SPANS:
            break
    return [vector for _, vector in sorted(found, key=lambda one: one[0])]


def mean_of(space: Space, rows: list[Any], weights: Sequence[float]) -> Any:
    """Return the weighted mean of descriptors: of length 1 in a cosine space, the vote on each bit of a code."""
    shares = np.asarray(weights, np.float32) / np.float32(sum(weights))
    if space.kind == "sparse":
        return _mean_terms(space, rows, shares.tolist())
    if space.kind == "binary":
        votes = shares @ np.unpackbits(np.stack(rows), axis=1)
        # Half of the votes is enough; shares add up to 1 but for rounding.
        return np.packbits(votes >= 0.5 - 1e-6)
    mean = np.einsum("n,nd->d", shares, np.stack(rows), dtype=np.float32)
    return normalised(mean[None])[0] if space.metric == "cosine" else mean


def _mean_terms(space: Space, rows: list[csr_array], shares: Sequence[float]) -> csr_array:
    data = np.concatenate([row.data * share for row, share in zip(rows, shares, strict=True)])
    terms = np.concatenate([row.indices for row in rows])
    mean = csr_array((data, terms, [0, len(terms)]), shape=(1, space.dim))
    mean.sum_duplicates()
    return mean


def _spread(rows: list[Any], most: int) -> list[Any]:
    """Return at most so many, evenly spaced."""
    count = min(most, len(rows))
    return [rows[number * (len(rows) - 1) // max(1, count - 1)] for number in range(count)]
