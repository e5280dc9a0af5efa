"""The identification protocol: thresholds, shares and places, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.identification import (
    UNKNOWN,
    Clip,
    Identification,
    false_alarm_ratio_at,
    identification_rates,
    localisation_rate,
    read_queries,
)


def clip(recording: str, length: int = 5, condition: str = "clean", start: float = 3.0) -> Clip:
    return Clip(Path("q.wav"), recording, start, length, condition)


def test_the_threshold_lets_one_unknown_query_of_a_hundred_through() -> None:
    unknown = [(clip(UNKNOWN), Identification("b", 0, score, 0.5)) for score in range(100)]
    known = [
        (clip("a"), Identification("a", 3.0, 98.5, 0.01)),
        (clip("a"), Identification("a", 3.0, 98.0, 0.01)),
        (clip("a", condition="noise"), Identification("b", 3.0, 200.0, 0.01)),
        (clip("a", condition="noise"), Identification()),
    ]
    clips, named = zip(*unknown, *known, strict=True)
    assert identification_rates(clips, named, 5) == {"clean": 0.5, "noise": 0.0, "all": 0.25}


def test_lengths_have_thresholds_of_their_own() -> None:
    clips = [clip(UNKNOWN, 2), clip("a", 2), clip("a", 10)]
    named = [Identification("a", 0, 5.0), Identification("a", 3.0, 4.0), Identification("a", 3.0, 1.0)]
    assert identification_rates(clips, named, 2)["all"] == 0
    assert identification_rates(clips, named, 10)["all"] == 1


def test_places_count_of_right_answers_alone() -> None:
    clips = [clip("a"), clip("a"), clip("a"), clip(UNKNOWN)]
    named = [
        Identification("a", 3.5, 1),
        Identification("a", 3.6, 1),
        Identification("b", 3.0, 1),
        Identification("b", 3.0, 1),
    ]
    assert localisation_rate(clips, named) == 0.5


def test_chances_are_those_of_unknown_queries() -> None:
    clips = [clip(UNKNOWN)] * 10 + [clip("a")]
    named = [Identification("a", 0, 1, 0.05)] * 2 + [Identification()] * 8 + [Identification("a", 0, 1, 0.01)]
    assert false_alarm_ratio_at(clips, named, 0.1) == pytest.approx(2.0)
    assert false_alarm_ratio_at(clips, named, 0.01) == 0


def test_a_table_is_read_and_anything_else_refused(tmp_path: Path) -> None:
    with pytest.raises(SonoluxError, match="is no table of queries"):
        read_queries(tmp_path)
    (tmp_path / "truth.csv").write_text("query,truth,source,start_s,length_s,condition\nn0_05/q1.wav,a,a,1.5,5,n0\n")
    assert read_queries(tmp_path) == [Clip(tmp_path / "queries" / "n0_05" / "q1.wav", "a", 1.5, 5, "n0")]
    (tmp_path / "truth.csv").write_text("query,answer\nn0_05/q1.wav,a\n")
    with pytest.raises(SonoluxError, match="is no table of queries"):
        read_queries(tmp_path)
