"""Few photos of each class: each draw is learned from alone, and what is trained already is not trained again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonolux.evaluation.benchmarks import transfer
from sonolux.evaluation.protocols import shop_photos
from sonolux.training.classification import images as classification


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for product, colour in (("apple", (200, 30, 30)), ("leek", (30, 160, 60))):
        folder = tmp_path / "shop" / product
        folder.mkdir(parents=True)
        for number in range(8):
            noise = random.integers(-25, 25, (40, 40, 3))
            Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg")
    return tmp_path / "shop"


@pytest.mark.long
def test_both_are_trained_once_and_judged(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "SAME", {"epochs": 1, "batch_size": 4, "refit": True, "image_size": 128})
    monkeypatch.setattr(shop_photos, "DRAWS", 1)
    said: list[str] = []
    report = transfer.benchmark_transfer(shop, tmp_path / "work", said.append)
    assert [row[0] for row in report.rows] == [transfer.FROZEN, transfer.BEST, transfer.RANDOM]
    assert [row[1] for row in report.rows[:2]] == ["1.000", "1.000"], "colours are told apart by what photo knows"
    assert (tmp_path / "work" / "draw-0.csv").read_text().count("apple,") == 0
    assert (tmp_path / "work" / "draw-0.csv").read_text().count(",apple") == shop_photos.FEW

    def trained_again(*_: object, **__: object) -> None:
        raise AssertionError("it is there")

    monkeypatch.setattr(classification, "run", trained_again)
    assert transfer.benchmark_transfer(shop, tmp_path / "work", said.append).rows == report.rows
