"""Reading: a file to its probe and then its segments, one at a time; who consumes slowly makes decoding wait."""

from __future__ import annotations

from collections.abc import Iterator

from sonolux.errors import MediaError
from sonolux.media.errors import one_line
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import spanned_segments
from sonolux.media.readers.container import ContainerReader, audio_windows
from sonolux.media.readers.registry import BUILT_IN, Claimed, reader_of
from sonolux.media.segment import Decoded, Probe, ReadEvent, Segment
from sonolux.media.sidecars import sidecars_of

__all__ = ["ReadOptions", "read", "read_description", "read_sound"]


def read(path: str, options: ReadOptions) -> Iterator[ReadEvent]:
    """Decode a file: first its probe, then its segments, each when it is asked for, then what that has shown.

    The probe tells what the file's sidecars say as well.

    Raises
    ------
    MediaError
        Where the file, or the next segment of it, cannot be decoded; the message is one line without the path.
    """
    claimed = reader_of(path)
    events = claimed.reader.read(path, claimed.head, options)
    if claimed.name not in BUILT_IN:
        events = _checked(claimed.name, events)
    try:
        found = next(events)
    except MediaError as error:
        raise _with_broken(error, claimed) from error
    beside = sidecars_of(path)
    if beside and isinstance(found, Probe):
        from sonolux.media.descriptions.beside import with_sidecars

        found = with_sidecars(found, path, beside)
    yield found
    yield from events


def read_description(path: str, options: ReadOptions) -> Iterator[ReadEvent]:
    """Yield the probe of a file, and nothing of its content; MediaError as in `read`."""
    yield next(read(path, options))


def read_sound(path: str, options: ReadOptions, *, filled: bool = False) -> Iterator[Segment]:
    """Decode nothing but the sound of a file, in windows; `read`, unprobed, for those who look at nothing else.

    Parameters
    ----------
    filled : bool
        Whether there is silence where the file has no sound, so that windows follow each other from its zero on.

    Raises
    ------
    MediaError
        Where the file holds no sound, or it cannot be decoded; the message is one line without the path.
    """
    claimed = reader_of(path)
    if isinstance(claimed.reader, ContainerReader):
        yield from spanned_segments("window", audio_windows(path, options, filled=filled))
        return
    if claimed.name in BUILT_IN:
        raise MediaError("holds no sound")
    for event in read(path, options):
        if isinstance(event, Segment) and event.kind == "window":
            yield event


def _checked(name: str, events: Iterator[ReadEvent]) -> Iterator[ReadEvent]:
    """Yield what the reader of a package gives; whatever it does wrong costs this file, in one line."""
    first, last = True, False
    try:
        for event in events:
            given = type(event).__name__
            if last:
                raise MediaError(f"reader {name} gives {given} after the end")
            if first is not isinstance(event, Probe) or not isinstance(event, Probe | Segment | Decoded):
                raise MediaError(f"reader {name} gives {given}, no {'probe first' if first else 'segment'}")
            last = isinstance(event, Decoded)
            yield Decoded(event.metadata, one_line(event.missing)) if isinstance(event, Decoded) else event
            first = False
    except (MediaError, MemoryError, OSError):
        raise
    except Exception as error:
        raise MediaError(f"reader {name} fails: {one_line(error)}") from error
    if first:
        raise MediaError(f"reader {name} gives no probe")


def _with_broken(error: MediaError, claimed: Claimed) -> MediaError:
    """Say as well which readers could not be asked: the file may have been theirs."""
    return MediaError("; ".join([str(error), *claimed.broken])) if claimed.broken else error
