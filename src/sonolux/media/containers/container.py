"""Demuxing: audio and video containers are opened through libav, and their streams chosen.

Only the file itself is read: playlists that name other files or addresses, and images dressed as video, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, BinaryIO

from sonolux.errors import MediaError
from sonolux.media.containers.extent import Extent
from sonolux.media.containers.wave_file import find_wave_data, understates
from sonolux.media.errors import decoding
from sonolux.media.safe_open import open_file

REFERRING = frozenset({"concat", "dash", "hls", "imf", "rtp", "rtsp", "sap", "sdp"})
"""Formats that are lists of other files."""

MOST_BROKEN = 100
"""Places at which a file is broken, beyond which it is given up."""

WAVE_LOOKED_AT = 2**14
"""Bytes of a WAV that are searched for other codecs among its samples; libav would read megabytes."""

STILLS = frozenset(
    {"adf", "alias_pix", "apng", "avif", "bin", "brender_pix", "fits", "gif", "ico", "idf"}
    | {"image2", "image2pipe", "jpegxl_anim", "svs", "tty", "txd", "webp", "xbin"}
)
"""Formats of images and of text art; libav's demuxers of single images end in ``_pipe`` as well."""


@contextmanager
def open_container(source: str | BinaryIO, what: str) -> Iterator[Any]:
    """Open a container for reading, and translate every error met until it is closed.

    Parameters
    ----------
    source : str or binary file
        A path, or an open file, which may be a pipe; it is not closed.
    what : str
        What it is taken for, for people: ``"recording"``, ``"video"``.

    Yields
    ------
    av.container.InputContainer
        With at least one stream of audio or video.
    """
    import av

    with (
        open_file(source) if isinstance(source, str) else nullcontext(source) as file,
        decoding(what),
        av.open(file, metadata_errors="surrogateescape", container_options=_options(file)) as container,
    ):
        names = container.format.name
        if names.endswith("_pipe") or not (REFERRING | STILLS).isdisjoint(names.split(",")):
            raise MediaError(f"not a {what}")
        if audio_stream(container) is None and video_stream(container) is None:
            raise MediaError(f"not a {what}: no stream of sound or moving pictures in it")
        yield container


def _options(file: BinaryIO) -> dict[str, str]:
    # An empty list of protocols is no list, so one that does not exist stands for "none".
    options = {"protocol_whitelist": "none"}
    data = find_wave_data(file) if file.seekable() else None
    if data is not None:
        options["probesize"] = str(WAVE_LOOKED_AT)
        if understates(file, data):
            options["ignore_length"] = "1"
    return options


def audio_stream(container: Any) -> Any | None:
    """Return the main audio stream that a decoder is known for, None where there is none."""
    usable = [s for s in container.streams.audio if s.codec_context is not None]
    best = container.streams.best("audio")
    return best if best in usable else next(iter(usable), None)


def video_stream(container: Any) -> Any | None:
    """Return the main video stream, None where there is none; cover art, which does not move, is none."""
    usable = (s for s in container.streams.video if s.codec_context is not None and not is_cover(s))
    return next((s for s in usable if s.width > 0 and s.height > 0), None)


def is_cover(stream: Any) -> bool:
    """Tell whether a video stream is an image attached to audio."""
    from av.stream import Disposition

    stills = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return bool(stream.disposition & stills)


def packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream until its end, or until the file is too broken to go on."""
    from av.error import FFmpegError

    found = container.demux(stream)
    broken = 0
    while broken < MOST_BROKEN:
        try:
            yield next(found)
        except (StopIteration, EOFError):
            return
        except (FFmpegError, IndexError) as error:  # PyAV knows no streams that a broken file begins midway
            if isinstance(error, MemoryError):
                raise
            # There may be more behind; whether what came is enough is for the caller to judge.
            found = container.demux(stream)
            broken += 1


def frames(container: Any, stream: Any, extent: Extent | None = None) -> Iterator[Any]:
    """Yield the frames of a stream that can be decoded; broken ones are skipped, and counted in its extent."""
    from av.error import FFmpegError

    extent = Extent() if extent is None else extent
    for packet in packets(container, stream):
        try:
            decoded = packet.decode()
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            extent.note(packet, failed=True)
            continue
        extent.note(packet, failed=False)
        yield from (frame for frame in decoded if not frame.is_corrupt)
