"""The table of codes, on a hundredth of its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.evaluation.benchmarks import codes
from sonolux.evaluation.protocols.labelled_search import LabelledSearch, cifar10_codes
from sonolux.training.codes import train_codes
from sonolux.training.recipe import Recipe

pytestmark = pytest.mark.data


def test_baselines_models_and_times_in_one_table(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cifar10_codes(data, per_class=2)
    small = LabelledSearch("cifar10 codes", whole.queries, whole.database.subset(np.arange(600)))
    train_codes(small.database, Recipe("lsh", bits=48), tmp_path / "model")
    monkeypatch.setattr(codes, "cifar10_codes", lambda folder: small)
    monkeypatch.setattr(codes, "SIZES", (1000, 2000))
    monkeypatch.setattr(codes, "BASELINES", ("lsh",))
    cards, report = codes.benchmark_codes(data, [tmp_path / "model"])
    methods = [card.method for card in cards if card.protocol == "cifar10 codes"]
    assert methods == ["Euclidean, pixels", "lsh, 256 bits", "lsh, 48 bits, 30 epochs"]
    assert next(card.method for card in cards if card.protocol == "faces") == "Euclidean, pixels"
    assert all(0 <= score <= 1 for card in cards for score in card.scores.values())
    page = report.markdown()
    assert "look-up time, 2,000 over 1,000 items" in page
    assert "| faces | Fisherfaces |" in page
