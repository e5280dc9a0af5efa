"""Cost of recommending: how long an answer takes in a large library, and what importing many interactions takes.

Simulated: items lie in clusters (those of `sonolux.evaluation.benchmarks.search`, 64 numbers each) and every user plays
items of a few of them. Only times and memory are measured on these data, never how good an answer is. Every question is
asked of a library that is open and warm, each of another user; users that are asked are drawn with the seed.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.search import PrecomputedEncoder, item_payload, numbered_id
from sonolux.evaluation.scorecard import Scorecard
from sonolux.index import Point
from sonolux.index.interactions import Interaction
from sonolux.library import Library
from sonolux.library.interactions.factors import FACTORS
from sonolux.training.recommendation.recipe import FactorisationRecipe

DIM = 64
CLUSTERS = 500
PLAYS = 40
"""Items that a user plays."""

TASTES = 4
"""Clusters of which a user plays."""

ASKED = 200
"""Users that are recommended to, after `WARMING`."""

WARMING = 20

ITERATIONS = 4
"""Of the factorisation: how good the factors are changes no time."""

TARGET = 20.0
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class RecommendingCost:
    """What was measured, and seconds of what comes before.

    Attributes
    ----------
    milliseconds : dict of str to (float, float, float)
        By question: median, nineteen of twenty within, and the median of the time that the process itself ran.
    """

    milliseconds: dict[str, tuple[float, float, float]]
    learning: float
    importing: float
    rows: int
    mebibytes: float


class SmallPrecomputedEncoder(PrecomputedEncoder):
    """An encoder of fewer numbers."""

    dim = DIM


def benchmark_recommending(
    items: int = 100_000, users: int = 10_000, rows: int = 0, seed: int = 0, say: Announce = print
) -> tuple[list[Scorecard], Report]:
    """Measure how long recommendations take.

    Parameters
    ----------
    items, users : int
        Of the library.
    rows : int
        Of a csv that is imported too; 0 for none.
    seed : int
    say : callable
    """
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "bench.sonolux") as library:
        cluster_of = _fill(library, items, random)
        say(f"{items:,} items")
        library.interactions.add(_plays(cluster_of, users, random))
        learned = library.learn_factors(FactorisationRecipe(method="wmf", factors=DIM, iterations=ITERATIONS))
        library.optimize()
        say(f"factors in {learned.seconds:.0f} s")
        asked = [f"user{number}" for number in random.choice(users, WARMING + ASKED, replace=users < WARMING + ASKED)]
        liked = [[numbered_id(int(one)) for one in random.choice(items, 3, replace=False)] for _ in asked]
        questions: dict[str, Callable[[int], Any]] = {
            "a user, by factors": lambda n: library.recommend(asked[n], spaces=FACTORS),
            "a user, by content": lambda n: library.recommend(asked[n], spaces="ready"),
            "a user, by both": lambda n: library.recommend(asked[n]),
            "a user, by both, only what is new": lambda n: library.recommend(asked[n], new_only=True),
            "somebody new with three likes, by both": lambda n: library.recommend(like=liked[n]),
        }
        measured = {}
        for name, question in questions.items():
            measured[name] = _times(question)
            say(f"{name}: {measured[name][0]:.1f} ms")
        spent, memory = _import(library, Path(folder) / "plays.csv", items, rows, random) if rows else (0.0, 0.0)
    cost = RecommendingCost(measured, learned.seconds, spent, rows, memory)
    return _cards(cost, items, users, seed), _report(cost, items, users, seed)


def _fill(library: Library, items: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Add items; return the cluster of each."""
    centres = random.standard_normal((CLUSTERS, DIM))
    cluster_of = random.integers(CLUSTERS, size=items)
    library.create([SmallPrecomputedEncoder()])
    for start in range(0, items, 1_000):
        numbers = np.arange(start, min(start + 1_000, items))
        noise = 0.7 * random.standard_normal((len(numbers), DIM))
        rows = normalised((centres[cluster_of[numbers]] + noise).astype(np.float32))
        library.index.upsert(
            [
                Point(numbered_id(n), {"ready": row}, item_payload(n))
                for n, row in zip(numbers.tolist(), rows, strict=True)
            ]
        )
    return cluster_of


def _plays(cluster_of: NDArray[np.intp], users: int, random: np.random.Generator) -> Iterator[Interaction]:
    """Yield what users play: items of a few clusters each."""
    members = [np.flatnonzero(cluster_of == cluster) for cluster in range(CLUSTERS)]
    there = [each for each in members if len(each)]
    for user in range(users):
        for taste in random.choice(len(there), TASTES):
            for item in random.choice(there[taste], PLAYS // TASTES):
                yield Interaction(f"user{user}", numbered_id(int(item)), float(random.integers(1, 50)))


def _times(question: Callable[[int], Any]) -> tuple[float, float, float]:
    """Return the milliseconds of the questions after the first ones, as `RecommendingCost` has them."""
    found = []
    for number in range(WARMING + ASKED):
        started, ran = time.perf_counter(), time.process_time()
        question(number)
        if number >= WARMING:
            found.append((1e3 * (time.perf_counter() - started), 1e3 * (time.process_time() - ran)))
    waited, run = np.array(found).T
    return float(np.median(waited)), float(np.quantile(waited, 0.95)), float(np.median(run))


def _import(library: Library, file: Path, items: int, rows: int, random: np.random.Generator) -> tuple[float, float]:
    """Return the seconds that importing a csv takes, and the MiB by which it raised the peak of memory."""
    with file.open("w") as csv:
        csv.write("user,item,plays,time\n")
        for start in range(0, rows, 100_000):
            count = min(100_000, rows - start)
            drawn = zip(random.integers(rows // 60 + 1, size=count), random.integers(items, size=count), strict=True)
            csv.writelines(f"{user},{numbered_id(int(item))},1,{1_500_000_000 + start}\n" for user, item in drawn)
    before = _peak()
    started = time.monotonic()
    library.import_interactions(file)
    return time.monotonic() - started, _peak() - before


def _peak() -> float:
    """Return the most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _cards(cost: RecommendingCost, items: int, users: int, seed: int) -> list[Scorecard]:
    split = f"{items:,} simulated items, {users:,} simulated users"
    names = ("milliseconds", "milliseconds-p95", "milliseconds-run")
    return [
        Scorecard("recommending-cost", name, dict(zip(names, each, strict=True)), names[0], split, seed)
        for name, each in cost.milliseconds.items()
    ]


def _report(cost: RecommendingCost, items: int, users: int, seed: int) -> Report:
    rows: list[Sequence[str]] = [
        (name, *(f"{each:.1f} ms" for each in told)) for name, told in cost.milliseconds.items()
    ]
    rows.append((f"learning {DIM} factors, {ITERATIONS} iterations", f"{cost.learning:.1f} s", "", ""))
    if cost.rows:
        peak = f"{cost.mebibytes:.0f} MiB above the peak before"
        rows.append((f"importing {cost.rows:,} rows", f"{cost.importing:.0f} s", peak, ""))
    option = f" --rows {cost.rows}" if cost.rows else ""
    slowest = [max(each[place] for each in cost.milliseconds.values()) for place in (0, 2)]
    return Report(
        "recommend",
        "What a recommendation costs",
        f"sonolux bench recommend{option}",
        f"{items:,} simulated items in {CLUSTERS} clusters, {users:,} simulated users with {PLAYS} plays each, seed"
        f" {seed}; {ASKED} users asked once each, warm, for ten items with reasons. How good they are is not measured.",
        ("what", "median", "19 of 20 within", "median of the time the process ran"),
        rows,
        [
            compare_with_target("slowest median, in milliseconds", slowest[0], TARGET, at_most=True, form=".1f"),
            compare_with_target("of the time the process ran", slowest[1], TARGET, at_most=True, form=".1f"),
        ],
    )
