"""Qdrant cluster client: filters, requests of bearable size, errors in one line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from qdrant_client import models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from sonolux.errors import LibraryError, SonoluxError
from sonolux.index import hnsw
from sonolux.index.payload import UNSTORABLE
from sonolux.types import Space

REQUEST_BYTES = 16 * 2**20
"""Size of a request, about; a cluster refuses more than 32 MiB unless told otherwise."""

NUMBER_BYTES = 22
"""A float32 as JSON, at most, with its comma."""

SCHEMAS = {
    "keyword": models.PayloadSchemaType.KEYWORD,
    "integer": models.PayloadSchemaType.INTEGER,
    "float": models.PayloadSchemaType.FLOAT,
    "datetime": models.PayloadSchemaType.DATETIME,
    "text": models.PayloadSchemaType.TEXT,
}
DISTANCES = {
    "cosine": models.Distance.COSINE,
    "dot": models.Distance.DOT,
    "euclidean": models.Distance.EUCLID,
    "hamming": models.Distance.DOT,
}
PointRow = TypeVar("PointRow", models.PointStruct, models.PointVectors)


class ClusterWords:
    """The vocabulary of qdrant-client; see `sonolux.index.filters.Vocabulary`."""

    def equals(self, key: str, value: str | int | bool) -> Any:
        """Exact match."""
        return models.FieldCondition(key=key, match=models.MatchValue(value=value))

    def one_of(self, key: str, values: list[str]) -> Any:
        """Exact match of one of several strings."""
        return models.FieldCondition(key=key, match=models.MatchAny(any=values))

    def number(self, key: str, bounds: Mapping[str, float]) -> Any:
        """Range of numbers."""
        return models.FieldCondition(key=key, range=models.Range.model_validate(bounds))

    def date(self, key: str, bounds: Mapping[str, str]) -> Any:
        """Range of dates."""
        return models.FieldCondition(key=key, range=models.DatetimeRange.model_validate(bounds))

    def holds_words(self, key: str, words: str) -> Any:
        """Full-text match of all words."""
        return models.FieldCondition(key=key, match=models.MatchText(text=words))

    def has_id(self, ids: Sequence[str]) -> Any:
        """Point is one of these."""
        return models.HasIdCondition(has_id=list(ids))

    def has_space(self, name: str) -> Any:
        """Point has this named vector."""
        return models.HasVectorCondition(has_vector=name)

    def compound(self, must: list[Any], must_not: list[Any], should: list[Any]) -> Any:
        """Boolean combination."""
        return models.Filter(must=must, must_not=must_not, should=should or None)


def space_creation(space: Space) -> models.DenseVectorNameConfig | models.SparseVectorNameConfig:
    """Return what a new named vector shall be."""
    if space.kind == "sparse":
        sparse = models.SparseVectorConfig(modifier=models.Modifier.IDF)
        return models.SparseVectorNameConfig(sparse=sparse)
    dense = models.DenseVectorConfig(size=space.dim, distance=DISTANCES[space.metric])
    return models.DenseVectorNameConfig(dense=dense)


def sparse_vector(indices: list[int], values: list[float]) -> models.SparseVector:
    """Return the client's sparse vector."""
    return models.SparseVector(indices=indices, values=values)


def search_params(wanted: int, filtered: bool, exact: bool) -> models.SearchParams:
    """Return how to search for so many points; see `sonolux.index.hnsw`."""
    if exact:
        return models.SearchParams(exact=True)
    two_hops = models.AcornSearchParams(enable=True, max_selectivity=1.0) if filtered else None
    return models.SearchParams(hnsw_ef=hnsw.breadth(wanted, filtered), acorn=two_hops)


def requests_of(rows: Iterable[PointRow]) -> Iterator[list[PointRow]]:
    """Divide points among requests of at most about `REQUEST_BYTES` each."""
    batch: list[PointRow] = []
    total = 0
    for row in rows:
        size = _row_bytes(row)
        if batch and total + size > REQUEST_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(row)
        total += size
    if batch:
        yield batch


def payload_bytes(payload: Mapping[str, Any]) -> int:
    """Return the size of a payload as JSON; raise LibraryError where it is none."""
    try:
        return len(json.dumps(payload, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError) as error:
        raise LibraryError(f"{UNSTORABLE} ({error})") from error


@contextmanager
def cluster(location: str) -> Iterator[None]:
    """Turn what the client raises into one line; the client's in-process mode raises Python's own errors."""
    try:
        yield
    except SonoluxError:
        raise
    except ResponseHandlingException as error:
        raise LibraryError(f"no Qdrant answers at {location}: {_line(error)}") from error
    except UnexpectedResponse as error:
        raise LibraryError(_refusal(location, error)) from error
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise LibraryError(f"{location}: {_line(error)}") from error


def _refusal(location: str, error: UnexpectedResponse) -> str:
    if error.status_code in (401, 403):
        return f"{location} wants another key: set SONOLUX_QDRANT_API_KEY"
    if error.status_code == 404:
        return f"there is no library at {location}"
    return f"{location} answers {error.status_code}: {_line(error)}"


def _line(error: Exception) -> str:
    if isinstance(error, UnexpectedResponse):
        return error.content.decode(errors="replace").strip().split("\n")[0][:300]
    return (str(error).strip() or type(error).__name__).split("\n")[0]


def _row_bytes(row: models.PointStruct | models.PointVectors) -> int:
    vectors: Any = row.vector
    numbers = sum(2 * len(v.values) if isinstance(v, models.SparseVector) else len(v) for v in vectors.values())
    payload = payload_bytes(row.payload or {}) if isinstance(row, models.PointStruct) else 0
    return NUMBER_BYTES * numbers + payload
