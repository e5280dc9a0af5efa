"""Near copies among new images: those that show a picture that is there already, in no more pixels.

Images that differ in nothing but size and encoding are one picture. Whole images alone are compared, as they are:
what was cropped, turned, toned or written over is a work of its own. Of the new images the largest come first, so that
it makes no difference in which order they are found; what the library has stays in any case.

Hashes are those of `sonolux.retrieval.copies.hashes`, kept beside the library; images of which it has none yet are
decoded for theirs, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from sonolux.errors import MediaError
from sonolux.index import Index
from sonolux.library.copies import STORED_AT_ONCE, library_files
from sonolux.library.ingest.changes import Task
from sonolux.media.inside.members import open_medium
from sonolux.media.paths import printable
from sonolux.media.segment import Image, Probe, Segment
from sonolux.media.signatures import HEAD, image_format
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.worker import DecodeEvent, Reader
from sonolux.retrieval.copies.groups import quality, was_enlarged
from sonolux.retrieval.copies.hashes import Hashes, hash_image
from sonolux.retrieval.copies.images import are_takes
from sonolux.retrieval.copies.looking import LibraryFile, Pictures
from sonolux.retrieval.copies.looks import read_described_image, read_image
from sonolux.retrieval.copies.near_hashes import near_pairs
from sonolux.retrieval.copies.pictures import SHAPE, ComparedPicture, is_same_picture
from sonolux.retrieval.copies.store import HashStore
from sonolux.types import Failure, Modality

NEAREST = 8
"""Images with which a new one is compared, at most, the nearest by their hashes."""


@dataclass(frozen=True, slots=True)
class Skipped(Failure):
    """A file that was left out, why, and the path of the file that it is a copy of."""

    copy_of: str = ""


@dataclass(slots=True)
class NearCopies:
    """Finds which of new images show what is there.

    Parameters
    ----------
    index : Index
    store : HashStore
    pool : FileDecoder
    """

    index: Index
    store: HashStore
    pool: FileDecoder
    pictures: Pictures = field(init=False)

    def __post_init__(self) -> None:
        self.pictures = Pictures(self._decode)

    def left_out(self, tasks: Sequence[Task]) -> dict[str, Skipped]:
        """Return by path the new images that are to be left out; those that cannot be decoded are not among them."""
        new, hashes = self._described(tasks)
        if not new:
            return {}
        self.store.add(hashes)
        there = self._there({task.id for task in tasks})
        hashes |= self._hashes_of(there)
        files = [*there, *sorted(new, key=lambda file: (*quality(file), file.path), reverse=True)]
        found: dict[str, Skipped] = {}
        for number, others in _near(files, len(there), hashes).items():
            file = files[number]
            kept = (files[other] for other in others if files[other].path not in found)
            if (same := self._same_among(file, kept)) is not None:
                found[file.path] = same
        return found

    def _same_among(self, file: LibraryFile, others: Iterator[LibraryFile]) -> Skipped | None:
        for other in islice(others, NEAREST):
            if _is_larger(file, other):
                continue
            seen = self.pictures.of([file, other])
            if len(seen) == 2 and _is_copy(file, other, seen[file.id], seen[other.id]):
                smaller = _is_larger(other, file) and not was_enlarged(other, file)
                how = "smaller" if smaller else "encoded again"
                return Skipped(file.path, f"the same picture as {printable(other.path)}, {how}", other.path)
        return None

    def _described(self, tasks: Sequence[Task]) -> tuple[list[LibraryFile], dict[str, Hashes]]:
        """Return new images with what they say of themselves, and their hashes by content."""
        by_path = {task.path: task for task in tasks}
        probes: dict[str, Probe] = {}
        files, hashes = [], {}
        for path, event in self._decode(list(by_path), read_described_image) if by_path else ():
            if isinstance(event, Probe):
                probes[path] = event
            elif isinstance(event, Segment) and isinstance(event.content, Image) and path in probes:
                files.append(_as_file(by_path[path], probes.pop(path)))
                hashes[by_path[path].hash] = hash_image(event.content.pixels)
        return files, hashes

    def _there(self, new: set[str]) -> list[LibraryFile]:
        images = library_files(self.index)[1][Modality.IMAGE] if self.index.exists() else []
        return [file for file in images if file.id not in new]

    def _hashes_of(self, files: Sequence[LibraryFile]) -> dict[str, Hashes]:
        """Return the hashes of images of the library; those that cannot be decoded now have none."""
        known = self.store.all()
        missing = {file.path: file.content for file in files if file.content not in known}
        made = (
            (missing[path], hash_image(event.content.pixels))
            for path, event in (self._decode(list(missing), read_image) if missing else ())
            if isinstance(event, Segment) and isinstance(event.content, Image)
        )
        while batch := dict(islice(made, STORED_AT_ONCE)):
            self.store.add(batch)
            known |= batch
        return known

    def _decode(self, paths: Sequence[str], reader: Reader) -> Iterator[tuple[str, DecodeEvent]]:
        return self.pool.read(paths, self.pool.orders_for(reader))


def is_image(path: str) -> bool:
    """Tell whether a file begins as an image does; one that cannot be read does not."""
    try:
        with open_medium(path) as file:
            return image_format(file.read(HEAD)) is not None
    except (MediaError, OSError):  # whoever reads it next says what is wrong
        return False


def _as_file(task: Task, probe: Probe) -> LibraryFile:
    told = probe.metadata
    size = {key: int(told.get(key, 0)) for key in ("width", "height")}
    return LibraryFile(task.id, task.path, task.hash, task.size, **size, date=str(told.get("date", "")))


def _near(files: Sequence[LibraryFile], first_new: int, hashes: Mapping[str, Hashes]) -> dict[int, list[int]]:
    """Return for each new file, by its number, those before it whose hash of the whole is near, nearest first."""
    owners, codes = [], []
    for number, file in enumerate(files):
        known = hashes.get(file.content)
        if known is not None and len(whole := known.codes[~known.inner]):
            owners.append(number)
            codes.append(whole[0])
    if not codes:
        return {}
    numbers, rows = np.array(owners), np.stack(codes)
    new = np.flatnonzero(numbers >= first_new)
    pairs = near_pairs(rows[new], rows)
    found: dict[int, list[tuple[int, int]]] = {}
    for one, other, distance in zip(*(column.tolist() for column in pairs), strict=True):
        later, before = int(numbers[new[one]]), int(numbers[other])
        if before < later:
            found.setdefault(later, []).append((distance, before))
    return {later: [before for _, before in sorted(found[later])] for later in sorted(found)}


def _is_larger(file: LibraryFile, other: LibraryFile) -> bool:
    """Tell whether a file has more pixels than another, and they are not plainly made up."""
    return file.width * file.height > (1 + SHAPE) * other.width * other.height and not was_enlarged(file, other)


def _is_copy(file: LibraryFile, other: LibraryFile, one: ComparedPicture, two: ComparedPicture) -> bool:
    if are_takes(file.date, other.date) and not np.array_equal(one.pixels, two.pixels):
        return False
    return is_same_picture(one, two)
