"""Thinning of references: of each cluster of likes, copies and versions of one thing, one stays.

How near likes lie differs from space to space and from library to library, so the radius is learned: it is the one
within which, were all items unrelated, `LOST` of them would have their nearest neighbour. Distances to unrelated items
follow a power law, whose exponent is the local intrinsic dimension d (Amsaleg et al. 2015, "Estimating local intrinsic
dimensionality", KDD), so those to the nearest follow a Weibull distribution, and the radius is
``median * (LOST / ln 2) ** (1 / d)``. Median and dimension are those of what is left, so the search begins with a
radius that is too large, and ends where thinning by a radius leaves items that ask for no smaller one: what lies within
it has then no say in it, be it half of the library.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

LOST = 0.01
"""Share of unrelated items that thinning may take for likes."""

NEAR, FAR = 0.02, 0.1
"""Quantiles of the distances to an item between which its dimension is measured."""

FEWEST_FITTED = 20
"""Items from which a dimension can be learned; of fewer, likes are what lies within a quarter of the usual distance."""

NOTHING = 0.01
"""Share of the largest distance that is none, where most items are copies of one."""

ROUNDS = 30


def one_of_each_cluster(distances: NDArray[np.floating], files: NDArray[np.generic]) -> NDArray[np.intp]:
    """Choose references that are no likes of one another.

    Parameters
    ----------
    distances : ndarray, shape (m, m)
    files : ndarray, shape (m,)
        The file of each: what the parts of one file have in common says nothing of how near strangers are.

    Returns
    -------
    kept : ndarray of int
        Ascending; of a cluster, the first.
    """
    strangers = np.where(files[:, None] != files[None, :], distances, np.nan)
    if np.isnan(strangers).all():
        return _leaders(distances, 0.0)
    usual = max(float(np.nanmedian(strangers)), NOTHING * float(distances.max()))
    radius = usual / 2
    for _ in range(ROUNDS):
        kept = _leaders(distances, radius)
        wanted = _radius(strangers[np.ix_(kept, kept)]) if len(kept) >= FEWEST_FITTED else usual / 4
        if wanted >= radius:
            break
        radius = wanted
    return kept


def _radius(strangers: NDArray[np.floating]) -> float:
    """Return within what distance few of so many unrelated items would have a neighbour."""
    strangers = strangers[~np.isnan(strangers).all(axis=1)]
    near, far = np.nanquantile(strangers, (NEAR, FAR), axis=1)
    dimension = log(FAR / NEAR) / max(float(np.median(np.log(far / near))), 1e-3)
    return float(np.median(np.nanmin(strangers, axis=1)) * (LOST / log(2)) ** (1 / dimension))


def _leaders(distances: NDArray[np.floating], radius: float) -> NDArray[np.intp]:
    """Go through the items and keep those that lie within the radius of none that is kept (leader clustering)."""
    free = np.ones(len(distances), bool)
    kept = []
    for number in range(len(distances)):
        if free[number]:
            kept.append(number)
            free &= distances[number] > radius
    return np.array(kept)
