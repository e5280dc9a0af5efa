"""Cover art: the image that a music file carries, the front of several, as the file that it is.

Tags are asked first, as they say what each picture shows and hold formats that libav does not know; then libav.
"""

from __future__ import annotations

from sonolux.media.containers.container import is_cover, open_container, packets
from sonolux.media.errors import decoding
from sonolux.media.music_tags.reading import best_picture, read_tags
from sonolux.media.safe_open import open_file

LARGEST_COVER = 64 * 2**20
"""Bytes of an embedded cover."""

FRONT = "Cover (front)"
"""What libav says of a picture of that kind."""


def embedded_cover(path: str) -> bytes | None:
    """Return the front cover of an audio file, or the first of other pictures; None where there is none."""
    with open_file(path) as file, decoding("recording"):
        found = best_picture(read_tags(file).pictures)
    return found or _attached(path)


def _attached(path: str) -> bytes | None:
    """Return the best of the images that libav finds attached."""
    with open_container(path, "recording") as container, decoding("recording"):
        covers = [stream for stream in container.streams.video if is_cover(stream)]
        if not covers:
            return None
        best = next((stream for stream in covers if stream.metadata.get("comment") == FRONT), covers[0])
        packet = next((p for p in packets(container, best) if p.size), None)
        return bytes(packet) if packet is not None and packet.size <= LARGEST_COVER else None
