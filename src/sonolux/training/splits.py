"""Which pictures are held out: drawn once from the seed, a share of every class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonolux.training.pictures import PictureSet

FEWEST = 2
"""Pictures held out, at least: one to ask with and one to find."""


def split(pictures: PictureSet, share: float, seed: int) -> tuple[PictureSet, PictureSet]:
    """Part pictures into those to learn from and those held out.

    Parameters
    ----------
    pictures : PictureSet
    share : float
        Held out, of all pictures or of those of each class; of a class with two pictures or more at least one.
    seed : int

    Returns
    -------
    learned, held_out : PictureSet
    """
    random = np.random.default_rng(seed)
    groups = _classes(pictures) if pictures.labels is not None else [np.arange(len(pictures))]
    held = [_drawn(group, share, random) for group in groups]
    rows = np.sort(np.concatenate(held))
    return pictures.subset(np.setdiff1d(np.arange(len(pictures)), rows)), pictures.subset(rows)


def _classes(pictures: PictureSet) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(pictures.labels == label) for label in range(len(pictures.classes))]


def _drawn(group: NDArray[np.intp], share: float, random: np.random.Generator) -> NDArray[np.intp]:
    fewest = min(FEWEST, len(group) // 2)
    return random.permutation(group)[: max(fewest, round(share * len(group)))]
