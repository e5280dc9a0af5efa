"""Looking at files again: the pixels of candidates, decoded side by side, those of the last few kept.

Local features take ten times as long as the pixels that they are of, and a sixth of their room: they are kept for
longer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sonolux.media.segment import Image, Segment
from sonolux.media.workers.worker import DecodeEvent, Reader
from sonolux.retrieval.copies.local_features import LocalFeatures
from sonolux.retrieval.copies.looks import read_image
from sonolux.retrieval.copies.pictures import ComparedPicture
from sonolux.types import Failure

Decode = Callable[[Sequence[str], Reader], Iterator[tuple[str, DecodeEvent]]]
"""Decodes files in worker processes, as a reader says, and yields what comes, with the path."""

KEPT = 256
"""Pictures that are kept: 150 MB."""

DESCRIBED = 4096
"""Pictures of which the local features are kept: 220 MB."""


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """What is known of a file without opening it.

    Attributes
    ----------
    id, path, content : str
        Content is a hash of its bytes.
    size : int
        Bytes.
    width, height : int
        Pixels, 0 where they are not known.
    date : str
        When it was taken, RFC 3339, empty where the file does not say.
    duration : float
        Seconds, 0 where it has none.
    """

    id: str
    path: str
    content: str
    size: int = 0
    width: int = 0
    height: int = 0
    date: str = ""
    duration: float = 0.0


class Pictures:
    """Pictures by path, decoded when they are wanted; what cannot be decoded is noted once.

    Parameters
    ----------
    decode : callable
    """

    def __init__(self, decode: Decode) -> None:
        self.decode = decode
        self.failed: dict[str, Failure] = {}
        self._kept: OrderedDict[str, ComparedPicture] = OrderedDict()
        self._described: OrderedDict[str, LocalFeatures] = OrderedDict()

    def features_of(self, files: Sequence[LibraryFile]) -> dict[str, LocalFeatures]:
        """Return the local features of files by id, without those that cannot be decoded."""
        missing = [file for file in files if file.path not in self._described]
        pictures = self.of(missing)
        self._described |= {file.path: pictures[file.id].features for file in missing if file.id in pictures}
        found = {file.id: self._described[file.path] for file in files if file.path in self._described}
        for file in files:
            if file.path in self._described:
                self._described.move_to_end(file.path)
        while len(self._described) > max(DESCRIBED, len(files)):
            self._described.popitem(last=False)
        return found

    def of(self, files: Sequence[LibraryFile]) -> dict[str, ComparedPicture]:
        """Return the pictures of files by id, without those that cannot be decoded."""
        wanted = {file.path: file for file in files}
        missing = [path for path in wanted if path not in self._kept and path not in self.failed]
        for path, event in self.decode(missing, read_image) if missing else ():
            if isinstance(event, Failure):
                self.failed[path] = event
            elif isinstance(event, Segment) and isinstance(event.content, Image):
                pixels = event.content.pixels
                size = wanted[path].width or pixels.shape[1], wanted[path].height or pixels.shape[0]
                self._kept[path] = ComparedPicture(pixels, size, self._described.get(path))
        found = {file.id: self._kept[path] for path, file in wanted.items() if path in self._kept}
        for path in wanted:
            if path in self._kept:
                self._kept.move_to_end(path)
        while len(self._kept) > max(KEPT, len(wanted)):
            self._kept.popitem(last=False)
        return found
