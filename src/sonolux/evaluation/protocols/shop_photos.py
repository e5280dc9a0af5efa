"""Shop photos protocol: products told apart with no training, and with four photos of each.

The set is grocery: 21 products, eight photos each (M. Klasson, C. Zhang and H. Kjellström, "A hierarchical grocery
store image dataset with visual and semantic labels", WACV 2019); the pictures of catalogues in it are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.library import Library

FEW = 4
"""Photos of each product that are learned from; the others are asked."""

DRAWS = 5


def shop_photos(data: Path) -> tuple[list[Path], NDArray[np.str_]]:
    """Return the photos and the product on each.

    Raises
    ------
    SonoluxError
        Where the folder does not hold the set.
    """
    files = [file for file in sorted(data.glob("*/*.jpg")) if file.stem != "iconic"]
    if not files:
        raise SonoluxError(f"{data} holds no photos of products: this protocol needs the set grocery")
    return files, np.array([file.parent.name for file in files])


def nearest_right(library: Library, spaces: list[str]) -> float:
    """Return the share of photos whose nearest other photo shows the same product."""
    paths = [Path(item.path) for item in library.items()]
    nearest = [
        next(hit for hit in library.search(like=str(path), space=spaces, k=2) if Path(hit.path) != path)
        for path in paths
    ]
    return float(np.mean([Path(hit.path).parent == path.parent for hit, path in zip(nearest, paths, strict=True)]))


def few_right(rows: NDArray[np.float32], labels: NDArray[np.str_]) -> list[float]:
    """Return the accuracy of logistic regression that has seen `FEW` photos of each product, of each draw.

    Parameters
    ----------
    rows : ndarray, shape (n, dim)
        Descriptors, of length 1.
    labels : ndarray, shape (n,)
    """
    from sklearn.linear_model import LogisticRegression

    scores = []
    for learned in few_draws(labels):
        model = LogisticRegression(C=100.0, max_iter=1000).fit(rows[learned], labels[learned])
        scores.append(float(model.score(rows[~learned], labels[~learned])))
    return scores


def few_draws(labels: NDArray[np.str_]) -> Iterator[NDArray[np.bool_]]:
    """Yield, for each draw, which photos are learned from, bool (n,): `FEW` of each product."""
    for draw in range(DRAWS):
        random = np.random.default_rng(draw)
        learned = np.zeros(len(labels), bool)
        for label in np.unique(labels):
            learned[random.permutation(np.flatnonzero(labels == label))[:FEW]] = True
        yield learned
