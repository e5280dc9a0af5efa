"""Subtitle packets: what libav's demuxers of subtitles and of containers call text, as cues.

Each codec writes its packets its own way: SubStation Alpha as fields of an event, MP4 with a length in front, SAMI as
pieces of HTML. All of them come out as plain lines with their times in seconds.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sonolux.media.errors import decoding
from sonolux.media.texts.cues import Cue, plain_cue

MOST_CUES = 100_000
"""Cues of one track: a day of speech."""

LONGEST_CUE = 10_000
"""Bytes of a packet that are looked at."""

TYPICAL = 4.0
"""Seconds that a cue without an end is taken to last, at most."""

DRAWING = re.compile(r"\{[^{}]{0,200}\\p[1-9][^{}]{0,200}\}.*?(?:\{[^{}]{0,200}\\p0[^{}]{0,200}\}|$)", re.DOTALL)
"""Shapes that SubStation Alpha draws: their coordinates are no words."""

OVERRIDE = re.compile(r"\{[^{}]{0,500}\}")
BREAK = re.compile(r"\\[Nnh]")
CONTROL = re.compile(r"\{[A-Za-z]:[^{}]{0,100}\}")
LYRIC_TIME = re.compile(r"<\d{1,3}:\d\d(?:\.\d{1,3})?>")


def _ass(text: str) -> str:
    event = text.split(",", 8)[-1]
    return BREAK.sub(" ", OVERRIDE.sub("", DRAWING.sub("", event)))


def _lines(text: str) -> str:
    return CONTROL.sub("", text).replace("|", " ").replace("[br]", " ").lstrip("/")


PLAIN: dict[str, Callable[[str], str]] = {
    "ass": _ass,
    "ssa": _ass,
    "subrip": lambda text: OVERRIDE.sub("", text),
    "webvtt": str,
    "mov_text": str,
    "text": lambda text: LYRIC_TIME.sub("", text),
    "sami": lambda text: re.sub(r"<br[^<>]{0,9}>", " ", text, flags=re.IGNORECASE),
    "microdvd": _lines,
    "mpl2": _lines,
    "subviewer": _lines,
    "ttml": str,
}
"""Codec of libav, to what it takes to make a plain line of its packets; pictures of text have none here."""


def parsed_cues(text: str, form: str) -> list[Cue]:
    """Return the cues of a subtitle file, read by libav's demuxer of that name.

    Raises
    ------
    MediaError
        Where the demuxer refuses it.
    """
    import av

    with decoding("subtitles"), av.open(io.BytesIO(text.encode()), format=form) as container:
        return list(track_cues(container, container.streams[0]))


def text_streams(container: Any) -> list[Any]:
    """Return the subtitle streams of a container that hold text."""
    found = (stream for stream in container.streams if stream.type == "subtitle")
    return [stream for stream in found if codec_of(stream) in PLAIN]


def codec_of(stream: Any) -> str:
    """Return libav's name of a stream's codec, empty for one that it does not know."""
    return stream.codec_context.codec.canonical_name if stream.codec_context is not None else ""


def track_cues(container: Any, *streams: Any) -> Iterator[Cue]:
    """Yield the cues of subtitle streams that say something; a cue without an end lasts until the next."""
    from sonolux.media.containers.container import packets

    held: dict[int, Cue] = {}
    for packet in islice(packets(container, list(streams)), MOST_CUES):
        cue = _cue(packet)
        if cue is None:
            continue
        before = held.pop(packet.stream_index, None)
        if before is not None:
            yield Cue(before.start, max(before.start, min(cue.start, before.start + TYPICAL)), before.text)
        if cue.end > cue.start:
            yield cue
        else:
            held[packet.stream_index] = cue
    for cue in held.values():
        yield Cue(cue.start, cue.start + TYPICAL, cue.text)


def _cue(packet: Any) -> Cue | None:
    if packet.pts is None or not packet.size:
        return None
    codec = codec_of(packet.stream)
    data = bytes(packet)[:LONGEST_CUE]
    if codec == "mov_text":
        data = data[2 : 2 + int.from_bytes(data[:2], "big")]
    text = plain_cue(PLAIN[codec](data.decode("utf-8", "replace").replace("\0", " ")))
    start = max(0.0, float(packet.pts * packet.time_base))
    length = float(packet.duration * packet.time_base) if packet.duration and packet.duration > 0 else 0.0
    return Cue(start, start + length, text) if text else None
