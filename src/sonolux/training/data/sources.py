"""Data sources: a folder, a folder a class, or a table of paths and labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.types import Failure

FEWEST = 8
"""Items from which anything can be learned: some to learn from, some held out."""

UNSEEN = {**dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f")), 0xA0: " "}
"""Characters that nobody sees, which copied tables have; those that join letters of a script are not among them."""

NAMED_CLASSES = 10
"""Classes of too few files that are named beside the smallest: to be told of one a run is no help."""

LAYOUT = "give a folder a class, or a table with path,label"


class Labelled(Protocol):
    """Items with or without labels: images, or sounds."""

    @property
    def source(self) -> str:
        """Where they come from."""
        ...

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """Number of each item's class, (n,)."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Name of each label; empty without labels."""
        ...

    def __len__(self) -> int: ...

    def subset(self, rows: NDArray[np.integer]) -> Self:
        """Return some of the items."""
        ...


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """Files to learn from, and what is known of each before it is opened.

    Attributes
    ----------
    source : str
        Where they come from.
    paths : tuple of str
        Absolute, each once.
    labels : mapping of str to str, or None
        Label of each path.
    parts : mapping of str to str, or None
        Of each path the part that its folder or table puts it into: ``train``, ``val`` or ``test``.
    failed : tuple of Failure
        Rows and files that are left out.
    notes : tuple of str
        What else is to be said, a line each.
    """

    source: str
    paths: tuple[str, ...]
    labels: Mapping[str, str] | None = None
    parts: Mapping[str, str] | None = None
    failed: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    def parts_of(self, kept: Sequence[str]) -> tuple[str, ...] | None:
        """Return the parts of some of the paths; None where none are known."""
        return None if self.parts is None else tuple(self.parts[path] for path in kept)


def numbered(paths: Sequence[str], names: Mapping[str, str] | None) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Return the label of each file as a number into the sorted names of all, and these names; nothing for no names."""
    if names is None:
        return None, ()
    classes, labels = np.unique([names[path] for path in paths], return_inverse=True)
    return labels.astype(np.int64), tuple(classes.tolist())


def lost_classes(found: FoundFiles, kept: Sequence[str]) -> tuple[str, ...]:
    """Return a line for every class of which no file could be read."""
    if found.labels is None:
        return ()
    left = {found.labels[path] for path in kept}
    lost: dict[str, int] = {}
    for label in found.labels.values():
        if label not in left:
            lost[label] = lost.get(label, 0) + 1
    return tuple(f"class {label} is lost: none of its {count:,} files can be read" for label, count in lost.items())


def plain_label(name: str) -> str:
    """Return a label without space around it, its accents composed: what looks the same is the same."""
    return unicodedata.normalize("NFC", name).translate(UNSEEN).strip()


def check_enough(source: object, count: int, things: str, failed: Sequence[Failure]) -> None:
    """Raise TrainingError for fewer items than anything can be learned from, with the first that was left out."""
    if count < FEWEST:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{source}: {count} readable {things}; at least {FEWEST} are needed{why}")


def check_classes(items: Labelled, fewest: int = 2) -> None:
    """Refuse items that no classes can be learned from.

    Raises
    ------
    TrainingError
        Without labels, for a single class, for a class of fewer than `fewest` items, or where no class has items that
        do not all belong together.
    """
    if items.labels is None:
        raise TrainingError(f"{items.source} has no labels: {LAYOUT}")
    if len(items.classes) < 2:
        raise TrainingError(f"{items.source} has one class, {items.classes[0]}: two or more are needed")
    counts = counts_of(items)
    few = sorted((name for name in counts if counts[name] < fewest), key=counts.__getitem__)
    if few:
        others = ", ".join(few[1 : NAMED_CLASSES + 1]) + (", ..." if len(few) > NAMED_CLASSES + 1 else "")
        raise TrainingError(
            f"{items.source}: class {few[0]} has {counts[few[0]]} readable files; at least {fewest} are needed"
            + (f"; too few have also {others} ({len(few):,} in all)" if others else "")
        )
    groups = getattr(items, "groups", None)
    if groups is not None and all(len(np.unique(groups[items.labels == label])) < 2 for label in range(len(counts))):
        raise TrainingError(
            f"{items.source}: in each class all files belong together, as copies or by --group-by: nothing can be held"
            " out to score by"
        )


def counts_of(items: Labelled) -> dict[str, int]:
    """Return how many items each class has."""
    assert items.labels is not None
    counts = np.bincount(items.labels, minlength=len(items.classes))
    return dict(zip(items.classes, counts.tolist(), strict=True))
