"""Ties among keyword hits: texts of one length that hold a word once score alike, in whatever shard they lie.

Which of them the cluster gives out follows from its shards and segments. So that the best are the same ones wherever
they lie, and pages neither repeat nor leave out, ties go by id: where the last one that is wanted scores as the next,
all that score so are asked for, by their ids alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MOST = 1_000
"""Points that score alike and are put in order; of more, any."""

DIGITS = 6
"""Of a score that are compared: shards may add up the same numbers in another order."""

AskBest = Callable[[int, float | None], Sequence[Any]]
"""Asks for so many of the best; where a number is given, for those that score that at least, by their ids alone."""


def best_in_order(ask: AskBest, wanted: int) -> list[Any]:
    """Return so many of the best, best first, of those that score alike by their ids.

    Parameters
    ----------
    ask : callable
    wanted : int
        One or more.

    Returns
    -------
    list
        Scored points of the client; those that came by their ids alone have None for a payload.
    """
    hits = list(ask(wanted + 1, None))
    if len(hits) > wanted and _compared(hits[wanted - 1]) == _compared(hits[wanted]):
        known = {hit.id for hit in hits}
        last = hits[wanted].score
        alike = ask(wanted + MOST, last - abs(last) * 10.0**-DIGITS)
        hits += [hit for hit in alike if hit.id not in known]
    hits.sort(key=lambda hit: (-_compared(hit), str(hit.id)))
    return hits[:wanted]


def _compared(hit: Any) -> float:
    return float(f"{hit.score:.{DIGITS}g}")
