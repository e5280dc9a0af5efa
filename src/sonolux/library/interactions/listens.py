"""Listens as JSON: ListenBrainz exports (one listen a line, or one array), Spotify's, and Last.fm's recent tracks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from sonolux.errors import QueryError
from sonolux.index.interactions import InteractionKind
from sonolux.library.interactions.rows import PlayedRow, read_time

LONGEST_LINE = 1_000_000
"""Characters of one listen."""

LARGEST_ARRAY = 256 * 2**20
"""Characters of a file that is one array, for it is held whole."""


def read_listens(file: TextIO, path: Path) -> Iterator[PlayedRow]:
    """Yield the listens of a file.

    Raises
    ------
    QueryError
        For an array that is too large, or no JSON.
    """
    start = file.read(1)
    while start.isspace():
        start = file.read(1)
    if start == "[":
        yield from map(_listen, range(1, LARGEST_ARRAY), _array(start, file, path))
        return
    for number, line in enumerate(_lines(chain([start + file.readline(LONGEST_LINE)], _following(file))), 1):
        if not line.strip():
            continue
        try:
            listen = json.loads(line)
        except (ValueError, RecursionError):
            yield PlayedRow(number, wrong="it is no JSON")
            continue
        yield _listen(number, listen)


def _following(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        yield line


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield lines; of one that is too long, a mark that is no JSON."""
    long = False
    for piece in pieces:
        ended = piece.endswith("\n") or len(piece) < LONGEST_LINE
        if ended:
            yield "too long" if long else piece
        long = not ended


def _array(start: str, file: TextIO, path: Path) -> list[Any]:
    text = start + file.read(LARGEST_ARRAY)
    if len(text) > LARGEST_ARRAY:
        raise QueryError(f"{path} is one array of more than 256 MB: write one listen a line, as ListenBrainz does now")
    try:
        return list(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise QueryError(f"{path} is no JSON: {error}") from None


def _listen(line: int, said: Any) -> PlayedRow:
    if not isinstance(said, Mapping):
        return PlayedRow(line, wrong="it is no listen")
    track = said.get("track_metadata", said)
    if not isinstance(track, Mapping):
        return PlayedRow(line, wrong="it is no listen")
    artist = _first(track, "artist_name", "artistName", "master_metadata_album_artist_name", "artist")
    if isinstance(artist, Mapping):  # Last.fm: {"#text": name} or {"name": name}
        artist = artist.get("#text", artist.get("name", ""))
    title = _first(track, "track_name", "trackName", "master_metadata_track_name", "name", "title")
    when = _first(said, "listened_at", "ts", "endTime", "timestamp", "date")
    if isinstance(when, Mapping):
        when = when.get("uts", "")
    user = _first(said, "user_name", "user")
    if not (isinstance(artist, str) and isinstance(title, str) and title.strip()):
        return PlayedRow(line, wrong="it names no track")
    try:
        time = read_time(str(when) if isinstance(when, str | int | float) else "")
    except ValueError as error:
        return PlayedRow(line, wrong=str(error))
    kind: InteractionKind = "skip" if said.get("skipped") is True else "play"
    return PlayedRow(line, str(user) if isinstance(user, str | int) else "", "", artist, title, 1.0, time, kind)


def _first(said: Mapping[str, Any], *keys: str) -> Any:
    """Return what stands under the first of some keys that says anything."""
    return next((said[key] for key in keys if said.get(key) not in (None, "")), "")
