"""What an annotator may not do is caught by its base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from contracts.annotator_contract import AnnotatorContract
from sonolux.annotators import Annotator, register
from sonolux.annotators.registry import ANNOTATORS
from sonolux.errors import SonoluxError
from sonolux.types import Annotation, Modality, Region, Span


class Counting(Annotator):
    """Says how many words a text has, and where each is."""

    name = spec = "counting"
    modality = Modality.TEXT
    digest = "1"
    batch_size = 2

    def __init__(self) -> None:
        self.batches: list[int] = []

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        self.batches.append(len(batch))
        return [
            [Annotation(self.name, word, 1 / (2 + i), Span(i, i + 1)) for i, word in enumerate(text.split())]
            for text in batch
        ]


class TestContract(AnnotatorContract):
    @pytest.fixture
    def annotator(self, monkeypatch: pytest.MonkeyPatch) -> Annotator:
        monkeypatch.setattr(ANNOTATORS, "entries", {})
        register("counting", Counting)
        return Counting()

    @pytest.fixture
    def altered(self) -> Annotator:
        other = Counting()
        other.digest = "2"
        return other


def test_inputs_come_in_batches() -> None:
    annotator = Counting()
    assert [len(said) for said in annotator.annotate(["a", "", "b c", "d e f", "g"])] == [1, 0, 2, 3, 1]
    assert annotator.batches == [2, 2, 1]


class Wrong(Counting):
    def __init__(self, *said: list[Annotation]) -> None:
        super().__init__()
        self.said = list(said)

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        return self.said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "said 0 things of 1 inputs"),
        ([[], []], "said 2 things of 1 inputs"),
        ([[Annotation("another", "cat", 0.5)]], "counting signed 'another' under 'cat'"),
        ([[Annotation("counting", "", 0.5)]], "signed 'counting' under ''"),
        ([[Annotation("counting", "cat", 1.5)]], "gave cat probability 1.5"),
        ([[Annotation("counting", "cat", float("nan"))]], "gave cat probability nan"),
        ([[Annotation("counting", "cat", 0.5, region=Region(0, 0, 1, 1))]], "gave cat a region, but takes text"),
    ],
)
def test_a_broken_contract_is_named(said: list[list[Annotation]], why: str) -> None:
    with pytest.raises(SonoluxError, match=why):
        Wrong(*said).annotate(["a text"])
