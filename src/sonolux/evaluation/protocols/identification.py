"""Audio identification protocol: the recording that a clip is from, at a threshold of 1 % false alarms.

A set is a folder with ``catalog/ID.wav``, ``queries/`` and ``truth.csv``. A row there is a query: its path below
``queries``, the id of its recording or ``unknown``, where in that it begins, how long it is, what was done to it.
Lengths are measured apart: of each, the threshold is the lowest at which at most 1 % of the unknown queries are given
an answer, and right are the known queries whose answer is theirs, above it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.metrics.identification import detection_and_identification_rate, false_alarm_ratio

UNKNOWN = "unknown"

ACCEPTED = 0.01
"""Share of the unknown queries that may be given an answer."""

NEAR = 0.5
"""Seconds by which a place may be wrong."""

TRUTH = "truth.csv"


@dataclass(frozen=True, slots=True)
class Clip:
    """A query; its place and length are seconds."""

    path: Path
    recording: str
    start: float
    length: int
    condition: str

    @property
    def known(self) -> bool:
        """Whether any recording of the catalog is heard."""
        return self.recording != UNKNOWN


@dataclass(frozen=True, slots=True)
class Identification:
    """The first answer to a query, however unlikely; an empty recording where there is none."""

    recording: str = ""
    start: float = 0.0
    score: float = -np.inf
    chance: float = 1.0


def read_queries(folder: Path) -> list[Clip]:
    """Read the queries of a set; SonoluxError where its table is missing or of another form."""
    try:
        with (folder / TRUTH).open(newline="", encoding="utf-8") as table:
            return [
                Clip(
                    folder / "queries" / row["query"],
                    row["truth"],
                    float(row["start_s"]),
                    int(row["length_s"]),
                    row["condition"],
                )
                for row in csv.DictReader(table)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise SonoluxError(f"{folder / TRUTH} is no table of queries: {error}") from error


def identification_rates(clips: Sequence[Clip], named: Sequence[Identification], length: int) -> dict[str, float]:
    """Return the share of known queries of a length that are answered rightly, by condition, and of ``all``."""
    pairs = [pair for pair in zip(clips, named, strict=True) if pair[0].length == length]
    unknown = np.array([answer.score for clip, answer in pairs if not clip.known])
    known = [pair for pair in pairs if pair[0].known]
    conditions = dict.fromkeys(clip.condition for clip in clips)
    shares = {name: _rate([pair for pair in known if pair[0].condition == name], unknown) for name in conditions}
    return shares | {"all": _rate(known, unknown)}


def localisation_rate(clips: Sequence[Clip], named: Sequence[Identification]) -> float:
    """Return the share of the right answers whose place is right too."""
    found = [(clip, answer) for clip, answer in zip(clips, named, strict=True) if answer.recording == clip.recording]
    return sum(abs(answer.start - clip.start) <= NEAR for clip, answer in found) / max(len(found), 1)


def false_alarm_ratio_at(clips: Sequence[Clip], named: Sequence[Identification], chance: float) -> float:
    """Return how many times as often as claimed an unknown query is given an answer of so small a chance."""
    unknown = [answer.chance for clip, answer in zip(clips, named, strict=True) if not clip.known]
    return false_alarm_ratio(np.array(unknown), chance)


def _rate(known: Sequence[tuple[Clip, Identification]], unknown: NDArray[np.float64]) -> float:
    """Return the detection and identification rate of known queries; 0 without any."""
    if not known:
        return 0.0
    scores = np.array([answer.score for _, answer in known])
    right = np.array([answer.recording == clip.recording for clip, answer in known])
    return detection_and_identification_rate(scores, right, unknown, ACCEPTED)
