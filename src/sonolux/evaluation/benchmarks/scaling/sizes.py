"""Sizes: bytes an item by the formulas, beside what codes and vectors take when they are stored."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.scaling.programs import run_program
from sonolux.evaluation.benchmarks.scaling.representations import (
    code_bytes,
    embedded_bytes,
    filter_bytes,
    fingerprint_bytes,
    float_bytes,
    graph_bytes,
    keyword_bytes,
    stored_payload_bytes,
    table_bytes,
    table_file_bytes,
)
from sonolux.evaluation.benchmarks.search import item_payload

BITS, DIM, TERMS = 256, 384, 20
WITHIN = 0.10


def benchmark_sizes(codes: Sequence[int], vectors: int, dim: int, progress: Announce) -> tuple[Report, dict[str, Any]]:
    """Compare formulas with what so many codes, and so many vectors, take.

    Parameters
    ----------
    codes : sequence of int
        How many codes are stored, each number by itself.
    vectors, dim : int
        How many vectors are stored, and of how many numbers.
    progress : callable
        Called with a line on where it stands.
    """
    values: dict[str, Any] = formula_values(max(vectors, 2))
    rows = [[name, f"{value:,.0f}", "", ""] for name, value in values.items()]
    stored: dict[str, Any] = {}
    for n in codes:
        measured = _stored("codes", n, BITS)
        progress(f"{n:,} codes: {measured}")
        stored[f"{n} codes"] = measured
        rows.append(_row(f"{n:,} codes, memory", table_bytes(n, BITS), measured["memory"], n))
        rows.append(_row(f"{n:,} codes, disk", table_file_bytes(n, BITS), measured["disk"], n))
    measured = _stored("vectors", vectors, dim)
    progress(f"{vectors:,} vectors: {measured}")
    stored[f"{vectors} vectors"] = measured
    expected = vectors * embedded_bytes(vectors, dim, item_payload(vectors - 1))
    rows.append(_row(f"{vectors:,} vectors of {dim}, disk", expected, measured["disk"], vectors))
    return _report(rows, stored, max(codes), _command(codes, vectors, dim)), {"formulas": values, "stored": stored}


def formula_values(n: int) -> dict[str, float]:
    """Return the bytes of each representation, by what it is of."""
    payload = item_payload(n - 1)
    return {
        f"float32, {DIM} numbers": float_bytes(DIM),
        f"float16, {DIM} numbers": float_bytes(DIM, 2),
        f"int8, {DIM} numbers": float_bytes(DIM, 1),
        f"code, {BITS} bits": code_bytes(BITS),
        f"keywords, {TERMS} terms": keyword_bytes(TERMS),
        "fingerprints, an hour (at most)": fingerprint_bytes(3600),
        "payload": stored_payload_bytes(payload),
        "indexes of the payload": filter_bytes(payload),
        f"graph, among {n:,} items": graph_bytes(n),
    }


def _stored(what: str, n: int, size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        measured: dict[str, Any] = run_program("stored", what, n, size, Path(name) / "stored")
    return measured


def _row(name: str, expected: float, taken: float, n: int) -> list[str]:
    return [name, f"{expected / n:,.1f}", f"{taken / n:,.1f}", f"{taken / expected:.3f}"]


def _command(codes: Sequence[int], vectors: int, dim: int) -> str:
    """Return the command that measures the same."""
    given = {"--vectors": (vectors, 10**6), "--dim": (dim, 64)}
    told = [f"--codes {n}" for n in codes if list(codes) != [10**6, 5 * 10**6, 5 * 10**7]]
    told += [f"{option} {value}" for option, (value, default) in given.items() if value != default]
    return " ".join(["sonolux bench scale --part sizes", *told])


def _report(rows: list[list[str]], stored: dict[str, Any], most: int, command: str) -> Report:
    asked = stored[f"{most} codes"]
    return Report(
        "scale-sizes",
        "Bytes an item",
        command,
        f"By the formulas of the command, and as measured. Codes are random, {BITS} bits, in a semantic hash; memory is"
        " what the process holds more than before, no file's, and the disk what is allocated. Vectors are random, with"
        " payloads, in an embedded index after `optimize`, without its write-ahead log of at most 32 MiB. float16 is"
        " what a cluster keeps codes' originals in, int8 what `--compress int8` keeps in its memory. An embedded index"
        f" stores a code as {4 * BITS:,} bytes of float32, which no code here is stored as. In a question"
        f" among {most:,} codes a look-up took {asked['look_up_ms']:.1f} ms, a scan {asked['scan_ms']:.0f} ms; the most"
        f" that the process ever held was {asked['peak'] / 2**20:,.0f} MiB, while it sorted.",
        ("what", "formula, bytes", "measured, bytes", "measured / formula"),
        rows,
        [
            *(
                compare_with_target(
                    f"{row[0]}, away from the formula", abs(float(row[3]) - 1), WITHIN, at_most=True, form=".3f"
                )
                for row in rows
                if row[3]
            ),
            compare_with_target("items found again, lowest share", min(one["found"] for one in stored.values()), 1.0),
        ],
    )
