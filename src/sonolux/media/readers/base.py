"""The contract of a reader of media: it claims files, and turns each into its probe and then its segments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from sonolux.media.options import ReadOptions
from sonolux.media.segment import Content, ReadEvent, Segment
from sonolux.types import SegmentKind, Span, Unit

Spanned = tuple[float, float, Content]
"""Start, end and content of a segment: seconds of audio, video and subtitles, characters of other texts."""


class MediaReader(ABC):
    """Reads files of one kind; it runs in decoding processes, one file at a time.

    Attributes
    ----------
    suffixes : tuple of str
        Endings of names, in lower case, whose files it claims: ``(".step", ".stp")``.
    signatures : tuple of bytes
        What files begin with that it claims.
    """

    suffixes: tuple[str, ...] = ()
    signatures: tuple[bytes, ...] = ()

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a file is one of its own, by its name or its first bytes (`sonolux.media.signatures.HEAD`)."""
        return path.lower().endswith(self.suffixes) or head.startswith(self.signatures)

    @abstractmethod
    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe of a file, then its segments, each when it is asked for, then what decoding has shown.

        What is yielded before the second event is all that telling a file's kind costs. A segment without a span
        stands for the whole file. `Decoded` comes last, and only where there is something to say: that the probe
        was not right, or that a part of the file could not be read.

        Raises
        ------
        MediaError
            Where the file, or the next segment of it, cannot be decoded; the message is one line without the path.
        """


def spanned_segments(kind: SegmentKind, spanned: Iterable[Spanned], unit: Unit = "seconds") -> Iterator[Segment]:
    """Yield segments of one kind with their spans."""
    for start, end, content in spanned:
        yield Segment(kind, content, Span(start, end, unit))


def whole_if_single(kind: SegmentKind, spanned: Iterable[Spanned], unit: Unit = "seconds") -> Iterator[Segment]:
    """Yield segments with spans, or a single one without, for it is the whole file."""
    segments = spanned_segments(kind, spanned, unit)
    first = next(segments, None)
    if first is None:
        return
    second = next(segments, None)
    if second is None:
        yield Segment(kind, first.content)
        return
    yield first
    yield second
    yield from segments
