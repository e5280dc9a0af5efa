"""Plan: memory, disk, nodes and hours that so many items need, from the formulas and from measured rates.

The rates are those that ``sonolux bench add`` has written into the page of benchmarks.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.scaling.representations import (
    IDS,
    code_bytes,
    filter_bytes,
    float_bytes,
    graph_bytes,
    keyword_bytes,
    stored_payload_bytes,
)
from sonolux.evaluation.benchmarks.scaling.sizes import BITS, DIM, TERMS
from sonolux.evaluation.benchmarks.search import item_payload

ITEMS = tuple(10**power for power in range(6, 10))
COPIES, NODE, USED, FEWEST = 2, 64 * 2**30, 0.75, 3
"""Copies of each item, memory of a node, the share of it that items may have, and the fewest nodes that lose one."""

NAME = "scale-plan"
RATES = {"what `add` gives": "px, default", "a network of the size of ViT-S/16": "px, ViT-S/16"}
"""What photos of 1,600 pixels are described by, and how rows of the page end that tell how fast."""


@dataclass(frozen=True, slots=True)
class Need:
    """What so many items need: bytes with all copies, nodes, and hours of one machine by what it encodes with."""

    items: int
    codes: float
    int8: float
    float32: float
    disk: float
    nodes: dict[str, int]
    hours: dict[str, float]


def needs_of(items: int, rates: dict[str, float]) -> Need:
    """Return what so many items need, each a photo with a vector, a code, keywords and its payload."""
    payload = item_payload(items - 1)
    around = graph_bytes(items) + IDS
    memory = {
        "codes": items * COPIES * (code_bytes(BITS) + around),
        "int8": items * COPIES * (float_bytes(DIM, 1) + around),
        "float32": items * COPIES * (float_bytes(DIM) + around),
    }
    stored = float_bytes(DIM) + float_bytes(BITS, 2) + code_bytes(BITS) + float_bytes(DIM, 1) + 2 * around
    stored += keyword_bytes(TERMS) + stored_payload_bytes(payload) + filter_bytes(payload)
    nodes = {name: max(FEWEST, math.ceil(size / (USED * NODE))) for name, size in memory.items()}
    hours = {name: items / rate / 3600 for name, rate in rates.items()}
    return Need(items, **memory, disk=items * COPIES * stored, nodes=nodes, hours=hours)


def measured_rates(page: Path) -> dict[str, float]:
    """Return photos a second by what describes them, the medians of the rounds that a page of benchmarks tells.

    Raises
    ------
    SonoluxError
        Where the page tells none.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    section = re.search(r"<!-- begin add -->(.*?)<!-- end add -->", text, re.DOTALL)
    rows = [line.strip("| \n").split(" | ") for line in section[1].splitlines()] if section else []
    rates = {}
    for name, ending in RATES.items():
        found = [float(row[-1]) for row in rows if row[0].endswith(ending)]
        if not found:
            raise SonoluxError(f"{page} tells no rates: let `sonolux bench add` write them first")
        rates[name] = median(found)
    return rates


def plan_items(page: Path) -> tuple[str, dict[str, Any]]:
    """Return the plan as Markdown, and as plain data."""
    rates = measured_rates(page)
    needs = [needs_of(items, rates) for items in ITEMS]
    return _markdown(needs, rates), {"rates": rates, "needs": [asdict(need) for need in needs]}


def write_plan(text: str, page: Path) -> None:
    """Put the plan into a page, between the comments that name it.

    Raises
    ------
    SonoluxError
        Where the page has no such comments.
    """
    begin, end = f"<!-- begin {NAME} -->", f"<!-- end {NAME} -->"
    there = page.read_text(encoding="utf-8") if page.exists() else ""
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    written, times = pattern.subn(lambda _: f"{begin}\n{text}{end}", there)
    if not times:
        raise SonoluxError(f"{page} has no place for the plan: write {begin} and {end} into it")
    page.write_text(written, encoding="utf-8")


def _markdown(needs: list[Need], rates: dict[str, float]) -> str:
    head = ["", *(f"{need.items:,}" for need in needs)]
    rows = [head, ["---"] * len(head)]
    rows += [
        [f"memory with {what}, GiB", *(f"{_giga(getattr(need, name)):,.1f}" for need in needs)]
        for name, what in (("codes", "codes"), ("int8", "int8"), ("float32", "float32"))
    ]
    rows.append(["disk, GiB", *(f"{_giga(need.disk):,.0f}" for need in needs)])
    rows += [
        [f"nodes of 64 GiB with {name}", *(f"{need.nodes[name]:,}" for need in needs)]
        for name in ("codes", "int8", "float32")
    ]
    rows += [
        [f"hours of encoding, {name} ({rate:,.0f} a second)", *(f"{need.hours[name]:,.0f}" for need in needs)]
        for name, rate in rates.items()
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    about = [
        "    sonolux bench scale --part plan",
        "",
        f"Of each item a float32 vector of {DIM} numbers, a code of {BITS} bits, {TERMS} keywords and its payload, in"
        f" {COPIES} copies.",
        "Memory is that of one space: what is compared first, its graph, and ids; no other space.",
        f"Items may have {USED:.0%} of a node, and there are at least {FEWEST}. On the disk are both spaces, and the"
        " vectors as int8 too;",
        "keep as much free again, for merging. Hours are those of the machine of `sonolux bench add` (2 cores),",
        "for photos of 1,600 pixels; many machines take so many times less, as far as they can be fed.",
        "",
    ]
    return "\n".join([*about, *lines]) + "\n"


def _giga(size: float) -> float:
    return size / 2**30
