"""Images to learn from, in memory: a folder, a folder a class, or a table of paths and labels.

Pixels are uint8 (n, side, side, 3), sRGB, proportions not kept; labels are int64 (n,), numbers into the names of the
classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Image, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.training.data.packed import is_packed, read_packed
from sonolux.training.data.sources import FEWEST, files_at, numbered
from sonolux.types import Failure

ReadProgress = Callable[[int, int], None]
"""Called with how many images are read, and of how many."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images with or without labels.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    pixels : ndarray of uint8, shape (n, side, side, 3)
    labels : ndarray of int64, shape (n,), or None
    classes : tuple of str
        Name of each label; empty without labels.
    paths : tuple of str
        File of each image; empty for a packed data set.
    failed : tuple of Failure
        Files that could not be read.
    """

    source: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any pixel or label."""
        digest = hashlib.blake2b(self.pixels.tobytes(), digest_size=8)
        digest.update(b"" if self.labels is None else self.labels.tobytes())
        return digest.hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> ImageSet:
        """Return some of the images."""
        labels = None if self.labels is None else self.labels[rows]
        paths = tuple(self.paths[row] for row in rows) if self.paths else ()
        return ImageSet(self.source, self.pixels[rows], labels, self.classes, paths)

    def unlabelled(self) -> ImageSet:
        """Return the same images without their labels."""
        return ImageSet(self.source, self.pixels)

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        said: dict[str, object] = {"source": self.source, "pictures": len(self), "fingerprint": self.fingerprint()}
        if self.labels is not None:
            counts = np.bincount(self.labels, minlength=len(self.classes))
            said["classes"] = dict(zip(self.classes, counts.tolist(), strict=True))
        return said


def read_images(data: Path | str, side: int, progress: ReadProgress | None = None) -> ImageSet:
    """Read all images of a folder, or those that a table names.

    Parameters
    ----------
    data : path
        A folder or table, see `sonolux.training.data.sources.files_at`, or a packed data set, see
        `sonolux.training.data.packed`.
    side : int
        Height and width of the images, in pixels.
    progress : callable, optional

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, a row lacks its label, or too few images can be read.
    """
    data = Path(data).expanduser()
    if is_packed(data):
        return _packed(data, side)
    paths, names = files_at(data, "pictures")
    read, failed = _decoded(paths, side, progress)
    kept = [path for path in paths if path in read]
    if len(kept) < FEWEST:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{data}: {len(kept)} readable pictures; at least {FEWEST} are needed{why}")
    pixels = np.stack([read[path] for path in kept])
    labels, classes = numbered(kept, names)
    return ImageSet(str(data), pixels, labels, classes, tuple(kept), tuple(failed))


def _packed(file: Path, side: int) -> ImageSet:
    images, names = read_packed(file)
    classes, labels = np.unique(names, return_inverse=True)
    pixels = np.stack([resized(image, side) for image in images])
    return ImageSet(str(file), pixels, labels.astype(np.int64), tuple(classes.tolist()))


def _decoded(
    paths: Sequence[str], side: int, progress: ReadProgress | None
) -> tuple[dict[str, NDArray[np.uint8]], list[Failure]]:
    """Decode files in worker processes; return pixels by path, and the files that hold no image."""
    limits = settings()
    options = ReadOptions(image_side=max(2 * side, 64), max_pixels=limits.max_pixels, max_text=limits.max_text)
    read: dict[str, NDArray[np.uint8]] = {}
    failed: list[Failure] = []
    with DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failed.append(event)
            elif isinstance(event, Segment) and event.kind in ("image", "page") and isinstance(event.content, Image):
                read.setdefault(path, resized(event.content.pixels, side))
            if progress is not None:
                progress(len(read) + len(failed), len(paths))
    return read, [*failed, *_without_image(paths, read, failed)]


def _without_image(paths: Sequence[str], read: Iterable[str], failed: Sequence[Failure]) -> list[Failure]:
    known = {*read, *(failure.path for failure in failed)}
    return [Failure(path, "holds no picture") for path in paths if path not in known]


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return an image (h, w, 3) as (side, side, 3), smoothed before it shrinks."""
    if pixels.shape[:2] == (side, side):
        return pixels
    from PIL import Image as Pillow

    return np.asarray(Pillow.fromarray(pixels).resize((side, side), Pillow.Resampling.BILINEAR))
