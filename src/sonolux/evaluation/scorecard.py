"""Scorecards: the scores of a protocol, with all that is needed to measure them again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _command() -> str:
    return " ".join(["sonolux", *sys.argv[1:]])


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One method under one protocol.

    Attributes
    ----------
    protocol, method : str
    scores : mapping
        Metrics by name, higher for better.
    primary : str
        The metric that decides.
    split : str
        Queries and database.
    seed : int
    date, command : str
    """

    protocol: str
    method: str
    scores: Mapping[str, float]
    primary: str
    split: str
    seed: int = 0
    date: str = field(default_factory=_today)
    command: str = field(default_factory=_command)

    def as_data(self) -> dict[str, Any]:
        """Return the scorecard as plain data."""
        return asdict(self)
