"""Products told apart, with a truth that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.shop_photos import DRAWS, few_right, shop_photos


def test_products_that_lie_apart_are_told_apart_and_noise_is_not() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([f"product {number}" for number in range(5)], 8)
    centres = np.repeat(np.eye(5, 20, dtype=np.float32), 8, axis=0)
    apart = centres + random.normal(0, 0.05, centres.shape).astype(np.float32)
    assert few_right(apart, labels) == [1.0] * DRAWS
    noise = random.normal(size=(40, 20)).astype(np.float32)
    assert np.mean(few_right(noise, labels)) < 0.5


def test_pictures_of_catalogues_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "milk").mkdir()
    for name in ("milk_001.jpg", "milk_002.jpg", "iconic.jpg"):
        (tmp_path / "milk" / name).write_bytes(b"")
    files, labels = shop_photos(tmp_path)
    assert [file.name for file in files] == ["milk_001.jpg", "milk_002.jpg"]
    assert labels.tolist() == ["milk", "milk"]


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SonoluxError, match="this protocol needs the set grocery"):
        shop_photos(tmp_path)
