"""Several contents of items, some of which may be missing, and the factors that they are to foretell together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.training.recommendation.content import ItemContent
from sonolux.training.recommendation.learn import FEWEST, TasteSet
from sonolux.training.recommendation.targets import Targets


@dataclass(frozen=True, slots=True)
class FusedTasteSet:
    """Contents of items, and the factors that they are to foretell.

    Attributes
    ----------
    source : str
        Where items come from.
    contents : mapping of str to SoundSet, ImageSet or RowSet
        By modality, of the items that have it.
    holders : mapping of str to ndarray of int
        Of each content the items it belongs to, in its order, ascending.
    targets : Targets
        Of all items.
    """

    source: str
    contents: Mapping[str, ItemContent]
    holders: Mapping[str, NDArray[np.intp]]
    targets: Targets

    def __len__(self) -> int:
        return len(self.targets)

    def check(self) -> None:
        """Raise TrainingError where there is too little to learn from."""
        for name, content in self.contents.items():
            if len(content) != len(self.holders[name]):
                raise TrainingError(
                    f"{len(content)} of {name}, which {len(self.holders[name])} items have: give each one"
                )
            if len(content) < FEWEST:
                raise TrainingError(
                    f"{self.source}: {len(content)} items have {name} and plays; at least {FEWEST} are needed: leave"
                    f" {name} out, or give more"
                )

    def only(self, name: str) -> TasteSet:
        """Return the items that have one of the contents, by it alone."""
        return TasteSet(self.contents[name], self.targets.subset(self.holders[name]))

    def subset(self, items: NDArray[np.integer]) -> FusedTasteSet:
        """Return some of the items, ascending."""
        contents, holders = {}, {}
        for name, content in self.contents.items():
            kept = np.flatnonzero(np.isin(self.holders[name], items))
            contents[name] = content.subset(kept)
            holders[name] = np.searchsorted(items, self.holders[name][kept])
        return FusedTasteSet(self.source, contents, holders, self.targets.subset(items))

    def combinations(self) -> list[tuple[str, ...]]:
        """Return the combinations of contents that enough items have, single ones first."""
        names = list(self.contents)
        every = [some for count in range(1, len(names) + 1) for some in combinations(names, count)]
        return [some for some in every if len(self.having(some)) >= FEWEST]

    def having(self, names: tuple[str, ...]) -> NDArray[np.intp]:
        """Return the items that have all of these contents, ascending."""
        items = np.arange(len(self), dtype=np.intp)
        for name in names:
            items = np.intersect1d(items, self.holders[name])
        return items

    def spread(self, name: str, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return rows of a content by item, (items, p); zeros where it is missing."""
        spread = np.zeros((len(self), rows.shape[1]))
        spread[self.holders[name]] = rows
        return spread

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any content or factor."""
        digest = hashlib.blake2b(digest_size=8)
        for name, content in self.contents.items():
            digest.update(f"{name} {content.fingerprint()}".encode() + self.holders[name].tobytes())
        digest.update(np.ascontiguousarray(self.targets.factors.items).tobytes())
        return digest.hexdigest()

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        users, items = self.targets.confidences.shape
        counts = {name: len(content) for name, content in self.contents.items()}
        return {"source": self.source, "items": items, "users": users, **counts, "fingerprint": self.fingerprint()}
