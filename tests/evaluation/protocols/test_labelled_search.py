"""The labelled search protocol: its queries and database, and a baseline that was measured on these files before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.evaluation.descriptors import Described, describe_by_pixels
from sonolux.evaluation.protocols.labelled_search import LabelledSearch, read_cifar10_codes
from sonolux.types import Space

pytestmark = pytest.mark.data

CODES = Space("codes", 8, "hamming", "binary")


@pytest.fixture(scope="session")
def cifar(data: Path) -> LabelledSearch:
    return read_cifar10_codes(data)


def test_queries_are_the_first_hundred_of_each_class(cifar: LabelledSearch) -> None:
    assert np.bincount(cifar.queries.labels).tolist() == [100] * 10
    assert len(cifar.database) == 50_000


def test_a_code_that_says_nothing_gains_nothing_by_the_order_of_the_files(cifar: LabelledSearch) -> None:
    few = LabelledSearch("part", cifar.queries.subset(np.arange(0, 1000, 50)), cifar.database)
    card = few.score("nothing", lambda images: Described(np.zeros((len(images), 1), np.uint8), CODES))
    assert card.scores["mAP@ALL"] == pytest.approx(0.1, abs=0.005)


@pytest.mark.long
def test_pixels_score_what_was_measured(cifar: LabelledSearch) -> None:
    tenth = LabelledSearch("part", cifar.queries.subset(np.arange(0, 1000, 10)), cifar.database)
    card = tenth.score("pixels", describe_by_pixels)
    # .137 and .207 with 1,000 other queries; a hundred scatter by a hundredth.
    assert card.scores["mAP@ALL"] == pytest.approx(0.137, abs=0.02)
    assert card.scores["mAP@1000"] == pytest.approx(0.207, abs=0.03)
    assert card.split == "100 queries, 50,000 items"
