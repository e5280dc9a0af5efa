"""Pairs to learn from: descriptors of several modalities, and which of them belong together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sonolux.checkpoints.inputs import Towers
from sonolux.errors import TrainingError
from sonolux.types import Failure

if TYPE_CHECKING:
    from sonolux.training.towers.maps import KeptMaps

FEWEST = 8
"""Groups of things that belong together from which anything can be learned."""


@dataclass(frozen=True, slots=True)
class PairSet:
    """What belongs together, described.

    Attributes
    ----------
    source : str
        Where it comes from, for the card of the model.
    towers : Towers
        By what it was described.
    views : mapping of str to ndarray, shape (n, width)
        Descriptors of each modality, each thing once.
    known : mapping of str to ndarray, shape (n, dim)
        Of the same things, in the space that was shared before; of modalities that have one.
    pairs : ndarray of int, shape (pairs, modalities)
        Rows of `views`, in the order of its keys, that belong together; -1 where a pair lacks a modality.
    failed : tuple of Failure
        What was left out.
    lines : ndarray of int, shape (pairs,)
        Which of the lines that were given each pair is; empty where nobody asks.
    maps : KeptMaps or None
        Of the images, in the order of their descriptors, where their tower is to learn.
    noisy : mapping of str to ndarray, shape (n, width)
        What `views` would be, were pictures and sounds in noise; empty where nothing was described so.
    """

    source: str
    towers: Towers
    views: Mapping[str, NDArray[np.float32]]
    known: Mapping[str, NDArray[np.float32]]
    pairs: NDArray[np.int64]
    failed: tuple[Failure, ...] = ()
    lines: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    maps: KeptMaps | None = None
    noisy: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many groups there are of things that hang together, as a photo and its captions do."""
        return int(self.groups.max(initial=-1)) + 1

    @property
    def groups(self) -> NDArray[np.int64]:
        """Number of the group of each pair: pairs that share anything are of one group."""
        starts = np.cumsum([0, *(len(rows) for rows in self.views.values())])
        places = np.where(self.pairs >= 0, self.pairs + starts[:-1], -1)
        pair, column = np.nonzero(places >= 0)
        ends = len(self.pairs) + places[pair, column]
        size = len(self.pairs) + int(starts[-1])
        joined = coo_array((np.ones(len(pair)), (pair, ends)), shape=(size, size))
        labels = connected_components(joined, directed=False)[1][: len(self.pairs)]
        return np.unique(labels, return_inverse=True)[1].astype(np.int64)

    def check(self, fewest: int = FEWEST) -> None:
        """Raise TrainingError where there is too little to learn from, or a modality is absent or all the same."""
        for modality, rows in self.views.items():
            if not len(rows):
                raise TrainingError(f"{self.source}: no pair has {modality}: leave it out, or fill its column")
            if not (rows != rows[0]).any():
                raise TrainingError(f"{self.source}: whatever there is of {modality} is all the same")
        if len(self) < fewest:
            raise TrainingError(
                f"{self.source}: {len(self)} things with what belongs to each; at least {fewest} are needed"
            )

    def subset(self, groups: NDArray[np.integer]) -> PairSet:
        """Return the pairs of some groups, and what these are made of."""
        pairs = self.pairs[np.isin(self.groups, groups)]
        views, known, columns, maps = {}, {}, [], self.maps
        for column, (modality, rows) in enumerate(self.views.items()):
            used = np.unique(pairs[:, column][pairs[:, column] >= 0])
            place = np.full(len(rows) + 1, -1)
            place[used] = np.arange(len(used))
            columns.append(place[pairs[:, column]])
            views[modality] = rows[used]
            if modality == "image" and maps is not None:
                maps = maps.subset(used)
            if modality in self.known:
                known[modality] = self.known[modality][used]
        return replace(self, views=views, known=known, pairs=np.stack(columns, axis=1), maps=maps)

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        digest = hashlib.blake2b(digest_size=8)
        for rows in self.views.values():
            digest.update(rows.tobytes())
        counts = {modality: len(rows) for modality, rows in self.views.items()}
        return {"source": self.source, "pairs": len(self.pairs), **counts, "fingerprint": digest.hexdigest()}
