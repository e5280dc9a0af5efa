"""Train and validation splits: which items are held out, drawn once from the seed."""

from __future__ import annotations

from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sonolux.training.data.sources import Labelled

LabelledItems = TypeVar("LabelledItems", bound=Labelled)


class Subsettable(Protocol):
    """Items of which some can be taken."""

    def __len__(self) -> int: ...

    def subset(self, rows: NDArray[np.integer]) -> Self:
        """Return some of the items."""
        ...


Items = TypeVar("Items", bound=Subsettable)

FEWEST = 2
"""Items held out, at least: one to ask with and one to find."""


def split_items(items: LabelledItems, share: float, seed: int) -> tuple[LabelledItems, LabelledItems]:
    """Split items into those to learn from and those held out.

    Parameters
    ----------
    items : ImageSet or SoundSet
    share : float
        Held out, of all images or of those of each class; of a class with two items or more at least one.
    seed : int

    Returns
    -------
    learned, held_out : ImageSet or SoundSet
    """
    random = np.random.default_rng(seed)
    groups = _classes(items.labels, len(items.classes)) if items.labels is not None else [np.arange(len(items))]
    held = [_drawn(group, share, random) for group in groups]
    rows = np.sort(np.concatenate(held))
    return items.subset(np.setdiff1d(np.arange(len(items)), rows)), items.subset(rows)


def split_unlabelled(items: Items, share: float, seed: int, fewest: int = FEWEST) -> tuple[Items, Items]:
    """Split items without classes into those to learn from and those held out: a share of all, at least `fewest`."""
    order = np.random.default_rng(seed).permutation(len(items))
    count = max(fewest, round(share * len(items)))
    return items.subset(np.sort(order[count:])), items.subset(np.sort(order[:count]))


def _classes(labels: NDArray[np.int64], classes: int) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(labels == label) for label in range(classes)]


def _drawn(group: NDArray[np.intp], share: float, random: np.random.Generator) -> NDArray[np.intp]:
    fewest = min(FEWEST, len(group) // 2)
    return random.permutation(group)[: max(fewest, round(share * len(group)))]
