"""Descriptors under test: functions from images to descriptors, and the scores between these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.retrieval.similarity import similarities
from sonolux.training.data.images import ImageSet
from sonolux.types import Space


@dataclass(frozen=True, slots=True)
class Described:
    """Descriptors (n, dim), or packed codes (n, dim / 8), and the space that defines how they compare."""

    rows: NDArray[Any]
    space: Space


DescribeImageSet = Callable[[ImageSet], Described]


def describe_by_encoder(encoder: Encoder) -> DescribeImageSet:
    """Describe by an encoder of images."""
    return lambda images: Described(np.asarray(encoder.encode(list(images.pixels))), encoder.as_space())


def describe_by_pixels(images: ImageSet) -> Described:
    """Describe by the pixels themselves, in [0, 1], compared by Euclidean distance."""
    rows = images.pixels.reshape(len(images), -1).astype(np.float32) / 255
    return Described(rows, Space("pixels", rows.shape[1], "euclidean"))


def scores_between(queries: Described, database: Described) -> NDArray[np.float32]:
    """Return the score of every item for every query, (m, n)."""
    return similarities(queries.space, queries.rows, database.rows)
