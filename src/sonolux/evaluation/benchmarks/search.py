"""Vector search benchmark: a library beside its raw engine and other engines, on the same data.

Data: clustered unit vectors of low intrinsic dimension, as learned descriptors are: 1,000 Gaussian clusters in 24
dimensions, mapped linearly to 256, with a little noise in all of them. Queries come from the same clusters and are not
in the database. Half the items satisfy the filter.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import Encoder
from sonolux.encoders.base import Descriptors, normalised
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.extras import extras_named
from sonolux.index import Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.index.qdrant_edge import search_params
from sonolux.library import Library
from sonolux.metrics.ranking import recall_at_k
from sonolux.retrieval.places import KEYS
from sonolux.types import Modality

DIM = 256
K = 10
ROUNDS = 9
WHERE = {"modality": "image"}

Ask = Callable[[NDArray[np.float32]], Sequence[Any]]


class PrecomputedEncoder(Encoder):
    """An encoder whose descriptors are computed already."""

    name = spec = space = "ready"
    modality = Modality.IMAGE
    dim = DIM
    digest = "ready"

    def encode_batch(self, batch: Sequence[Any]) -> Descriptors:
        """Return the batch."""
        return np.stack(batch)


@dataclass(frozen=True, slots=True)
class Engine:
    """A search engine; ``ask`` returns row numbers or hits, best first."""

    name: str
    ask: Ask
    rows: Callable[[Sequence[Any]], list[int]] = list


def draw_clustered(
    n: int, random: np.random.Generator, basis: NDArray[Any], centres: NDArray[Any]
) -> NDArray[np.float32]:
    """Draw unit vectors of shape (n, 256), see the module."""
    latent = centres[random.integers(len(centres), size=n)] + 0.5 * random.standard_normal((n, centres.shape[1]))
    rows = latent @ basis + 0.05 * random.standard_normal((n, DIM))
    return normalised(rows.astype(np.float32))


def benchmark_search(n: int = 100_000, queries: int = 200, seed: int = 0) -> Report:
    """Measure queries a second and recall@10 of a library, its raw engine and other engines."""
    random = np.random.default_rng(seed)
    basis, centres = random.standard_normal((24, DIM)), random.standard_normal((1000, 24))
    rows, query_rows = draw_clustered(n, random, basis, centres), draw_clustered(queries, random, basis, centres)
    even = np.arange(n) % 2 == 0
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "bench.sonolux") as library:
        _fill(library, rows)
        plain = [*_ours(library, {}), *_others(rows, Path(folder))]
        filtered = _ours(library, WHERE)
        best = _nearest(rows, query_rows)
        best_even = [np.flatnonzero(even)[i] for i in _nearest(rows[even], query_rows)]
        measured = _measure(plain, query_rows, best)
        measured_filtered = _measure(filtered, query_rows, best_even)
    return _report(measured, measured_filtered, n, queries, seed)


def _fill(library: Library, rows: NDArray[np.float32]) -> None:
    library.create([PrecomputedEncoder()])
    for start in range(0, len(rows), 1000):
        numbers = range(start, min(start + 1000, len(rows)))
        library.index.upsert([Point(numbered_id(i), {"ready": rows[i]}, item_payload(i)) for i in numbers])
    library.optimize()


def numbered_id(number: int) -> str:
    """Return the id of an item."""
    return str(uuid.UUID(int=number + 1))


def _number(item: str) -> int:
    return uuid.UUID(item).int - 1


def item_payload(i: int) -> dict[str, Any]:
    """Return the payload of an item."""
    path = f"/home/someone/Pictures/2020/{i:06}.jpg"
    return {
        "kind": "file", "file": numbered_id(i), "path": path, "folders": ["/home", "/home/someone/Pictures"],
        "modality": "image" if i % 2 == 0 else "video", "title": f"Picture {i}", "size": 100_000 + i, "mtime": i,
        "hash": f"{i:032x}", "encoded": ["ready"], "meta": {"width": 640, "height": 480, "format": "JPEG"},
    }  # fmt: skip


def _ours(library: Library, where: dict[str, str]) -> list[Engine]:
    return [_library(library, where), *(_raw(library, where, brings) for brings in ("read", "unread", "ids"))]


def _library(library: Library, where: dict[str, str]) -> Engine:
    def ask(vector: NDArray[np.float32]) -> Sequence[Any]:
        return library.search(vector=vector, space="ready", where=where, k=K)

    return Engine("Sonolux, hits built", ask, lambda hits: [_number(hit.id) for hit in hits])


def _raw(library: Library, where: dict[str, str], brings: Literal["read", "unread", "ids"]) -> Engine:
    """Ask the very shard that the library uses, with the parameters that the library uses.

    It brings payloads read into Python, as they must be to be of use, payloads left in the engine, or ids alone.
    """
    import qdrant_edge as edge

    assert isinstance(library.index, EmbeddedIndex)
    shard = library.index.shard()
    conditions: list[Any] = [edge.FieldCondition(key=key, match=edge.MatchValue(value)) for key, value in where.items()]
    request: dict[str, Any] = {
        "limit": K,
        "filter": edge.Filter(must=conditions) if conditions else None,
        "params": search_params(K, filtered=bool(conditions), exact=False),
        "with_payload": False if brings == "ids" else list(KEYS),
    }

    def ask(vector: NDArray[np.float32]) -> Sequence[Any]:
        nearest = edge.Query.Nearest(vector.tolist(), using="ready")
        found: Sequence[Any] = shard.search(edge.SearchRequest(query=nearest, **request))
        return found

    def ask_and_read(vector: NDArray[np.float32]) -> Sequence[Any]:
        return [(point.id, point.score, point.payload) for point in ask(vector)]

    if brings == "read":
        return Engine("raw Qdrant Edge, read", ask_and_read, lambda read: [_number(str(id_)) for id_, _, _ in read])
    name = "raw Qdrant Edge, payload unread" if brings == "unread" else "raw Qdrant Edge, ids unread"
    return Engine(name, ask, lambda points: [_number(str(point.id)) for point in points])


def _others(rows: NDArray[np.float32], folder: Path) -> list[Engine]:
    with extras_named("this benchmark"):
        return [_hnswlib(rows), _faiss(rows), _usearch(rows), _lancedb(rows, folder)]


def _hnswlib(rows: NDArray[np.float32]) -> Engine:
    import hnswlib

    index = hnswlib.Index("cosine", DIM)
    index.init_index(len(rows), ef_construction=200, M=16)
    index.add_items(rows)
    index.set_ef(64)
    return Engine("hnswlib (M 16, ef 64)", lambda v: index.knn_query(v, K)[0][0])


def _faiss(rows: NDArray[np.float32]) -> Engine:
    import faiss

    index = faiss.IndexHNSWFlat(DIM, 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 200, 64
    index.add(rows)
    return Engine("faiss HNSW (M 16, ef 64)", lambda v: index.search(v[None], K)[1][0])


def _usearch(rows: NDArray[np.float32]) -> Engine:
    from usearch.index import Index

    index = Index(ndim=DIM, metric="cos", dtype="f32", connectivity=16, expansion_add=200, expansion_search=64)
    index.add(np.arange(len(rows)), rows)
    return Engine("usearch (M 16, ef 64)", lambda v: index.search(v, K).keys)


def _lancedb(rows: NDArray[np.float32], folder: Path) -> Engine:
    import lancedb
    import pyarrow as pa

    vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), DIM)
    table = lancedb.connect(folder / "lance").create_table(
        "rows", pa.table({"number": pa.array(np.arange(len(rows))), "vector": vectors})
    )
    table.create_index(metric="cosine", num_partitions=256, num_sub_vectors=64)

    def ask(vector: NDArray[np.float32]) -> Sequence[Any]:
        request = table.search(vector).metric("cosine").nprobes(20).refine_factor(10).limit(K)
        found: list[int] = request.select(["number", "_distance"]).to_arrow()["number"].to_pylist()
        return found

    return Engine("LanceDB (IVF-PQ, refined)", ask)


def _nearest(rows: NDArray[np.float32], query_rows: NDArray[np.float32]) -> list[NDArray[np.intp]]:
    return [np.argpartition(-(rows @ query), K)[:K] for query in query_rows]


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """An engine's queries a second in every round, and its recall@10."""

    name: str
    rates: list[float]
    recall: float


def _measure(engines: list[Engine], query_rows: NDArray[np.float32], best: Sequence[NDArray[Any]]) -> list[EngineSpeed]:
    """Ask every engine all queries, in turn, round after round."""
    recalls = [_recall(engine, query_rows, best) for engine in engines]
    rates: list[list[float]] = [[] for _ in engines]
    for _ in range(ROUNDS):
        for engine, kept in zip(engines, rates, strict=True):
            started = time.perf_counter()
            for query in query_rows:
                engine.ask(query)
            kept.append(len(query_rows) / (time.perf_counter() - started))
    return [EngineSpeed(e.name, r, recall) for e, r, recall in zip(engines, rates, recalls, strict=True)]


def _recall(engine: Engine, query_rows: NDArray[np.float32], best: Sequence[NDArray[Any]]) -> float:
    return recall_at_k([engine.rows(engine.ask(query)) for query in query_rows], [rows.tolist() for rows in best])


def _ratio(one: EngineSpeed, other: EngineSpeed) -> float:
    return median(a / b for a, b in zip(one.rates, other.rates, strict=True))


def _report(plain: list[EngineSpeed], filtered: list[EngineSpeed], n: int, queries: int, seed: int) -> Report:
    rows = [_cells(engine, plain, "") for engine in plain]
    rows += [_cells(engine, filtered, ", filtered") for engine in filtered]
    return Report(
        name="search",
        title="Search",
        command="sonolux bench search",
        about=(
            f"{n:,} x {DIM} float32 in 1,000 clusters, k = {K}, {queries} queries not in the database, seed {seed};"
            f" median of {ROUNDS} rounds taken in turn, one query at a time. Raw is the same shard, asked with the same"
            " parameters. Its answer with the payload that hits are built from is read into Python (ids, scores and"
            " payloads), or left unread in the engine; or it has ids alone. Half of the items satisfy the filter."
        ),
        columns=("engine", "queries/s", "ratio to raw, read", "to payload unread", "to ids unread", f"recall@{K}"),
        rows=rows,
        verdicts=[
            compare_with_target(
                "Library.search over the raw engine, its answer read", _ratio(plain[0], plain[1]), 0.70
            ),
            compare_with_target("the same with a filter", _ratio(filtered[0], filtered[1]), 0.70),
            compare_with_target("Library.search over the raw engine, payload unread", _ratio(plain[0], plain[2]), 0.70),
            compare_with_target("the same with a filter", _ratio(filtered[0], filtered[2]), 0.70),
            compare_with_target("Library.search over the raw engine, ids unread", _ratio(plain[0], plain[3]), 0.70),
            compare_with_target("the same with a filter", _ratio(filtered[0], filtered[3]), 0.70),
            compare_with_target(f"recall@{K} of Library.search", plain[0].recall, 0.99, form=".3f"),
            compare_with_target("the same with a filter", filtered[0].recall, 0.99, form=".3f"),
        ],
    )


def _cells(engine: EngineSpeed, among: list[EngineSpeed], suffix: str) -> list[str]:
    ratios = [f"{_ratio(engine, raw):.2f}" for raw in among[1:4]]
    return [engine.name + suffix, f"{median(engine.rates):,.0f}", *ratios, f"{engine.recall:.3f}"]
