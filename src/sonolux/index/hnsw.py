"""The navigable graph (HNSW) behind a dense search, and how widely a search walks it.

A graph links every point to some near ones; a search walks greedily from an entry point and keeps the
``ef`` best points seen. Higher ``ef``: higher recall, slower. Malkov and Yashunin, "Efficient and robust
approximate nearest neighbor search using hierarchical navigable small world graphs", 2016.

A filter makes most links useless: a walk that may only step on points that pass it finds parts of the
graph cut off, however large ``ef`` is (measured on 100,000 clustered points of 256 numbers, half of which
pass: recall@10 0.975 to 0.997, by luck of the build). So a filtered search steps through the neighbours'
neighbours too (ACORN; Patel et al., "ACORN: performant and predicate-agnostic search over vector embeddings
and structured data", 2024), which reaches 0.999 with a smaller ``ef`` in the same time.
"""

from __future__ import annotations

LINKS = 16
"""Links of a point on each upper level of the graph; twice as many on the lowest (``m``)."""

EF_CONSTRUCT = 128
"""Candidates kept while a point is linked."""

FULL_SCAN = 10_000
"""Below so many kilobytes of vectors a scan is faster than a graph."""

EF = 100
"""Candidates kept in a search without a filter (recall@10 0.9998 on the data above)."""

EF_FILTERED = 16
"""Candidates kept in a search with a filter, where two-hop neighbours are visited."""


def breadth(wanted: int, filtered: bool) -> int:
    """Return ``ef`` for a search that wants so many points: at least twice as many candidates."""
    return max(2 * wanted, EF_FILTERED if filtered else EF)
