"""Qdrant Edge, the embedded engine: filters, operations and parameters in its terms.

An operation that the engine refuses is in its write-ahead log already and makes the shard unusable, now and
whenever it is loaded: everything here is checked before the engine sees it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as qe

from sonolux.errors import LibraryError
from sonolux.index import hnsw, segments
from sonolux.index.base import ScoredPoint
from sonolux.index.files import write_atomically
from sonolux.index.payload import INDEXED, UNIQUE
from sonolux.index.vectors import engine_name
from sonolux.types import Space

SCHEMAS = {
    "keyword": qe.PayloadSchemaType.Keyword,
    "integer": qe.PayloadSchemaType.Integer,
    "float": qe.PayloadSchemaType.Float,
    "datetime": qe.PayloadSchemaType.Datetime,
    "text": qe.PayloadSchemaType.Text,
}
ON_DISK = qe.KeywordIndexParams(memory=qe.Memory.Cold)
DISTANCES = {
    "cosine": qe.Distance.Cosine,
    "dot": qe.Distance.Dot,
    "euclidean": qe.Distance.Euclid,
    "hamming": qe.Distance.Dot,
}


class EdgeWords:
    """The vocabulary of Qdrant Edge; see `sonolux.index.filters.Vocabulary`."""

    def equals(self, key: str, value: str | int | bool) -> Any:
        """Exact match. The engine takes a Python bool for an integer, a numpy bool for a bool."""
        exact: Any = np.bool_(value) if isinstance(value, bool) else value
        return qe.FieldCondition(key=key, match=qe.MatchValue(exact))

    def one_of(self, key: str, values: list[str]) -> Any:
        """Exact match of one of several strings."""
        return qe.FieldCondition(key=key, match=qe.MatchAny(values))

    def number(self, key: str, bounds: Mapping[str, float]) -> Any:
        """Range of numbers."""
        return qe.FieldCondition(key=key, range=qe.RangeFloat(**bounds))

    def date(self, key: str, bounds: Mapping[str, str]) -> Any:
        """Range of dates."""
        return qe.FieldCondition(key=key, range=qe.RangeDateTime(**bounds))

    def holds_words(self, key: str, words: str) -> Any:
        """Full-text match of all words."""
        return qe.FieldCondition(key=key, match=qe.MatchText(words))

    def has_id(self, ids: Sequence[str]) -> Any:
        """Point is one of these."""
        return qe.HasIdCondition(set(ids))

    def has_space(self, name: str) -> Any:
        """Point has this named vector."""
        return qe.HasVectorCondition(name)

    def compound(self, must: list[Any], must_not: list[Any], should: list[Any]) -> Any:
        """Boolean combination."""
        return qe.Filter(must=must, must_not=must_not, should=should or None)


def make_shard(folder: Path) -> None:
    """Make a shard without points or vectors; the engine wants one vector at birth, which is dropped."""
    config = qe.EdgeConfig(
        sparse_vectors={"none": qe.EdgeSparseVectorParams()},
        hnsw_config=qe.HnswIndexConfig(
            m=hnsw.LINKS, ef_construct=hnsw.EF_CONSTRUCT, full_scan_threshold=hnsw.FULL_SCAN
        ),
        # One thread a query: half the work in all, and as fast on a quiet machine.
        max_search_threads=1,
    )
    shard = qe.EdgeShard.create(str(folder), config)
    shard.update(qe.UpdateOperation.delete_vector_name("none"))
    for key, schema in INDEXED.items():
        shard.update(qe.UpdateOperation.create_field_index(key, ON_DISK if key in UNIQUE else SCHEMAS[schema]))
    shard.close()


def configure(folder: Path, most: int) -> None:
    """Say how many segments a shard is to keep, and that vectors stay on the disk until they are asked for.

    The engine reads this when it opens the shard; a process that has it open writes its own over it.
    """
    file = folder / "edge_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    vectors = {name: vector | {"memory": "cold"} for name, vector in (config.get("vectors") or {}).items()}
    kept = {"default_segment_number": most, "indexing_threshold": segments.SEALED_KB}
    wanted = config | {"vectors": vectors, "optimizers": (config.get("optimizers") or {}) | kept}
    if wanted != config:
        write_atomically(file, json.dumps(wanted))


def forget_vectors(folder: Path) -> None:
    """Have a shard take its named vectors from its segments, which hold them, instead of from its configuration."""
    file = folder / "edge_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    write_atomically(file, json.dumps(config | {"vectors": {}, "sparse_vectors": {}}))


def space_creation(space: Space) -> qe.UpdateOperation:
    """Return the operation that adds a space."""
    name = engine_name(space.name)
    if space.kind == "sparse":
        return qe.UpdateOperation.create_sparse_vector(name, modifier=qe.Modifier.Idf)
    return qe.UpdateOperation.create_dense_vector(name, space.dim, DISTANCES[space.metric])


@lru_cache(maxsize=64)
def search_params(wanted: int, filtered: bool, exact: bool, recount: bool = False) -> qe.SearchParams:
    """Return how to search for so many points; see `sonolux.index.hnsw`.

    How rare a term is, the engine knows of what it has written, removed points included; counted anew, it takes longer
    by some microseconds for every thousand points.
    """
    idf = qe.IdfParams(qe.Filter()) if recount else None
    if exact:
        return qe.SearchParams(exact=True, idf=idf)
    two_hops = qe.AcornSearchParams(enable=True, max_selectivity=1.0) if filtered else None
    return qe.SearchParams(hnsw_ef=hnsw.breadth(wanted, filtered), acorn=two_hops, idf=idf)


def scored_points(hits: Sequence[qe.ScoredPoint], factor: float) -> list[ScoredPoint]:
    """Return what the engine found; its scores times a factor are similarities."""
    matches = []
    for hit in hits:
        payload = hit.payload or {}
        # A file's id stands in its payload too, which spares an object of `uuid` and its turning into text.
        own = payload.get("file") if payload.get("kind") == "file" else None
        matches.append(ScoredPoint(own or str(hit.id), hit.score * factor, payload))
    return matches


@dataclass(slots=True, eq=False)
class engine:  # noqa: N801 - reads as a function; a generator would cost every search a microsecond more
    """Turn what the engine raises within into one line; its panics are no children of Exception."""

    location: str
    trouble: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, LibraryError | KeyboardInterrupt | SystemExit | GeneratorExit):
            return
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise LibraryError(f"{self.location} {self.trouble}: {reason[0]}") from error
