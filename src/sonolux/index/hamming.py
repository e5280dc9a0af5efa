"""Exhaustive search by Hamming distance over packed codes: uint8 (n, bits / 8), every code compared with the query.

A distance is the number of bits that differ; nearer is better. Items of equal distance rank by their place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import LibraryError

WithinRadius = tuple[NDArray[np.int64], NDArray[np.int32]]
"""Rows and distances, each (m, k), nearest first."""


def hamming_search(queries: NDArray[np.uint8], codes: NDArray[np.uint8], k: int) -> WithinRadius:
    """Return the k nearest codes of each query.

    faiss compares a hundred million codes a second; without it numpy does, some times slower.

    Parameters
    ----------
    queries : ndarray of uint8, shape (m, bits / 8)
    codes : ndarray of uint8, shape (n, bits / 8)
    k : int
        At most n are returned.

    Raises
    ------
    LibraryError
        Where the codes have another length than the queries.
    """
    if queries.shape[1] != codes.shape[1]:
        raise LibraryError(f"queries of {8 * queries.shape[1]} bits do not fit codes of {8 * codes.shape[1]}")
    k = min(k, len(codes))
    try:
        import faiss
    except ModuleNotFoundError:
        return _by_numpy(queries, codes, k)
    distances, rows = faiss.knn_hamming(np.ascontiguousarray(queries), np.ascontiguousarray(codes), k)
    return _in_order(np.asarray(rows, np.int64), np.asarray(distances, np.int32))


def distances_to(query: NDArray[np.uint8], codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the distance of one code (bits / 8,) to each of many (n, bits / 8)."""
    return np.asarray(np.bitwise_count(query ^ codes).sum(axis=1, dtype=np.int32))


def _by_numpy(queries: NDArray[np.uint8], codes: NDArray[np.uint8], k: int) -> WithinRadius:
    every = np.stack([distances_to(query, codes) for query in queries])
    rows = np.argsort(every, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(every, rows, axis=1)


def _in_order(rows: NDArray[np.int64], distances: NDArray[np.int32]) -> WithinRadius:
    """Order equal distances by row; which of those at the last distance are among the k is the engine's choice."""
    order = np.lexsort((rows, distances), axis=1)
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(distances, order, axis=1)
