"""Borrowed background models: they come with Sonolux, for libraries that are too small for one of their own.

They were learned from free and made-up media (`tools/backgrounds.py` makes them again) and hold for one version of one
encoder each: its digest is in the file. Media of the world resemble one another more than those do, each collection in
its own way, so a p-value is raised to a power that is not known well (`powers`): its mean, the discount, was measured
on real media, and the library's own items say more of it (`dense_background`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.retrieval.background import BackgroundModel, closeness_of
from sonolux.retrieval.powers import Powers
from sonolux.types import Metric, Space

FOLDER = Path(__file__).parent / "backgrounds"

SHAPE = 10.0
"""Shape of the distribution of powers: from collection to collection they differ by a third."""

LEAST = 0.1
"""Share of queries whose near non-matches thin out so fast that it is not believed."""


@dataclass(frozen=True)
class BorrowedBackground:
    """A background model of other media than the library's.

    Attributes
    ----------
    digest : str
        Of the encoder whose descriptors it knows.
    model : BackgroundModel
    discount : float
        Mean power to which its p-values are raised.
    thinning : float
        Mean rate at which the near items of a collection thin out around one of them, in terms of these p-values: they
        may be of its kind, so it is less than the discount, which is of strangers.
    """

    digest: str
    model: BackgroundModel
    discount: float
    thinning: float

    @property
    def powers(self) -> Powers:
        """The powers to which its p-values may have to be raised."""
        return Powers(SHAPE, SHAPE / self.discount)

    @property
    def thinning_rates(self) -> Powers:
        """The rates at which near items may thin out."""
        return Powers(SHAPE, SHAPE / self.thinning)

    def surprises(self, query: NDArray[Any], scores: Sequence[float]) -> NDArray[np.float64]:
        """Return, for each score, the negative logarithm of the chance among the media that it knows.

        Parameters
        ----------
        query : ndarray, shape (dim,)
        scores : sequence of float
        """
        near, spread = self.model.scale(query)
        spread = max(spread, self.least_spread)
        found = closeness_of(self.model.space.metric, scores)
        return np.array(self.model.tail.surprises([(close - near) / spread for close in found]))

    @cached_property
    def least_spread(self) -> float:
        """Return the spread, in closeness, below which the near non-matches of few queries thin out.

        Around a query that is unlike everything all media are about as far, and seem to thin out at once.
        """
        return float(np.quantile([self.model.scale(row)[1] for row in self.model.references], LEAST))

    def write(self, folder: Path = FOLDER) -> None:
        """Write it as the one of its space."""
        arrays = self.model.to_arrays()
        # Half the numbers of float32, and a thousandth of a distance.
        arrays["references"] = arrays["references"].astype(np.float16)
        path = folder / f"{self.model.space.name}.npz"
        metric = np.array(self.model.space.metric)
        arrays |= {"discount": self.discount, "thinning": self.thinning}
        np.savez_compressed(path, digest=np.array(self.digest), metric=metric, **arrays)


def borrow_background(space: Space, digests: Collection[str]) -> BorrowedBackground | None:
    """Return the background model that comes with Sonolux for a space.

    Parameters
    ----------
    space : Space
    digests : collection of str
        Of the encoders that write into the space.

    Returns
    -------
    borrowed : BorrowedBackground or None
        None where there is none for this space, or it was made with another version of its encoder.
    """
    path = FOLDER / f"{space.name}.npz"
    if space.kind != "float" or path.parent != FOLDER or not path.is_file():
        return None
    found = _read(path, space.name)
    return found if found.digest in digests and found.model.space == space else None


@cache
def _read(path: Path, name: str) -> BorrowedBackground:
    with np.load(path, allow_pickle=False) as arrays:
        metric: Metric = str(arrays["metric"])  # type: ignore[assignment] # written by `write`
        model = BackgroundModel.from_arrays(Space(name, arrays["references"].shape[1], metric), arrays)
        powers = float(arrays["discount"]), float(arrays["thinning"])
        return BorrowedBackground(str(arrays["digest"]), model, *powers)
