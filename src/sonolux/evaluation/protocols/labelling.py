"""Image classification protocol: accuracy and calibration on held-out images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sonolux.annotators.classifier import Classifier
from sonolux.errors import SonoluxError
from sonolux.evaluation.scorecard import Scorecard
from sonolux.metrics.classification import accuracy, expected_calibration_error
from sonolux.training.data.images import ImageSet, read_images

BATCH = 500
"""Images that are labelled at once."""


def read_cifar10_test(data: Path) -> ImageSet:
    """Return the 10,000 test images of CIFAR-10."""
    return read_images(data / "cifar10" / "test.parquet", 32)


def score_labels(images: ImageSet, classifier: Classifier, method: str) -> Scorecard:
    """Measure accuracy (the share of images labelled rightly) and 1 less the expected calibration error.

    Raises
    ------
    SonoluxError
        Where the classifier knows other labels than the images have.
    """
    if tuple(classifier.labels.names) != images.classes or images.labels is None:
        raise SonoluxError(f"{classifier.spec} knows other labels than {images.source}: {classifier.labels.names}")
    starts = range(0, len(images), BATCH)
    batches = [classifier.probabilities(list(images.pixels[start : start + BATCH])) for start in starts]
    chances = np.concatenate(batches)
    scores = {
        "accuracy": accuracy(chances.argmax(axis=1), images.labels),
        "1 - ECE": 1 - expected_calibration_error(chances, images.labels),
    }
    seed = int(classifier.folder.recipe.get("seed", 0))
    return Scorecard("cifar10 labels", method, scores, "accuracy", f"{len(images):,} pictures", seed)
