"""Time estimates: how long describing items and comparing classifiers of them will take, measured on a few of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from sonolux.training.classification.automatic import MIRRORED
from sonolux.training.classification.features import MANY, STRENGTHS
from sonolux.training.classification.heads import HeadCandidate, HeadFitter
from sonolux.training.classification.recipes import FeaturesRecipe
from sonolux.training.data.described import source_encoder
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sounds import SoundSet
from sonolux.types import Modality

TRIED = 3
"""Items that are described to measure it."""


def features_seconds(items: ImageSet | SoundSet, recipe: FeaturesRecipe) -> float:
    """Return about how many seconds `sonolux.training.classification.automatic` needs.

    A network that is tried in the end is not in it: what that takes is told before it begins.
    """
    sounds = isinstance(items, SoundSet)
    times = 1 if sounds or len(items) > MIRRORED else 2
    total = 0.0
    for source in recipe.sources:
        encoder = source_encoder(source, Modality.AUDIO if sounds else Modality.IMAGE)
        tried = _some_sounds(items, encoder.sample_rate) if isinstance(items, SoundSet) else list(items.pixels[:TRIED])
        encoder.encode(tried[:1])  # what is loaded once is not counted for each
        began = time.monotonic()
        dim = np.asarray(encoder.encode(tried)).shape[1]
        total += times * len(items) * (time.monotonic() - began) / len(tried)
        total += times * _comparing_seconds(items, dim, recipe)
    return total


def _comparing_seconds(items: ImageSet | SoundSet, dim: int, recipe: FeaturesRecipe) -> float:
    """Return how long the heads of one descriptor take, of which one of each kind is fitted to noise."""
    assert items.labels is not None
    rows = np.random.default_rng(0).normal(size=(len(items), dim))
    kept = np.arange(len(items)) % recipe.folds > 0
    for _ in range(2):  # the first loads what fits
        began = time.monotonic()
        fitter = HeadFitter(rows[kept], items.labels[kept], len(items.classes), balanced=False)
        for head, strength in STRENGTHS:
            fitter.fit(HeadCandidate("", head, strength))
        once = time.monotonic() - began
    return once if len(items) > MANY else once * recipe.repeats * recipe.folds * (recipe.folds + 1) / 2


def _some_sounds(items: SoundSet, rate: int) -> Sequence[np.ndarray]:
    """Return noise as long as some of the sounds."""
    random = np.random.default_rng(0)
    rows = np.linspace(0, len(items) - 1, TRIED).astype(int)
    seconds = [len(items.frames[row]) * items.how.hop / items.how.rate for row in rows]
    return [(0.1 * random.normal(size=max(round(one * rate), rate // 10))).astype(np.float32) for one in seconds]
