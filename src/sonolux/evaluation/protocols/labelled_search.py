"""Labelled search protocol of hashing papers: items that share the label of a query are relevant.

The database is in a random order, because items of equal score rank by their place: in the files of CIFAR-10, which are
sorted by class, a code that is the same for all images would reach an mAP@ALL of .208 instead of .100.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonolux.errors import SonoluxError
from sonolux.evaluation.descriptors import DescribeImageSet, scores_between
from sonolux.evaluation.scorecard import Scorecard
from sonolux.metrics.ranking import label_metrics
from sonolux.training.data.images import ImageSet, read_images

QUERIES = 100
"""Of each class."""

ORDER_SEED = 0
"""Of the order of the database."""


@dataclass(frozen=True, slots=True)
class LabelledSearch:
    """Queries and database.

    Attributes
    ----------
    name : str
    queries, database : ImageSet
        With the same classes.
    """

    name: str
    queries: ImageSet
    database: ImageSet

    def score(self, method: str, describe: DescribeImageSet, seed: int = 0) -> Scorecard:
        """Describe queries and database, rank, and measure."""
        scores = scores_between(describe(self.queries), describe(self.database))
        assert self.queries.labels is not None
        assert self.database.labels is not None
        metrics = label_metrics(scores, self.queries.labels, self.database.labels)
        split = f"{len(self.queries):,} queries, {len(self.database):,} items"
        return Scorecard(self.name, method, metrics, "mAP@ALL", split, seed)


def read_cifar10_codes(data: Path, per_class: int = QUERIES) -> LabelledSearch:
    """Return the CIFAR-10 protocol: the first 100 test images of each class as queries, all train images to search."""
    folder = data / "cifar10"
    return _protocol("cifar10 codes", folder / "test.parquet", folder / "train.parquet", 32, per_class)


def read_mnist_codes(data: Path, per_class: int = QUERIES) -> LabelledSearch:
    """Return the same protocol of MNIST, whose database is the 60,000 train images."""
    folder = data / "mnist"
    test, train = (folder / f"{part}-images-idx3-ubyte.gz" for part in ("t10k", "train"))
    return _protocol("mnist codes", test, train, 28, per_class)


def _protocol(name: str, test: Path, train: Path, side: int, per_class: int) -> LabelledSearch:
    queries, database = read_images(test, side), read_images(train, side)
    if queries.classes != database.classes or queries.labels is None:
        raise SonoluxError(f"{test} and {train} have different classes")
    firsts = [np.flatnonzero(queries.labels == label)[:per_class] for label in range(len(queries.classes))]
    order = np.random.default_rng(ORDER_SEED).permutation(len(database))
    return LabelledSearch(name, queries.subset(np.concatenate(firsts)), database.subset(order))
