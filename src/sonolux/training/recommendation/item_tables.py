"""Tables of items: of each what it is called and what there is of it, an image, a sound, words.

The column ``item`` names; ``image`` (or ``poster``, ``cover``, ...) and ``audio`` (or ``song``, ...) hold paths
relative to the table; all of ``text``, ``title``, ``genres`` and the like are words, read one after the other. ``path``
is an image or a sound, whichever is asked for. Where several contents are asked for, cells may be empty.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sonolux.errors import TrainingError
from sonolux.training.alignment.pair_sources import COLUMNS
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import Table, TableRow, read_table

CONTENTS = ("audio", "image", "text")

ALL = "all"

SAID = (*COLUMNS["text"], "genres", "genre", "tags", "description", "artist")
"""Columns of words."""

LONGEST = 10_000
"""Characters of the words of an item, at most."""


@dataclass(frozen=True, slots=True)
class ListedItems:
    """What a table says of items.

    Attributes
    ----------
    contents : tuple of str
        Of `CONTENTS`, those that were read.
    cells : dict of str to dict of str to str
        By item and content: the absolute path of a file, or words.
    """

    contents: tuple[str, ...]
    cells: dict[str, dict[str, str]]


def list_items(table: Path, asked: Sequence[str]) -> ListedItems:
    """Read what there is of items.

    Parameters
    ----------
    table : Path
    asked : sequence of str
        Contents, or ``all`` for those of which there is a column.

    Raises
    ------
    TrainingError
        Where the table cannot be read, lacks a column or, of a single content, a cell, or an item stands in it twice.
    """
    columns = read_table(table, ("item",))
    named = columns.column(["item"])
    if named is None:
        raise TrainingError(
            f"{table} has no column item: its first line is to be {_first_line(asked)}, with rows below"
        )
    places = _places(columns, asked)
    finder = FileFinder(table.parent)
    cells: dict[str, dict[str, str]] = {}
    for row in columns.rows:
        item = row.cell(named)
        if not item:
            raise TrainingError(f"{table}, line {row.line}: no item")
        if item in cells:
            raise TrainingError(f"{table}, line {row.line}: {item} stands there twice")
        cells[item] = _cells(row, places, finder)
        if len(places) == 1 and not cells[item]:
            kind = next(iter(places))
            raise TrainingError(f"{table}, line {row.line}: no {'text' if kind == 'text' else 'path'}")
    return ListedItems(tuple(places), cells)


def _places(table: Table, asked: Sequence[str]) -> dict[str, list[int]]:
    """Return the columns of each content that is asked for."""
    unknown = [kind for kind in asked if kind not in (*CONTENTS, ALL)]
    if unknown or not asked:
        raise TrainingError(f"a content is {', '.join(CONTENTS)} or {ALL}, not {unknown[0] if unknown else 'nothing'}")
    found = {kind: _columns(table, kind) for kind in CONTENTS}
    path = table.column(["path"])
    if path is not None and (kind := _kind_of_paths(table, path, asked)) and not found[kind]:
        found[kind] = [path]
    if ALL in asked:
        there = {kind: places for kind, places in found.items() if places}
        if not there:
            raise TrainingError(
                f"{table.file} has no column of a content: its first line is to name image, audio or text"
            )
        return there
    for kind in dict.fromkeys(asked):
        if not found[kind]:
            column = kind if kind == "text" or len(set(asked)) > 1 else "path"
            raise TrainingError(
                f"{table.file} has no column {column}: its first line is to be {_first_line(asked)}, with rows below"
            )
    return {kind: found[kind] for kind in CONTENTS if kind in asked}


def _columns(table: Table, kind: str) -> list[int]:
    names = SAID if kind == "text" else COLUMNS[kind]
    found = [place for place, name in enumerate(table.columns) if name in names]
    return found if kind == "text" else found[:1]


def _kind_of_paths(table: Table, path: int, asked: Sequence[str]) -> str:
    """Return what the column ``path`` holds: the medium that is asked for, or of all what its first ending says."""
    media = {"image", "audio"} & set(asked)
    if ALL in asked:
        first = next((row.cell(path) for row in table.rows if row.cell(path)), "")
        media = {"image", "audio"} & {(mimetypes.guess_type(first)[0] or "").partition("/")[0]}
    return media.pop() if len(media) == 1 else ""


def _cells(row: TableRow, places: dict[str, list[int]], finder: FileFinder) -> dict[str, str]:
    told = {}
    for kind, columns in places.items():
        cells = [cell for column in columns if (cell := row.cell(column))]
        if not cells:
            continue
        if kind == "text":
            told[kind] = ". ".join(cells)[:LONGEST]
        else:
            told[kind] = finder.placed(cells[0])
    return told


def _first_line(asked: Sequence[str]) -> str:
    if len(set(asked)) == 1 and ALL not in asked:
        return "item,text" if asked[0] == "text" else "item,path"
    return "item," + ",".join(CONTENTS if ALL in asked else dict.fromkeys(asked))
