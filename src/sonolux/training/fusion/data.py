"""Items to learn from by several modalities: their descriptors side by side, what is there, and the right answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Towers
from sonolux.errors import TrainingError
from sonolux.types import Failure

if TYPE_CHECKING:
    from sonolux.training.towers.maps import KeptMaps

AnswerKind = Literal["class", "tags", "numbers"]
"""One of several classes; any of several tags; numbers."""

FEWEST = 10


@dataclass(frozen=True, slots=True)
class FusionSet:
    """Items, described by several modalities.

    Attributes
    ----------
    source : str
    towers : Towers or None
        By what they were described; None for descriptors that come from elsewhere.
    widths : mapping of str to int
        Numbers of a descriptor of each modality.
    rows : ndarray, shape (n, sum of widths)
        Descriptors side by side; zeros for what is missing.
    there : ndarray of bool, shape (n, modalities)
    kind : str
        What answers are.
    names : tuple of str
        Of the answers.
    answers : ndarray, shape (n, answers)
        1 for the right class, 1 for each tag that holds, or numbers.
    failed : tuple of Failure
    maps : KeptMaps or None
        Of the image of each item, where the tower of images is to learn.
    groups : ndarray of int, shape (n,), or None
        Which items share a file, and are never on both sides of a split; None where none do.
    noisy : ndarray, shape (n, sum of widths), or None
        What `rows` would be, were every picture and sound in noise; None where nothing was described so.
    """

    source: str
    towers: Towers | None
    widths: Mapping[str, int]
    rows: NDArray[np.float32]
    there: NDArray[np.bool_]
    kind: AnswerKind
    names: tuple[str, ...]
    answers: NDArray[np.float32]
    failed: tuple[Failure, ...] = ()
    maps: KeptMaps | None = None
    groups: NDArray[np.int64] | None = None
    noisy: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def check(self, fewest: int = FEWEST) -> None:
        """Raise TrainingError where there is too little to learn from, or a modality is absent from all items."""
        if len(self) < fewest:
            raise TrainingError(f"{self.source}: {len(self)} items can be learned from; at least {fewest} are needed")
        for modality, present in zip(self.widths, np.any(self.there, axis=0).tolist(), strict=True):
            if not present:
                raise TrainingError(f"{self.source}: no item has {modality}: leave it out, or fill its column")
        if not self.there.any(axis=1).all():
            raise TrainingError(f"{self.source}: an item has no modality at all")
        if not np.isfinite(self.answers).all():
            raise TrainingError(f"{self.source}: an answer is no finite number")
        if self.kind != "numbers" and not (self.answers != self.answers[0]).any():
            raise TrainingError(f"{self.source}: the answers are all the same")

    def subset(self, rows: NDArray[np.integer]) -> FusionSet:
        """Return some of the items."""
        maps = None if self.maps is None else self.maps.subset(rows.tolist())
        groups = None if self.groups is None else self.groups[rows]
        kept = {"rows": self.rows[rows], "there": self.there[rows], "answers": self.answers[rows]}
        return replace(self, **kept, maps=maps, groups=groups, noisy=None if self.noisy is None else self.noisy[rows])

    def columns(self, modality: str) -> slice:
        """Return where the numbers of a modality stand in `rows`."""
        start = 0
        for name, width in self.widths.items():
            if name == modality:
                return slice(start, start + width)
            start += width
        raise KeyError(modality)

    def only(self, *modalities: str) -> FusionSet:
        """Return the same items by some of their modalities."""
        columns = np.repeat([name in modalities for name in self.widths], list(self.widths.values()))
        kept = [place for place, name in enumerate(self.widths) if name in modalities]
        widths = {name: width for name, width in self.widths.items() if name in modalities}
        noisy = None if self.noisy is None else self.noisy[:, columns]
        return replace(self, widths=widths, rows=self.rows[:, columns], there=self.there[:, kept], noisy=noisy)

    def in_noise(self) -> FusionSet:
        """Return the same items with every picture and sound in noise; TrainingError where none was described so."""
        if self.noisy is None:
            raise TrainingError(f"{self.source}: nothing was described in noise: read it so to learn in noise")
        return replace(self, rows=self.noisy)

    def without(self, modality: str) -> FusionSet:
        """Return the same items as if one modality were missing of all."""
        there = self.there.copy()
        there[:, list(self.widths).index(modality)] = False
        return replace(self, there=there)

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        counts = dict(zip(self.widths, self.there.sum(axis=0).tolist(), strict=True))
        return {"source": self.source, "items": len(self), **counts, "answers": list(self.names)}
