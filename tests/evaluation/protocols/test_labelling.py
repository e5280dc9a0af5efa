"""Accuracy and calibration, beside a classifier whose answers are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.labelling import score_labels
from sonolux.training.data.images import ImageSet


def asked(chances: np.ndarray, names: tuple[str, ...] = ("a", "b")) -> object:
    """A classifier that answers an image by the row that its first pixel names."""
    return SimpleNamespace(
        labels=SimpleNamespace(names=names),
        probabilities=lambda batch: chances[[int(image[0, 0, 0]) for image in batch]],
        folder=SimpleNamespace(recipe={"seed": 3}),
        spec="m",
    )


def images(n: int) -> ImageSet:
    pixels = np.repeat(np.arange(n, dtype=np.uint8)[:, None], 3, axis=1).reshape(n, 1, 1, 3)
    return ImageSet("some", pixels, np.arange(n) % 2, ("a", "b"))


def test_three_of_four_right_and_always_sure() -> None:
    chances = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], float)
    card = score_labels(images(4), asked(chances), "m")  # type: ignore[arg-type]
    assert card.scores == {"accuracy": 0.75, "1 - ECE": pytest.approx(0.75)}
    assert card.seed == 3


def test_other_labels_are_refused() -> None:
    with pytest.raises(SonoluxError, match="m knows other labels than some"):
        score_labels(images(2), asked(np.eye(2), ("a", "c")), "m")  # type: ignore[arg-type]
