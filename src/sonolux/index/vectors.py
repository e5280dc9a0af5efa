"""Descriptors as Sonolux holds them, and as the engine stores them.

======  ===================================  ===========================================  ==================
kind    Sonolux                              engine                                       engine's score
======  ===================================  ===========================================  ==================
float   float32 (dim,)                       list of floats                               cosine, dot product,
                                                                                          Euclidean distance
binary  packed uint8 (dim / 8,)              list of -1 and +1 floats, dot product        dim - 2 * Hamming
sparse  CSR (1, dim), float32                indices and values, dot product with idf     dot product
======  ===================================  ===========================================  ==================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sonolux.errors import LibraryError
from sonolux.index.base import Vector, check_vector
from sonolux.types import Space

SparseMaker = Callable[[list[int], list[float]], Any]
"""What makes the engine's own sparse vector of indices and values."""

NAME_BYTES = 200
"""The engine keeps a space in a folder named after it, and takes names up to this length."""

MAX_DIM = 65_536
"""Longest dense vector that the engine takes."""

MAX_TERMS = 2**32
"""Sparse indices are 32 bits wide."""


def check_space(space: Space) -> None:
    """Raise LibraryError where no descriptor could ever be stored in the space."""
    if not space.name or len(engine_name(space.name)) > NAME_BYTES:
        raise LibraryError(f"the name of a space has 1 to {NAME_BYTES} characters: {space.name!r}")
    most = MAX_TERMS if space.kind == "sparse" else MAX_DIM
    if not 1 <= space.dim <= most or (space.kind == "binary" and space.dim % 8):
        raise LibraryError(f"space {space.name} cannot have {space.dim} dimensions ({space.kind})")
    if (space.metric == "hamming") != (space.kind == "binary"):
        raise LibraryError(f"space {space.name}: {space.metric} does not compare {space.kind} rows")
    if space.kind == "sparse" and space.metric != "dot":
        raise LibraryError(f"space {space.name}: sparse rows are compared by dot, not {space.metric}")


@lru_cache(maxsize=1024)
def engine_name(space: str) -> str:
    """Return the engine's name of a space: percent-encoded, for it becomes a file name."""
    return quote(space, safe="", errors="surrogateescape").replace(".", "%2E")


def to_engine(space: Space, vector: Vector, sparse: SparseMaker) -> Any:
    """Return a descriptor in the engine's form; ValueError where it does not fit or is not finite."""
    check_vector(space, vector)
    if space.kind == "sparse":
        tidy = cast("csr_array", vector).copy()
        tidy.sum_duplicates()
        tidy.eliminate_zeros()
        if not np.isfinite(tidy.data).all():
            raise ValueError(f"a descriptor of space {space.name} has NaN or infinity")
        return sparse(tidy.indices.tolist(), tidy.data.tolist())
    row = cast("NDArray[Any]", vector)
    if space.kind == "binary":
        return _signs(space, row).tolist()
    values = row.tolist()
    if not math.isfinite(sum(values)):
        raise ValueError(f"a descriptor of space {space.name} has NaN or infinity")
    return values


def from_engine(space: Space, stored: Any) -> Vector:
    """Return a stored descriptor in Sonolux's form."""
    if space.kind == "sparse":
        values = np.asarray(stored.values, np.float32)
        return csr_array((values, stored.indices, [0, len(values)]), shape=(1, space.dim))
    row = np.asarray(stored, np.float32)
    return np.packbits(row > 0) if space.kind == "binary" else row


def similarity_factor(space: Space) -> float:
    """Return what the engine's score is multiplied by to be a similarity."""
    if space.metric == "euclidean":
        return -1.0
    return 1.0 / space.dim if space.metric == "hamming" else 1.0


def _signs(space: Space, code: NDArray[Any]) -> NDArray[np.float32]:
    if code.dtype != np.uint8:
        raise ValueError(f"a code of space {space.name} is packed uint8, not {code.dtype}")
    return np.unpackbits(code).astype(np.float32) * 2 - 1
