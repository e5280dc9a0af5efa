"""Container tags: what audio and video files say of themselves, from the tags read here and those that libav names.

libav gives tags of containers common names; where it does not, the names of each kind stand in a row here. It keeps
one value of each, and takes every text for UTF-8, so music files are read by `sonolux.media.music_tags` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sonolux.media.containers.container import audio_stream, video_stream
from sonolux.media.images.geometry import shown_size
from sonolux.media.metadata import LONGEST_VALUE, clean_words
from sonolux.media.music_tags.fields import Fields
from sonolux.media.music_tags.genres import named_genres
from sonolux.media.music_tags.several import artists, genres
from sonolux.media.texts.subtitles import subtitle_format

NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "com.apple.quicktime.title"),
    "artist": ("artist", "author", "performer", "com.apple.quicktime.artist", "com.apple.quicktime.author"),
    "album_artist": ("album_artist",),
    "album": ("album", "com.apple.quicktime.album"),
    "genre": ("genre", "com.apple.quicktime.genre"),
    "composer": ("composer", "imus", "com.apple.quicktime.composer"),
    "keywords": ("keywords", "ikey", "com.apple.quicktime.keywords"),
    "description": ("description", "synopsis", "summary", "com.apple.quicktime.description"),
    "comment": ("comment", "com.apple.quicktime.comment", "isbj"),
    "lyrics": ("lyrics", "unsyncedlyrics"),
    "date": (
        *("com.apple.quicktime.creationdate", "date", "originaldate", "tdor", "tory", "year"),
        *("date_recorded", "date_released", "creation_time"),
    ),
    "language": ("language", "tlan"),
    "rating": ("rating", "com.apple.quicktime.rating.user"),
    "place": ("com.apple.quicktime.location.name", "recording_location"),
    "more": ("show", "episode_id", "director", "actor", "conductor", "lyricist", "com.apple.quicktime.information"),
}
"""Key of `Fields`, to libav's names of the tags that hold it, best first."""

PLACES = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
ISO_6709 = re.compile(r"([+-]\d{1,3}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
UNKNOWN_LANGUAGES = ("und", "unk", "mul", "zxx")
LYRICS = re.compile(r"lyrics-[a-z]{3}|uslt|ult")
KEYWORD_ENDS = re.compile(r"\s*[;,]\s*")
NUMBER = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*")


def container_metadata(container: Any, own: Fields) -> tuple[dict[str, Any], str]:
    """Return what a file of sound or moving pictures says of itself.

    Parameters
    ----------
    container : av.container.InputContainer
    own : Fields
        What `sonolux.media.music_tags.reading.read_tags` found in the file.

    Returns
    -------
    metadata : dict
        As found: `sonolux.media.metadata.cleaned` makes it safe.
    words : str
        Of a `sonolux.media.segment.Probe`.
    """
    audio, video = audio_stream(container), video_stream(container)
    tags = _tags([container, *(stream for stream in (video, audio) if stream is not None)])
    named = _named(tags)
    texts = _merged(own, named)
    found = _described(texts, slashes=own.slashes)
    # A date that is blank or zero does not hide the next: the first that is plausible counts.
    found["date"] = [*texts.get("date", []), *texts.get("released", []), *named.get("date", [])]
    kinds = ("com.apple.quicktime.", "com.android.", "")
    parts = (_first(tags, tuple(f"{kind}{part}" for kind in kinds)) for part in ("make", "model"))
    found["camera"] = " ".join(part for part in parts if part) or None
    found["duration"] = duration(container)
    if audio is not None:
        found |= {"rate": audio.rate, "channels": audio.channels}
    if video is not None:
        width, height = shown_size(container, video)
        found |= {"width": width, "height": height, "frames": video.frames}
    return found | _place(tags), clean_words(_more_words(texts, found))


def duration(container: Any) -> float | None:
    """Return the seconds that a container announces, None where it does not."""
    if container.duration is not None:
        return float(container.duration) / 1e6
    spans = [s.duration * float(s.time_base) for s in container.streams if s.duration and s.time_base]
    return max(spans, default=None)


def timed_lyrics(texts: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the lyrics in tags whose lines have times (LRC)."""
    return (text for text in texts.get("lyrics", []) if subtitle_format(text) == "lrc")


def _described(texts: Mapping[str, list[str]], *, slashes: bool) -> dict[str, Any]:
    """Return metadata of texts by key."""
    found: dict[str, Any] = {key: next(iter(texts.get(key, [])), None) for key in ("title", "album", "place")}
    by_one = texts.get("artists") or texts.get("artist") or texts.get("album_artist") or []
    found["artist"] = list(artists(by_one, slashes=slashes))
    found["genre"] = list(genres(named_genres(texts.get("genre", [])), slashes=slashes))
    found["keywords"] = [word for text in texts.get("keywords", []) for word in KEYWORD_ENDS.split(text)]
    found["composer"] = "; ".join(dict.fromkeys(texts.get("composer", [])))
    found["description"] = next(iter(texts.get("description", [])), None)
    found["language"] = next((text for text in texts.get("language", []) if text not in UNKNOWN_LANGUAGES), None)
    found["rating"] = _stars(texts)
    return found


def _stars(texts: Mapping[str, list[str]]) -> float | None:
    """Return a rating in stars of five, from stars, percent, or a share (FMPS)."""
    for key in ("rating", "share"):
        for match in map(NUMBER.fullmatch, texts.get(key, [])):
            number = float(match[1]) if match else 0.0
            if number:
                return 5 * number if key == "share" else number if number <= 5 else number / 20
    return None


def _more_words(texts: Mapping[str, list[str]], found: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts that find a file and are not shown: those without times, and what metadata has no room for."""
    known = {*timed_lyrics(texts), *found["artist"]}
    joined = ("artist",) if texts.get("artists") else ()
    for key in ("album_artist", *joined, "comment", "lyrics", "more"):
        yield from (text for text in texts.get(key, []) if text not in known)
    yield from (text for text in texts.get("description", []) if len(text) > LONGEST_VALUE)


def _tags(holders: Iterable[Any]) -> dict[str, str | bytes]:
    """Merge tags of a container and its streams; those of the container count first.

    Values that are no UTF-8 are bytes: libav's reader has escaped them.
    """
    merged: dict[str, str | bytes] = {}
    for holder in holders:
        for name, value in holder.metadata.items():
            raw = value.encode("utf-8", "surrogateescape")
            merged.setdefault(name.lower(), raw if "\udc80" <= max(value, default="") <= "\udcff" else value)
    return merged


def _merged(own: Fields, named: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what our readers found, and what they did not, as libav has it."""
    texts = own.decoded()
    merged = {**named, **texts}
    # Where an encoding had to be guessed, libav has the same words wrongly.
    if not own.guessing:
        for key in ("comment", "lyrics", "more"):
            merged[key] = [*texts.get(key, []), *named.get(key, [])]
    return merged


def _named(tags: Mapping[str, str | bytes]) -> dict[str, list[str]]:
    """Return libav's tags under the keys of `Fields`."""
    fields = Fields()
    for key, names in NAMES.items():
        values = [tags[name] for name in names if tags.get(name)]
        fields.add(key, *(values if key in ("comment", "date", "more") else values[:1]))
    fields.add("lyrics", *(value for name, value in tags.items() if LYRICS.match(name)))
    return fields.decoded()


def _first(tags: Mapping[str, str | bytes], names: tuple[str, ...]) -> str | None:
    found = next((tags[name] for name in names if tags.get(name)), None)
    return found.decode("latin-1") if isinstance(found, bytes) else found


def _place(tags: Mapping[str, str | bytes]) -> dict[str, float]:
    match = ISO_6709.match(_first(tags, PLACES) or "")
    if match is None:
        return {}
    return {"latitude": float(match[1]), "longitude": float(match[2])}
