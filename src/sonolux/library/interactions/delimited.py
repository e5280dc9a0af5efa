"""Delimited files of interactions: csv with any delimiter and header, HetRec, MovieLens, scrobbles, Rockbox logs.

What a column holds is told by its name in the first line, whatever its case; of files without names, by how they are
known to be laid out (`LAYOUTS`). Lines are read one at a time, so a file may be of any length.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal, TextIO

from sonolux.errors import QueryError
from sonolux.library.interactions.rows import PlayedRow, read_time, read_weight

Column = Literal["user", "item", "artist", "title", "plays", "rating", "time", ""]

NAMES: dict[Column, tuple[str, ...]] = {
    "user": ("user", "userid", "username", "listener", "listenerid", "person", "useridx"),
    "item": (
        *("item", "itemid", "id", "path", "file", "filename", "uri", "movie", "movieid", "trackid", "songid", "trid"),
        *("artistid", "traid"),
    ),
    "artist": ("artist", "artistname", "artists", "artname", "performer"),
    "title": ("title", "track", "trackname", "name", "song", "songname", "traname", "movietitle", "primarytitle"),
    "plays": ("plays", "playcount", "count", "weight", "listens", "listencount", "scrobbles", "freq"),
    "rating": ("rating", "yourrating", "yourated", "score", "stars"),
    "time": (
        *("time", "timestamp", "date", "datetime", "playedat", "listenedat", "utctime", "uts", "ts", "unixtime"),
        *("endtime", "scrobbletime", "daterated", "watcheddate"),
    ),
}
"""Names of columns, in small letters and without anything but letters and digits."""

COLUMN = {name: column for column, names in NAMES.items() for name in names}

LAYOUTS: dict[tuple[str, int], tuple[Column, ...]] = {
    ("::", 4): ("user", "item", "rating", "time"),
    ("\t", 4): ("user", "item", "rating", "time"),
    ("\t", 3): ("user", "item", "plays"),
    (",", 3): ("user", "item", "plays"),
    ("\t", 6): ("user", "time", "", "artist", "", "title"),
}
"""Files without names of columns, by delimiter and number of columns: MovieLens 1M and 100K, HetRec, Last.fm 1K."""

SCROBBLES: tuple[Column, ...] = ("artist", "", "title", "time")
"""Artist, album, track and date, of which one user's exported scrobbles are."""

LASTFM_360K: tuple[Column, ...] = ("user", "", "artist", "plays")

ROCKBOX: tuple[Column, ...] = ("artist", "", "title", "", "", "", "time")
ROCKBOX_MARK = "#AUDIOSCROBBLER"
SKIPPED = "S"
"""What a Rockbox log says, in its sixth column, of what was not listened to."""

DELIMITERS = ("::", "\t", ";", "|", ",")

LONGEST_FIELD = 131_072

LOOKED_AT = 5
"""Lines by which a file is known."""


def read_delimited(file: TextIO, path: Path) -> Iterator[PlayedRow]:
    """Yield the rows of a file.

    Parameters
    ----------
    file : text file
        Opened with ``newline=""``.
    path : Path
        For messages.

    Raises
    ------
    QueryError
        Where no column tells what was played, or a line is no text.
    """
    first = list(islice(file, LOOKED_AT))
    if first and first[0].startswith(ROCKBOX_MARK):
        yield from _rockbox(chain(first, file), path)
        return
    counts = next((place for place, line in enumerate(first) if not re.fullmatch(r"\s*\d+\s*", line)), 0)
    if counts == len(first):
        raise QueryError(f"{path} holds no interactions: its first lines are {''.join(first)[:40]!r}")
    delimiter = _delimiter(first[counts])
    rows = _split(chain(first[counts:], file), delimiter, path, counts)
    head = next(rows, None)
    if head is None:
        raise QueryError(f"{path} holds no interactions: it has no lines")
    columns, named = _columns(head[1], delimiter, path)
    yield from _rows(rows if named else chain([head], rows), columns)


def read_catalogue(file: TextIO, path: Path) -> dict[str, tuple[str, str]]:
    """Return artist and title by the id of a file of names beside the interactions: artists.dat, movies.csv ..."""
    first = file.readline()
    delimiter = _delimiter(first)
    rows = _split(chain([first], file), delimiter, path, 0)
    head = next(rows, (0, []))[1]
    keys = [_key(name) for name in head]
    place = next((keys.index(name) for name in ("title", "name") if name in keys), None)
    if place is None:  # MovieLens 1M: movie::title::genres, without names
        place, rows = 1, chain([(1, head)], rows)
    is_artist = path.stem.lower().startswith("artist")
    found = {}
    for _, cells in rows:
        if len(cells) > place and cells[0]:
            found[cells[0]] = (cells[place], "") if is_artist else ("", cells[place])
    return found


def _split(lines: Iterator[str], delimiter: str, path: Path, before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line that is not empty, with its number."""
    if delimiter == "::":
        for number, line in enumerate(lines, before + 1):
            if line.strip():
                yield number, line.rstrip("\r\n").split("::")
        return
    # Tabs part names that may hold quotation marks of their own; commas part names within quotation marks.
    csv.field_size_limit(LONGEST_FIELD)
    if delimiter == "\t":
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise QueryError(f"{path}, line {reader.line_num + before}, cannot be read: {error}") from None
        if cells:
            yield reader.line_num + before, cells


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=lambda each: (bare.count(each) * len(each), -DELIMITERS.index(each)))


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lstrip("\ufeff").lower())


def _columns(cells: Sequence[str], delimiter: str, path: Path) -> tuple[tuple[Column, ...], bool]:
    """Return what each column holds, and whether the first line was their names."""
    keys = [_key(cell) for cell in cells]
    named: list[Column] = []
    for key in keys:
        column = COLUMN.get(key, "")
        named.append("" if column in named else column)
    # lastfmstats.com writes the user's name into the last heading: Date#somebody.
    if "#" in cells[-1] and COLUMN.get(_key(cells[-1].partition("#")[0])) == "time":
        named[-1] = "time"
    if {"item", "artist", "title"} & {*named} and len({*named} - {""}) > 1:
        return tuple(named), True
    if len(cells) == 4 and _is_time(cells[3]) and not _is_number(cells[1]) and not _is_number(cells[2]):
        return SCROBBLES, False
    if (delimiter, len(cells)) == ("\t", 4) and not _is_number(cells[1]) and _is_number(cells[3]):
        return LASTFM_360K, False
    layout = LAYOUTS.get((delimiter, len(cells)))
    told = any(map(_is_number, cells)) or (len(cells) == 6 and _is_time(cells[1]))
    if layout is None or not told:
        raise QueryError(
            f"{path}: its columns are not known: name them in the first line, such as user,item,plays,time or"
            f" user,artist,title,time (they are {', '.join(cells)[:80]})"
        )
    return layout, False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        return read_time(text) > 0 and not _is_number(text)
    except ValueError:
        return False


def _rows(rows: Iterator[tuple[int, list[str]]], columns: tuple[Column, ...]) -> Iterator[PlayedRow]:
    places = {column: place for place, column in enumerate(columns) if column}
    user, item, artist, title, time = (places.get(name, -1) for name in ("user", "item", "artist", "title", "time"))
    kind: Literal["play", "rating"] = "rating" if "rating" in places else "play"
    weight = places.get("rating" if kind == "rating" else "plays", -1)
    for line, cells in rows:
        filled = [*cells, *[""] * (len(columns) - len(cells)), ""]  # place -1 is the empty one at the end
        if len(cells) < len(columns):
            yield PlayedRow(line, wrong=f"it has {len(cells)} columns of {len(columns)}")
            continue
        if len(filled) > len(columns) + 1:
            filled = [*cells[: len(columns)], ""]
        try:
            yield PlayedRow(
                line,
                filled[user].strip(),
                filled[item].strip(),
                filled[artist],
                filled[title],
                read_weight(filled[weight], kind) if weight >= 0 else 1.0,
                read_time(filled[time]) if time >= 0 else 0.0,
                kind,
            )
        except ValueError as error:
            yield PlayedRow(line, wrong=str(error))


def _rockbox(lines: Iterator[str], path: Path) -> Iterator[PlayedRow]:
    """Yield what a player's log says was listened to."""
    for number, line in enumerate(lines, 1):
        if not line.startswith("#") and line.strip():
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) > 5 and cells[5] == SKIPPED:
                yield PlayedRow(number, artist=cells[0], title=cells[2], kind="skip")
            else:
                yield from _rows(iter([(number, cells)]), ROCKBOX)
