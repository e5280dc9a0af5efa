"""Points with descriptors and a payload, on disk or on a cluster: `open_index` gives the right one.

`base` is the contract, `embedded` and `cluster.remote` are the two that keep it, `payload` says what the library
stores with each item.
"""

from __future__ import annotations

from sonolux.index.base import Condition, FacetCount, Index, Operator, Point, ScoredPoint, Vector, Where
from sonolux.index.layout import ClusterLayout
from sonolux.index.open import open_index

__all__ = [
    "ClusterLayout",
    "Condition",
    "FacetCount",
    "Index",
    "Operator",
    "Point",
    "ScoredPoint",
    "Vector",
    "Where",
    "open_index",
]
