"""Findings in data before anything is learned from it, worst first.

`inspect_items` compares items and their labels; with `thorough`, a model that is cross-validated doubts labels, which
takes seconds to minutes.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.media.paths import printable
from sonolux.training.data.copies import FLAT, same_content
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sounds import SoundSet
from sonolux.training.data.sources import counts_of
from sonolux.training.inspection.doubts import (
    describe_frames,
    describe_pixels,
    doubt_labels,
    far_items,
    standardised,
)
from sonolux.types import Failure

CONFLICT, NAMES, DOUBT, BLANK, FAR, COPIES = "conflict", "names", "doubt", "blank", "far", "copies"
"""Kinds of findings, worst first: one content in several classes; classes whose names are alike; a label that a model
doubts; nothing to see; far from all others; one content several times."""


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Something to look at.

    Attributes
    ----------
    kind : str
        See `CONFLICT`.
    rows : tuple of int
        Items that it is about; empty for one about classes.
    reason : str
        One line.
    instead : str
        Label that the first item would have; empty for none.
    """

    kind: str
    rows: tuple[int, ...]
    reason: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found.

    Attributes
    ----------
    items : ImageSet or SoundSet
    findings : tuple of DataFinding
        Worst first.
    accuracy : float or None
        Balanced accuracy of the model whose doubts these are; None where there was none.
    """

    items: ImageSet | SoundSet
    findings: tuple[DataFinding, ...]
    accuracy: float | None = None

    @property
    def failed(self) -> tuple[Failure, ...]:
        """Files and rows that are left out."""
        return self.items.failed

    @property
    def things(self) -> str:
        """What the items are, for messages."""
        return "sounds" if isinstance(self.items, SoundSet) else "pictures"

    def of(self, kind: str) -> list[DataFinding]:
        """Return the findings of a kind."""
        return [finding for finding in self.findings if finding.kind == kind]


def inspect_items(items: ImageSet | SoundSet, *, thorough: bool = True) -> Inspection:
    """Look at items with labels before they are learned from.

    Parameters
    ----------
    items : ImageSet or SoundSet
        With labels.
    thorough : bool
        Whether a model doubts labels, and what is far from all others is found.
    """
    copies = same_content(items)
    found = [*_compare_copies(items, copies), *_compare_names(items.classes), *_blank(items)]
    accuracy = None
    if thorough:
        descriptors = describe_frames(items) if isinstance(items, SoundSet) else describe_pixels(items)
        accuracy, doubted = _doubts(items, descriptors, copies)
        known = {row for one in found if one.kind in {CONFLICT, BLANK} for row in one.rows}
        found += [one for one in doubted if one.rows[0] not in known]
        found += [
            DataFinding(FAR, (row,), f"{times:.1f} times as far from its nearest as usual")
            for row, times in far_items(standardised(descriptors), copies)
            if row not in known
        ]
    order = (CONFLICT, NAMES, DOUBT, BLANK, FAR, COPIES)
    return Inspection(items, tuple(sorted(found, key=lambda one: order.index(one.kind))), accuracy)


def summary(inspection: Inspection, most: int = 3) -> list[str]:
    """Return what was found as lines, at most so many of a kind."""
    items = inspection.items
    counts = sorted(counts_of(items).items(), key=lambda one: -one[1])
    shown = ", ".join(f"{name} {count:,}" for name, count in counts[:12])
    more = f" and {len(counts) - 12:,} more, the smallest {counts[-1][0]} {counts[-1][1]:,}" if len(counts) > 12 else ""
    lines = [f"classes: {shown}{more}"]
    for kind in (CONFLICT, NAMES, DOUBT, BLANK, FAR):
        found = inspection.of(kind)
        lines += [f"{_named(items, one)}{one.reason}" for one in found[:most]]
        if len(found) > most:
            lines.append(f"{len(found) - most:,} more like these")
    if repeated := inspection.of(COPIES):
        count = sum(len(one.rows) - 1 for one in repeated)
        repeat = f"{count:,} {inspection.things} repeat" if count > 1 else f"1 of the {inspection.things} repeats"
        lines.append(f"{repeat} others of their class: they count, and stay on one side")
    return lines


def name_of(items: ImageSet | SoundSet, row: int) -> str:
    """Return the last folder and the name of an item's file, its number where it has none."""
    return printable("/".join(Path(items.paths[row]).parts[-2:])) if items.paths else f"number {row}"


def label_of(items: ImageSet | SoundSet, row: int) -> str:
    """Return the label of an item."""
    assert items.labels is not None
    return items.classes[int(items.labels[row])]


def _named(items: ImageSet | SoundSet, finding: DataFinding) -> str:
    return f"{name_of(items, finding.rows[0])}: " if finding.rows else ""


def _compare_copies(items: ImageSet | SoundSet, copies: Sequence[tuple[int, ...]]) -> list[DataFinding]:
    found = []
    for rows in copies:
        own = label_of(items, rows[0])
        other = next((row for row in rows if label_of(items, row) != own), None)
        if other is None:
            found.append(DataFinding(COPIES, rows, f"the same as {name_of(items, rows[1])}"))
        else:
            said = f"{own}, but the same as {name_of(items, other)}, which is {label_of(items, other)}"
            found.append(DataFinding(CONFLICT, (rows[0], other, *(row for row in rows[1:] if row != other)), said))
    return found


def _compare_names(classes: Sequence[str]) -> list[DataFinding]:
    """Return the classes that differ by case, accents, spaces or hyphens alone."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        letters = unicodedata.normalize("NFKD", name.casefold())
        alike["".join(one for one in letters if one.isalnum())].append(name)
    return [
        DataFinding(NAMES, (), f"classes {' and '.join(names)} differ by case, accents or spaces alone: are they one?")
        for key, names in alike.items()
        if key and len(names) > 1
    ]


def _blank(items: ImageSet | SoundSet) -> list[DataFinding]:
    if isinstance(items, SoundSet):
        return []
    deviations = np.array([one.reshape(-1, 3).std(axis=0).max() for one in items.pixels])  # of each colour
    blank = np.flatnonzero(deviations < FLAT).tolist()
    return [DataFinding(BLANK, (row,), "is of one colour: nothing to see") for row in blank]


def _doubts(
    items: ImageSet | SoundSet, descriptors: NDArray[np.float32], copies: Sequence[tuple[int, ...]]
) -> tuple[float | None, list[DataFinding]]:
    assert items.labels is not None
    doubts = doubt_labels(descriptors, items.labels, copies)
    if doubts is None:
        return None, []
    like = "sounds like" if isinstance(items, SoundSet) else "looks like"
    found = [
        DataFinding(DOUBT, (row,), f"{label_of(items, row)}, but {like} {items.classes[label]}", items.classes[label])
        for row, label in doubts.doubted
    ]
    return doubts.accuracy, found
