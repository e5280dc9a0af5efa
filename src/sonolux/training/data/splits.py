"""Splits: which items are learned from, which choose and calibrate, which score; drawn once from the seed.

What is scored has chosen nothing: no epoch, temperature or threshold. Items that belong together (`.groups`) never
straddle the parts, and where the data has parts already, these are taken; what belongs to something that scores then
scores too, whatever part it lay in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError

LEARN, CHOOSE, SCORE = range(3)
"""Numbers of the parts."""

NAMED = {"train": LEARN, "val": CHOOSE, "test": SCORE}
"""Parts that data may have already, see `named_parts`."""


class Subsettable(Protocol):
    """Items of which some can be taken."""

    def __len__(self) -> int: ...

    def subset(self, rows: NDArray[np.integer]) -> Self:
        """Return some of the items."""
        ...


Items = TypeVar("Items", bound=Subsettable)

FEWEST = 2
"""Items of a part, at least: one to ask with and one to find."""


@dataclass(frozen=True, slots=True)
class Parts(Generic[Items]):
    """Items in three parts.

    Attributes
    ----------
    learned, chosen, scored
        Items that are learned from, that choose and calibrate, and that score.
    groups : ndarray of int, shape (scored,), or None
        Which of those that score belong together.
    """

    learned: Items
    chosen: Items
    scored: Items
    groups: NDArray[np.int64] | None = None


def split_parts(items: Items, share: float, seed: int, fewest: int = FEWEST) -> Parts[Items]:
    """Split items into three parts.

    Parameters
    ----------
    items : ImageSet, SoundSet or other items
        With labels, groups and parts where they have any.
    share : float
        That chooses, and as many that score: of all items, or of those of each class. A class of four independent
        items or more has at least one in each part.
    seed : int
    fewest : int
        Items that choose, and that score, at least, where there are no labels.

    Raises
    ------
    TrainingError
        Where too few items are independent of each other.
    """
    groups = groups_of(items)
    drawn = draw_parts(labels_of(items), groups, named_parts(items), share, seed, fewest)
    rows = [np.flatnonzero(drawn == part) for part in (LEARN, CHOOSE, SCORE)]
    if not all(map(len, rows)):
        raise TrainingError(
            f"{len(items)} items, too few of them independent of each other for three parts, to learn from, to choose"
            " by and to score: give more"
        )
    learned, chosen, scored = (items.subset(part) for part in rows)
    return Parts(learned, chosen, scored, None if groups is None else groups[rows[SCORE]])


def split_items(items: Items, share: float, seed: int, fewest: int = FEWEST) -> tuple[Items, Items]:
    """Split items into those to learn from and those that score, where nothing is to be chosen; see `split_parts`."""
    drawn = draw_parts(labels_of(items), groups_of(items), named_parts(items), share, seed, fewest, choosing=False)
    learned, scored = (items.subset(np.flatnonzero(part)) for part in (drawn != SCORE, drawn == SCORE))
    if not len(scored) or not len(learned):
        raise TrainingError(f"{len(items)} items all belong together: nothing can be held out; give more")
    return learned, scored


def draw_parts(
    labels: NDArray[np.int64] | None,
    groups: NDArray[np.int64] | None,
    named: NDArray[np.int64] | None,
    share: float,
    seed: int,
    fewest: int = FEWEST,
    *,
    choosing: bool = True,
) -> NDArray[np.int64]:
    """Return the part of each item, (n,); see `split_parts`.

    Parameters
    ----------
    labels, groups : ndarray of int, shape (n,), or None
        One of them at least.
    named : ndarray of int, shape (n,), or None
        Part that an item has already.
    share : float
    seed : int
    fewest : int
    choosing : bool
        Whether a part is to choose; else what the data has for it is learned from.
    """
    random = np.random.default_rng(seed)
    classes = np.zeros_like(groups) if labels is None and groups is not None else labels
    assert classes is not None
    together = np.arange(len(classes)) if groups is None else np.unique(groups, return_inverse=True)[1]
    parts = np.full(len(classes), LEARN)
    if named is not None:
        latest = np.zeros(together.max(initial=-1) + 1, np.int64)
        np.maximum.at(latest, together, named)
        parts = latest[together]
    if not choosing:
        parts[parts == CHOOSE] = LEARN
    wanted = [part for part in (SCORE, CHOOSE)[: 1 + choosing] if not (parts == part).any()]
    free = np.ones(len(classes), bool) if named is None else parts == LEARN
    counts = np.bincount(classes)
    for label in np.argsort(counts, kind="stable"):  # the rarest first
        for part in sorted(wanted, key=lambda part: int((parts == part).sum())):
            _fill(part, parts, (classes == label) & free, together, random, share, fewest if labels is None else 1)
    return parts


def unlearned_classes(items: Any) -> list[str]:
    """Return the classes of which the parts that the data has leave nothing to learn from."""
    named, labels = named_parts(items), labels_of(items)
    if named is None or labels is None:
        return []
    learned = set(labels[named == LEARN].tolist())
    return [name for number, name in enumerate(items.classes) if number not in learned]


def _fill(
    part: int,
    parts: NDArray[np.int64],
    own: NDArray[np.bool_],
    together: NDArray[np.intp],
    random: np.random.Generator,
    share: float,
    fewest: int,
) -> None:
    """Move whole groups of a class from what is learned from to another part, until it has its share."""
    goal = max(fewest, round(share * int(own.sum())))
    left = random.permutation(np.unique(together[own & (parts == LEARN)]))
    sizes = np.bincount(together)
    while int((own & (parts == part)).sum()) < goal and len(left) > 1:
        if len(left) == 2 and int((own & (parts > LEARN)).sum()) and len(np.unique(together[own])) < 4:
            return  # of three groups two are learned from
        lacking = goal - int((own & (parts == part)).sum())
        # The first that does not go too far, or else the smallest.
        fitting = np.flatnonzero(sizes[left] <= max(lacking, 1))
        place = int(fitting[0]) if len(fitting) else int(sizes[left].argmin())
        parts[(together == left[place]) & (parts == LEARN)] = part
        left = np.delete(left, place)


def fold_numbers(
    labels: NDArray[np.int64], groups: NDArray[np.int64] | None, folds: int, repeats: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each item in each repeat of a cross-validation, (repeats, n): stratified, groups kept whole.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
    groups : ndarray of int, shape (n,), or None
    folds, repeats : int
        A class of fewer items than folds is in some of them alone.
    seed : int
    """
    random = np.random.default_rng(seed)
    together = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    found = np.empty((repeats, len(labels)), np.int64)
    for repeat in range(repeats):
        sizes = np.zeros((int(labels.max()) + 1, folds))
        order = random.permutation(int(together.max()) + 1)
        members = [np.flatnonzero(together == group) for group in order] if groups is not None else order[:, None]
        # Large groups first: what is left evens them out.
        for rows in sorted(members, key=len, reverse=True):
            counts = np.bincount(labels[rows], minlength=len(sizes))
            crowded = (sizes[counts > 0]).sum(axis=0) + 1e-3 * sizes.sum(axis=0) + 1e-6 * random.random(folds)
            fold = int(crowded.argmin())
            found[repeat, rows] = fold
            sizes[:, fold] += counts
    return found


def labels_of(items: object) -> NDArray[np.int64] | None:
    """Return the labels of items, None where they have none."""
    return getattr(items, "labels", None)


def groups_of(items: Subsettable) -> NDArray[np.int64] | None:
    """Return which items belong together; where that is not known and they have no labels, each stands alone."""
    groups: NDArray[np.int64] | None = getattr(items, "groups", None)
    return np.arange(len(items)) if groups is None and labels_of(items) is None else groups


def named_parts(items: object) -> NDArray[np.int64] | None:
    """Return the numbers of the parts that the data has, None where it has none or no two of them."""
    names: Sequence[str] | None = getattr(items, "parts", None)
    if names is None or len(set(names)) < 2:
        return None
    return np.array([NAMED.get(name, LEARN) for name in names])
