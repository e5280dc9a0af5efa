"""Benchmark of keywords in several shards, in small: shards that weigh by themselves differ, counted ones do not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from sonolux.errors import MediaError
from sonolux.evaluation.benchmarks.cluster import (
    COUNTED,
    ShardAgreement,
    benchmark_cluster,
    compare_with_one_shard,
    draw_questions,
    held_and_other_captions,
)


def test_shards_in_small(data: Path) -> None:
    cards, report = benchmark_cluster(data, texts=300, questions=12, say=lambda _: None)
    by_method = {card.method: card.scores for card in cards}
    assert set(by_method[COUNTED].values()) == {1.0}
    assert min(by_method["the engine, in each shard"].values()) < 0.98
    assert report.command == "sonolux bench cluster --texts 300 --questions 12"
    assert [row[:2] for row in report.rows][2:] == [[COUNTED, "one word"], [COUNTED, "two to four words"]]
    assert all("met" in verdict for verdict in report.verdicts)


def test_what_scores_alike_is_as_good() -> None:
    right = [{"a": 3.0, **{f"b{n}": 2.0 for n in range(12)}, "c": 1.0}, {}]
    found = [{"a": 3.0, **{f"b{n}": 2.0 for n in range(4, 12)}, "c": 1.0}, {}]
    assert compare_with_one_shard(right, found) == ShardAgreement(pytest.approx(0.9), pytest.approx(0.6))


def test_questions_come_from_captions_that_are_not_searched(data: Path) -> None:
    held, others = held_and_other_captions(data, 100)
    assert len(held) == 100 and not set(held) & set(others)
    asked = draw_questions(others, 20, random.Random(1))
    assert asked == draw_questions(others, 20, random.Random(1))
    assert {len(words.split()) for words in asked["one word"]} == {1}
    assert {len(words.split()) for words in asked["two to four words"]} == {2, 3, 4}


def test_captions_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"train\.en\.gz"):
        held_and_other_captions(tmp_path, 1)
