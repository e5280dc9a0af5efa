"""Semantic hashing benchmark: short codes as addresses, long codes to rank, beside exhaustive search."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.evaluation.descriptors import describe_by_encoder, scores_between
from sonolux.evaluation.protocols.labelled_search import LabelledSearch
from sonolux.extras import extras_named
from sonolux.index.hamming import hamming_search
from sonolux.index.semantic_hash import BITS, WIDEST, SemanticHash, addresses_of
from sonolux.metrics.ranking import label_metrics, precision_at_k

SIZES = (50_000, 500_000, 5_000_000)
RADIUS = 4
LOOKUPS, ROUNDS = 50, 5
DEPTH = 100
"""Hits whose labels are looked at."""

WANTED = 1_000
"""Items that a ball is to hold, if it need not grow too wide for that."""


@dataclass(frozen=True, slots=True)
class Reranked:
    """P@100 of addresses then long codes, and of long codes alone; items that were ranked for a query, on average."""

    found: float
    exhaustive: float
    ranked: float


def time_lookups() -> dict[int, float]:
    """Return milliseconds of a look-up of random addresses by the size of the database, in rounds taken in turn."""
    random = np.random.default_rng(0)
    tables = {size: SemanticHash(_random_addresses(random, size), np.zeros((size, 1), np.uint8)) for size in SIZES}
    addresses = _random_addresses(random, LOOKUPS).tolist()
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, table in tables.items():
            started = time.perf_counter()
            for address in addresses:
                table.ball(address, RADIUS)
            taken[size].append((time.perf_counter() - started) / LOOKUPS * 1e3)
    return {size: median(times) for size, times in taken.items()}


def time_exhaustive_ratio(n: int = SIZES[-1]) -> float:
    """Return our time over that of faiss's binary index for an exhaustive search of 256-bit codes."""
    with extras_named("this benchmark"):
        import faiss

    random = np.random.default_rng(1)
    codes, queries = (random.integers(0, 256, (size, 32), np.uint8) for size in (n, 20))
    index = faiss.IndexBinaryFlat(256)
    index.add(codes)
    ratios = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        hamming_search(queries, codes, 10)
        between = time.perf_counter()
        index.search(queries, 10)
        ratios.append((between - started) / (time.perf_counter() - between))
    return median(ratios)


def measure_reranking(protocol: LabelledSearch, short: Path, long: Path) -> Reranked:
    """Look up each query by the code of a short model, rank what is there by a long one's; compare with ranking all."""
    by_short, by_long = describe_by_encoder(TrainedEncoder(short)), describe_by_encoder(TrainedEncoder(long))
    items, queries = by_long(protocol.database), by_long(protocol.queries)
    table = SemanticHash(addresses_of(by_short(protocol.database).rows), items.rows)
    addresses = addresses_of(by_short(protocol.queries).rows)
    labels, wanted = protocol.database.labels, protocol.queries.labels
    assert labels is not None
    assert wanted is not None
    shares, sizes = [], []
    for address, code, label in zip(addresses.tolist(), queries.rows, wanted, strict=True):
        found, _ = table.search(address, code, len(labels), RADIUS, WANTED)
        sizes.append(len(found))
        relevant = np.zeros((1, DEPTH), bool)
        relevant[0, : len(found)] = labels[found[:DEPTH]] == label
        shares.append(precision_at_k(relevant, DEPTH))
    exhaustive = label_metrics(scores_between(queries, items), wanted, labels)[f"P@{DEPTH}"]
    return Reranked(float(np.mean(shares)), exhaustive, float(np.mean(sizes)))


def reranking_row(protocol: LabelledSearch, long: str, measured: Reranked) -> Sequence[str]:
    """Return one line of the table of codes."""
    method = f"{BITS}-bit look-up, radius {RADIUS} to {WIDEST}, then {long}"
    scores = f"P@{DEPTH} {measured.found:.3f} of {measured.exhaustive:.3f}, {measured.ranked:,.0f} items ranked a query"
    return [protocol.name, method, scores, "0"]


def _random_addresses(random: np.random.Generator, n: int) -> NDArray[np.uint32]:
    return random.integers(0, 2**BITS, n, np.uint32)
