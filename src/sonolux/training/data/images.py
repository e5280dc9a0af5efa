"""Images to learn from, in memory: a folder, a folder a class, or a table of paths and labels.

Pixels are uint8 (n, side, side, 3), sRGB, proportions not kept; labels are int64 (n,), numbers into the names of the
classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Image, Probe, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.training.data.bursts import Capture, capture_of
from sonolux.training.data.folders import files_at
from sonolux.training.data.memory import check_memory
from sonolux.training.data.packed import is_packed, read_packed
from sonolux.training.data.sources import FoundFiles, check_enough, lost_classes, numbered
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
        Files and rows that were left out.
    parts : tuple of str, or None
        Of each image ``train``, ``val`` or ``test``, where its folder or table says so.
    notes : tuple of str
        What else is to be said of where they come from, a line each.
    groups : ndarray of int64, shape (n,), or None
        Which images belong together, and must not be on both sides of a split; None for none.
    captures : tuple of Capture or None
        When each was taken, where it says so; empty where that was not read.
    """

    source: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    parts: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    groups: NDArray[np.int64] | None = None
    captures: tuple[Capture | None, ...] = ()

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
        parts = None if self.parts is None else tuple(self.parts[row] for row in rows)
        groups = None if self.groups is None else self.groups[rows]
        return ImageSet(self.source, self.pixels[rows], labels, self.classes, paths, parts=parts, groups=groups)

    def unlabelled(self) -> ImageSet:
        """Return the same images without their labels."""
        return ImageSet(self.source, self.pixels, parts=self.parts, groups=self.groups)

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        said: dict[str, object] = {"source": self.source, "pictures": len(self), "fingerprint": self.fingerprint()}
        if self.labels is not None:
            counts = np.bincount(self.labels, minlength=len(self.classes))
            said["classes"] = dict(zip(self.classes, counts.tolist(), strict=True))
        return said


def read_images(data: Path | str | FoundFiles, side: int, progress: ReadProgress | None = None) -> ImageSet:
    """Read all images of a folder, or those that a table names.

    Parameters
    ----------
    data : path
        A folder or table, see `sonolux.training.data.folders.files_at`, a packed data set, see
        `sonolux.training.data.packed`, or files that were found already.
    side : int
        Height and width of the images, in pixels.
    progress : callable, optional

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, a row lacks its label, or too few images can be read.
    """
    if not isinstance(data, FoundFiles):
        data = Path(data).expanduser()
        if is_packed(data):
            return _packed(data, side)
        data = files_at(data, "pictures")
    check_memory(data.source, len(data.paths), side)
    read, captures, failed = _decoded(data.paths, side, progress)
    kept = [path for path in data.paths if path in read]
    check_enough(data.source, len(kept), "pictures", [*data.failed, *failed])
    pixels = np.stack([read[path] for path in kept])
    labels, classes = numbered(kept, data.labels)
    notes = (*data.notes, *lost_classes(data, kept))
    failures = (*data.failed, *failed)
    taken = tuple(captures.get(path) for path in kept)
    parts = data.parts_of(kept)
    return ImageSet(data.source, pixels, labels, classes, tuple(kept), failures, parts, notes, captures=taken)


def read_again(images: ImageSet, side: int) -> ImageSet:
    """Return the same images of another size, read again from where they came.

    Raises
    ------
    TrainingError
        Where they would not fit into memory, or files changed meanwhile.
    """
    if not images.paths:
        found = read_images(images.source, side)
    else:
        found = read_images(FoundFiles(images.source, images.paths), side)
    if len(found) != len(images) or found.paths != images.paths:
        raise TrainingError(f"{images.source}: files changed while they were read: train again")
    return replace(images, pixels=found.pixels)


def _packed(file: Path, side: int) -> ImageSet:
    images, names = read_packed(file)
    check_memory(str(file), len(images), side)
    classes, labels = np.unique(names, return_inverse=True)
    pixels = np.stack([resized(image, side) for image in images])
    return ImageSet(str(file), pixels, labels.astype(np.int64), tuple(classes.tolist()))


def _decoded(
    paths: Sequence[str], side: int, progress: ReadProgress | None
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, Capture], list[Failure]]:
    """Decode files in worker processes; return pixels and captures by path, and the files that hold no image."""
    limits = settings()
    options = ReadOptions(image_side=max(2 * side, 64), max_pixels=limits.max_pixels, max_text=limits.max_text)
    read: dict[str, NDArray[np.uint8]] = {}
    captures: dict[str, Capture] = {}
    failed: list[Failure] = []
    with DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failed.append(event)
            elif isinstance(event, Probe) and (capture := capture_of(event.metadata)) is not None:
                captures[path] = capture
            elif isinstance(event, Segment) and event.kind in ("image", "page") and isinstance(event.content, Image):
                read.setdefault(path, resized(event.content.pixels, side))
            if progress is not None:
                progress(len(read) + len(failed), len(paths))
    return read, captures, [*failed, *_without_image(paths, read, failed)]


def _without_image(paths: Sequence[str], read: Iterable[str], failed: Sequence[Failure]) -> list[Failure]:
    known = {*read, *(failure.path for failure in failed)}
    return [Failure(path, "holds no picture") for path in paths if path not in known]


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return an image (h, w, 3) as (side, side, 3), smoothed before it shrinks."""
    if pixels.shape[:2] == (side, side):
        return pixels
    from PIL import Image as Pillow

    return np.asarray(Pillow.fromarray(pixels).resize((side, side), Pillow.Resampling.BILINEAR))
