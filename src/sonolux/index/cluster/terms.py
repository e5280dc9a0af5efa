"""Terms of qdrant-client: filters, creation and search parameters, requests of bearable size."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models

from sonolux.errors import LibraryError
from sonolux.index import hnsw
from sonolux.index.base import Where
from sonolux.index.cluster.rarity import refuse_terms_conditions
from sonolux.index.filters import build_filter
from sonolux.index.payload import UNSTORABLE
from sonolux.index.vectors import NAME_BYTES, check_space, engine_name
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
BITS = models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))

QUANTILE = 0.99
"""Share of the numbers of a float space that its bytes tell apart: what is further out is cut off."""

BYTES = models.ScalarQuantization(
    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=QUANTILE, always_ram=True)
)
OVERSAMPLING = {"int8": 2.0, "binary": 4.0}
"""How many times the descriptors wanted are compared by their originals, by compression."""

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


WORDS = ClusterWords()


def chosen_points(where: Where, *, without: Sequence[str] = (), space: str | None = None) -> Any:
    """Return the filter for some conditions, as `sonolux.index.filters.build_filter`."""
    refuse_terms_conditions(where)
    return build_filter(WORDS, where, without=without, space=space)


def space_creation(space: Space, counted: bool) -> models.DenseVectorNameConfig | models.SparseVectorNameConfig:
    """Return what a new named vector shall be; of a counted space the engine leaves the weights of terms alone."""
    if space.kind == "sparse":
        sparse = models.SparseVectorConfig(modifier=None if counted else models.Modifier.IDF)
        return models.SparseVectorNameConfig(sparse=sparse)
    # Half the size is enough for numbers that are -1 and 1.
    datatype = models.VectorStorageDatatype.FLOAT16 if space.kind == "binary" else None
    dense = models.DenseVectorConfig(size=space.dim, distance=DISTANCES[space.metric], datatype=datatype)
    return models.DenseVectorNameConfig(dense=dense)


def space_storage(space: Space, compress: str) -> models.VectorParamsDiff | None:
    """Return where the descriptors of a new named vector lie; None where the cluster's own way will do.

    Codes are kept in memory as the bits that they are. So are float descriptors, or as a byte a number, where that is
    asked for. Originals lie on the disk.
    """
    if space.kind == "sparse" or (space.kind == "float" and not compress):
        return None
    bits = space.kind == "binary" or compress == "binary"
    return models.VectorParamsDiff(on_disk=True, quantization_config=BITS if bits else BYTES)


def vector_name(space: str, generation: int = 0) -> str:
    """Return the engine's name of a space, of its so manieth generation; see `sonolux.index.manifest.IndexManifest`."""
    plain = engine_name(space)
    if not generation:
        return plain
    name = f"{plain}~{generation}"
    if len(name) <= NAME_BYTES:
        return name
    digest = hashlib.blake2b(plain.encode(), digest_size=8).hexdigest()
    return f"{plain[: NAME_BYTES - 40]}~{digest}~{generation}"


def sparse_vector(indices: list[int], values: list[float]) -> models.SparseVector:
    """Return the client's sparse vector."""
    return models.SparseVector(indices=indices, values=values)


def vector_params(
    spaces: Sequence[Space], compress: str, counted: bool
) -> tuple[dict[str, models.VectorParams], dict[str, models.SparseVectorParams]]:
    """Return the named vectors of a new collection, dense and sparse, as `space_creation` and `space_storage` do."""
    dense, sparse = {}, {}
    for space in spaces:
        check_space(space)
        creation, storage = space_creation(space, counted), space_storage(space, compress)
        if isinstance(creation, models.SparseVectorNameConfig):
            sparse[vector_name(space.name)] = models.SparseVectorParams(modifier=creation.sparse.modifier)
        else:
            said = {**creation.dense.model_dump(), **(storage.model_dump() if storage else {})}
            dense[vector_name(space.name)] = models.VectorParams(**said)
    return dense, sparse


def search_params(space: Space, compress: str, wanted: int, filtered: bool, exact: bool) -> models.SearchParams:
    """Return how to search a space for so many points; see `sonolux.index.hnsw`.

    The bits of a code tell its score to the last bit. Of compressed float descriptors some more are compared, and the
    best of them again by their originals.
    """
    if exact:
        return models.SearchParams(exact=True)
    quantization = None
    if space.kind == "binary":
        quantization = models.QuantizationSearchParams(rescore=False)
    elif space.kind == "float" and compress:
        quantization = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING[compress])
    two_hops = models.AcornSearchParams(enable=True, max_selectivity=1.0) if filtered else None
    return models.SearchParams(hnsw_ef=hnsw.breadth(wanted, filtered), acorn=two_hops, quantization=quantization)


def update_vectors(
    collection: str, rows: list[models.PointVectors], terms: Mapping[str, Mapping[str, list[int]]], client: QdrantClient
) -> None:
    """Write vectors of points, and in the same request, by their ids, what their payloads say of terms."""
    if not terms:
        client.update_vectors(collection, rows, wait=True)
        return
    update = models.UpdateVectorsOperation(update_vectors=models.UpdateVectors(points=rows))
    said = [
        models.SetPayloadOperation(set_payload=models.SetPayload(payload=dict(held), points=[id_]))
        for id_, held in terms.items()
    ]
    client.batch_update_points(collection, [update, *said], wait=True)


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


def _row_bytes(row: models.PointStruct | models.PointVectors) -> int:
    vectors: Any = row.vector
    numbers = sum(2 * len(v.values) if isinstance(v, models.SparseVector) else len(v) for v in vectors.values())
    payload = payload_bytes(row.payload or {}) if isinstance(row, models.PointStruct) else 0
    return NUMBER_BYTES * numbers + payload
