"""Data sources: a folder, a folder a class, or a table of paths and labels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.media.finding import find
from sonolux.training.data.tables import check_filled, is_table, path_in, rows_with

FEWEST = 8
"""Items from which anything can be learned: some to learn from, some held out."""


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


def files_at(data: Path, things: str) -> tuple[list[str], dict[str, str] | None]:
    """Return the files to learn from, and the label of each where they have any.

    Parameters
    ----------
    data : Path
        A folder: where all its files lie in folders of their own, the name of the first folder below `data` is the
        label. Or a ``.csv`` file with the columns ``path`` (relative to the file) and, for labels, ``label``.
    things : str
        What the files are, for the message.

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, or a row lacks its label.
    """
    if is_table(data):
        return _listed(data)
    if data.is_dir():
        return _found(data)
    raise TrainingError(f"{data} is neither a folder nor a .csv file: name a folder of {things}")


def numbered(paths: Sequence[str], names: dict[str, str] | None) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Return the label of each file as a number into the sorted names of all, and these names; nothing for no names."""
    if names is None:
        return None, ()
    classes, labels = np.unique([names[path] for path in paths], return_inverse=True)
    return labels.astype(np.int64), tuple(classes.tolist())


def check_classes(items: Labelled, fewest: int = 2) -> None:
    """Refuse items that no classes can be learned from.

    Raises
    ------
    TrainingError
        Without labels, for a single class, or for a class of fewer than `fewest` items.
    """
    if items.labels is None:
        raise TrainingError(f"{items.source} has no labels: give a folder a class, or a .csv with path,label")
    if len(items.classes) < 2:
        raise TrainingError(f"{items.source} has one class, {items.classes[0]}: two or more are needed")
    counts = counts_of(items)
    smallest = min(counts, key=counts.__getitem__)
    if counts[smallest] < fewest:
        raise TrainingError(
            f"{items.source}: class {smallest} has {counts[smallest]} readable files; at least {fewest} are needed"
        )


def counts_of(items: Labelled) -> dict[str, int]:
    """Return how many items each class has."""
    assert items.labels is not None
    counts = np.bincount(items.labels, minlength=len(items.classes))
    return dict(zip(items.classes, counts.tolist(), strict=True))


def _found(folder: Path) -> tuple[list[str], dict[str, str] | None]:
    root = os.path.abspath(folder)
    paths = [path for path in find([root]) if isinstance(path, str)]
    below = {path: Path(os.path.relpath(path, root)).parts for path in paths}
    if not paths or any(len(parts) == 1 for parts in below.values()):
        return paths, None
    return paths, {path: parts[0] for path, parts in below.items()}


def _listed(table: Path) -> tuple[list[str], dict[str, str] | None]:
    rows = rows_with(table, ["path"], "path,label")
    check_filled(table, rows, "path")
    paths = [path_in(table, row) for row in rows]
    twice, times = Counter(paths).most_common(1)[0]
    if times > 1:
        raise TrainingError(f"{table} lists {twice} {times} times: once is right")
    if "label" not in rows[0]:
        return paths, None
    check_filled(table, rows, "label")
    return paths, {path: row["label"] for path, row in zip(paths, rows, strict=True)}
