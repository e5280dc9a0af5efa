"""Container tags: what audio and video files say of themselves in ID3, Vorbis comments, MP4 and QuickTime tags.

libav gives most of them common names; where it does not, the names of each kind stand in a row here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sonolux.media.container import audio_stream, video_stream
from sonolux.media.geometry import shown_size

NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "com.apple.quicktime.title"),
    "artist": ("artist", "album_artist", "author", "performer", "com.apple.quicktime.artist"),
    "album": ("album", "com.apple.quicktime.album"),
    "genre": ("genre", "com.apple.quicktime.genre"),
    "date": (
        *("com.apple.quicktime.creationdate", "date", "originaldate", "tdor", "tory", "year"),
        *("date_recorded", "creation_time"),
    ),
    "language": ("language", "tlan"),
}
"""Key of a probe, to the tags that hold it, best first."""

PLACES = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
ISO_6709 = re.compile(r"([+-]\d{1,3}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
UNKNOWN_LANGUAGES = ("und", "unk", "mul", "zxx")


def container_metadata(container: Any) -> dict[str, Any]:
    """Return what an opened container says, as found: `sonolux.media.metadata.cleaned` makes it safe."""
    audio, video = audio_stream(container), video_stream(container)
    tags = _tags([container, *(stream for stream in (video, audio) if stream is not None)])
    found: dict[str, Any] = {key: _first(tags, names) for key, names in NAMES.items()}
    if found["language"] in UNKNOWN_LANGUAGES:
        found["language"] = None
    kinds = ("com.apple.quicktime.", "com.android.", "")
    parts = (_first(tags, tuple(f"{kind}{part}" for kind in kinds)) for part in ("make", "model"))
    found["camera"] = " ".join(part for part in parts if part) or None
    found["duration"] = duration(container)
    if audio is not None:
        found |= {"rate": audio.rate, "channels": audio.channels}
    if video is not None:
        width, height = shown_size(container, video)
        found |= {"width": width, "height": height, "frames": video.frames}
    return found | _place(tags)


def duration(container: Any) -> float | None:
    """Return the seconds that a container announces, None where it does not."""
    if container.duration is not None:
        return float(container.duration) / 1e6
    spans = [s.duration * float(s.time_base) for s in container.streams if s.duration and s.time_base]
    return max(spans, default=None)


def _tags(holders: list[Any]) -> dict[str, str]:
    """Merge tags of a container and its streams; those of the container count first."""
    merged: dict[str, str] = {}
    for holder in holders:
        for name, value in holder.metadata.items():
            merged.setdefault(name.lower(), value)
    return merged


def _first(tags: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((tags[name] for name in names if tags.get(name)), None)


def _place(tags: Mapping[str, str]) -> dict[str, float]:
    match = ISO_6709.match(_first(tags, PLACES) or "")
    if match is None:
        return {}
    return {"latitude": float(match[1]), "longitude": float(match[2])}
