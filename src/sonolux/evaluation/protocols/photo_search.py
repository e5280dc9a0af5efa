"""Photo search protocol: things of a kind, and the photo that a crop is of, among photos never trained on.

The photos are every second file of the sample of ImageNet, one of each class, in the order of their names; the others
are there to train on. Names begin with the number of a WordNet synset, and numbers of related synsets lie close
together, so that ranges of them are kinds: birds, dogs, food.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonolux.errors import SonoluxError
from sonolux.library import Library
from sonolux.metrics.ranking import precision_at_k

KINDS = {
    "fish": ((1440764, 1498041),),
    "bird": ((1514668, 1622779), (1795545, 1860187), (2002556, 2058221)),
    "reptile or amphibian": ((1629819, 1756291),),
    "dog": ((2085620, 2113978),),
    "cat": ((2123045, 2130308),),
    "insect": ((2165105, 2281787),),
    "monkey": ((2480495, 2500267),),
    "food": ((7579787, 7932039),),
    "scenery": ((9193705, 9472597),),
}
"""Ranges of WordNet 3.0 noun offsets, first and last among the classes of ImageNet (ILSVRC 2012) of each kind."""

TOP = 10
PART = 0.45
"""Share of the width that a part keeps, from the left."""


@dataclass(frozen=True, slots=True)
class PhotoScores:
    """P@10 of kinds, averaged over photos; share of parts whose photo comes first, and comes among the first ten."""

    kinds: float
    first: float
    among_ten: float


def split_photos(photos: Path) -> tuple[list[Path], list[Path]]:
    """Return the photos of a folder that may be trained on, and those that are the queries and the database here.

    Raises
    ------
    SonoluxError
        Where the folder holds too few photos.
    """
    files = sorted(photos.glob("*.jpg"))
    if len(files) < 4 * TOP:
        raise SonoluxError(f"{photos} holds {len(files)} photos (.jpg): this protocol needs the sample of ImageNet")
    return files[::2], files[1::2]


def score_photos(library: Library, spaces: Sequence[str]) -> PhotoScores:
    """Search a library of the unseen photos for things of a kind, and for the photos that parts are of.

    Parameters
    ----------
    library : Library
    spaces : sequence of str
        Whose answers are fused; one for that space alone.
    """
    paths = [Path(item.path) for item in library.items()]
    kinds = {path: kind for path in paths if (kind := photo_kind(path))}
    precisions = [_precision(library, path, kinds, spaces) for path in kinds]
    ranks = np.array([_rank(library, path, spaces) for path in paths])
    return PhotoScores(float(np.mean(precisions)), float((ranks < 1).mean()), float((ranks < TOP).mean()))


def photo_kind(photo: Path) -> str:
    """Return the kind of thing that a photo shows, by its name; empty for none of these."""
    number = int(photo.name[1:9]) if photo.name[1:9].isdigit() else 0
    return next((kind for kind, ranges in KINDS.items() if any(a <= number <= b for a, b in ranges)), "")


def _precision(library: Library, path: Path, kinds: dict[Path, str], spaces: Sequence[str]) -> float:
    """Return the share of a photo's ten nearest that are of its kind; photos of no kind are passed over."""
    hits = library.search(like=str(path), space=spaces, k=len(kinds) * 4)
    found = [kinds[Path(hit.path)] for hit in hits if Path(hit.path) in kinds][:TOP]
    relevant = np.array([[kind == kinds[path] for kind in found] + [False] * (TOP - len(found))])
    return float(precision_at_k(relevant, TOP)[0])


def _rank(library: Library, path: Path, spaces: Sequence[str]) -> int:
    from PIL import Image

    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    hits = library.search(image=pixels[:, : int(PART * pixels.shape[1])], space=spaces, k=TOP)
    return next((rank for rank, hit in enumerate(hits) if Path(hit.path) == path), TOP)
