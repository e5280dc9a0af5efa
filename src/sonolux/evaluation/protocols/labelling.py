"""Labels of pictures that nothing was learned from: how often the most probable is right, and how true chances are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sonolux.annotators.classifier import Classifier
from sonolux.errors import SonoluxError
from sonolux.evaluation.scorecard import Scorecard
from sonolux.training.classification.temperature import calibration_error
from sonolux.training.data.images import PictureSet, read_pictures

BATCH = 500
"""Pictures that are labelled at once."""


def cifar10_test(data: Path) -> PictureSet:
    """Return the 10,000 test pictures of CIFAR-10."""
    return read_pictures(data / "cifar10" / "test.parquet", 32)


def label_score(pictures: PictureSet, classifier: Classifier, method: str) -> Scorecard:
    """Measure accuracy (the share of pictures labelled rightly) and 1 less the expected calibration error.

    Raises
    ------
    SonoluxError
        Where the classifier knows other labels than the pictures have.
    """
    if tuple(classifier.labels.names) != pictures.classes or pictures.labels is None:
        raise SonoluxError(f"{classifier.spec} knows other labels than {pictures.source}: {classifier.labels.names}")
    starts = range(0, len(pictures), BATCH)
    batches = [classifier.probabilities(list(pictures.pixels[start : start + BATCH])) for start in starts]
    chances = np.concatenate(batches)
    scores = {
        "accuracy": float((chances.argmax(axis=1) == pictures.labels).mean()),
        "1 - ECE": 1 - calibration_error(chances, pictures.labels),
    }
    seed = int(classifier.folder.recipe.get("seed", 0))
    return Scorecard("cifar10 labels", method, scores, "accuracy", f"{len(pictures):,} pictures", seed)
