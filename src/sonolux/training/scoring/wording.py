"""Scores in words: what was reached, how surely, of how many items, beside what guessing would reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FEW = 20
"""Items that score, below which hardly anything can be told."""

METRICS = (
    *("accuracy", "precision@10", "recall@1 of views", "explained variance", "segment-f1", "word-errors", "again"),
    *("recall-1", "order-after"),
)
"""That have an interval, where a training tells them; the first that is there is told first."""

QUIET = {"classes", "confusion", "seconds", "independent", "scored_on", "baseline", "baseline_class"} | {
    "candidates",
    "network",
}
"""Parts of scores that are told otherwise, or only as data."""


def scores_in_words(scores: Mapping[str, Any]) -> str:
    """Return the scores of a model folder in one line, the most telling first; those of older folders by name."""
    first = next((name for name in METRICS if f"{name}_low" in scores), None)
    if first is None:
        return ", ".join(f"{name} {value}" for name, value in scores.items() if name not in QUIET)
    said = f"{first} {_two(scores[first])} ({_two(scores[f'{first}_low'])} to {_two(scores[f'{first}_high'])})"
    if "scored_on" in scores:
        said += f" of {scores['scored_on']:,} never seen"
    parts = [said + _guessing(scores)]
    if "order-before" in scores:
        gain = f"{_two(scores['order-gain_low'])} and {_two(scores['order-gain_high'])}"
        parts.append(f"before {_two(scores['order-before'])}; the gain is between {gain}")
    if "recall-10_low" in scores:
        parts.append(f"recall-10 {_two(scores['recall-10'])}")
    if scores.get("scored_on", FEW) < FEW:
        parts.append("too few to tell much")
    if "balanced_accuracy" in scores and _unequal(scores):
        parts.append(f"classes alike {_two(scores['balanced_accuracy'])}")
    if "worst_class" in scores and scores["worst_recall"] < scores["accuracy"]:
        parts.append(f'worst "{scores["worst_class"]}" {_two(scores["worst_recall"])}')
    return "; ".join(parts)


def _guessing(scores: Mapping[str, Any]) -> str:
    if "baseline_class" in scores:
        return f'; always "{scores["baseline_class"]}": {_two(scores["baseline"])}'
    return f"; by chance {_two(scores['baseline'])}" if "baseline" in scores else ""


def _unequal(scores: Mapping[str, Any]) -> bool:
    """Say whether classes are so unequal that accuracy hides the small ones."""
    counts = [one["support"] for one in scores.get("classes", {}).values()]
    return bool(counts) and max(counts) > 2 * max(min(counts), 1)


def _two(value: float) -> str:
    return f"{value:.2f}"
