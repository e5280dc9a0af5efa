"""The benchmark of recommending, in small: it asks what it says, and reports it."""

from __future__ import annotations

import pytest

from sonolux.evaluation.benchmarks import recommending


def test_in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommending, "ASKED", 2)
    monkeypatch.setattr(recommending, "WARMING", 1)
    said: list[str] = []
    cards, report = recommending.benchmark_recommending(400, 30, 500, say=said.append)
    assert len(cards) == 5 and all(card.scores["milliseconds-run"] > 0 for card in cards)
    assert report.command == "sonolux bench recommend --rows 500"
    assert [row[0] for row in report.rows[-2:]] == ["learning 64 factors, 4 iterations", "importing 500 rows"]
    assert len(said) == 7 and "asked:" in report.verdicts[0]
