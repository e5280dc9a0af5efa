"""Tastes to learn from: a table of items and a table of plays, whose content and factors are made of them.

Items are a table as `sonolux.training.recommendation.item_tables` reads it, with the columns ``item`` and ``path``, or
``item`` and ``text``, or several contents; plays one with the columns ``user`` and ``item``, and ``plays`` where they
are counted. Plays of items without content still tell what users are like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sonolux.errors import TrainingError
from sonolux.training.data.tables import read_table
from sonolux.training.recommendation.content_reading import ReadContent, read_content
from sonolux.training.recommendation.factorisation import confidences_of, factorise
from sonolux.training.recommendation.fused_tastes import FusedTasteSet
from sonolux.training.recommendation.item_tables import list_items
from sonolux.training.recommendation.learn import TasteSet
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.training.recommendation.targets import Targets
from sonolux.types import Failure

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class ReadTastes:
    """What was read: tastes to learn from, users by the rows of their vectors, and what was left out.

    Attributes
    ----------
    tastes : TasteSet or FusedTasteSet
    users, items : tuple of str
        Names, by row.
    failed : tuple of Failure
        Files that could not be read; of several contents an item keeps the others.
    unplayed : int
        Items with content that nobody plays.
    """

    tastes: TasteSet | FusedTasteSet
    users: tuple[str, ...]
    items: tuple[str, ...]
    failed: tuple[Failure, ...]
    unplayed: int


def read_tastes(
    items: Path,
    plays: Path,
    content: str | Sequence[str],
    recipe: FactorisationRecipe,
    *,
    side: int = 32,
    cepstra: bool = False,
    towers: Mapping[str, str] | None = None,
) -> ReadTastes:
    """Read both tables, factorise the plays, and read the content of items that somebody plays.

    Parameters
    ----------
    items, plays : Path
        Tables, see the head of this file.
    content : {"audio", "image", "text", "all"}, or a sequence of them
        What is read of items: of several, whatever each has.
    recipe : FactorisationRecipe
        Of the factors.
    side : int
        Pixels of an image.
    cepstra : bool
        Whether sounds are heard as cepstra, for bags of words, or as levels.
    towers : mapping of str to str, optional
        Encoders that describe a content, instead of bags of words and networks of its own.

    Raises
    ------
    TrainingError
        Where a table cannot be read, lacks a column or a cell, an item stands in it twice, a number is none, or no
        item has both content and plays.
    """
    asked = (content,) if isinstance(content, str) else tuple(content)
    listed = list_items(items, asked)
    encoders = dict(towers or {})
    unused = [kind for kind in encoders if kind not in listed.contents]
    if unused:
        raise TrainingError(f"a tower describes {unused[0]}, of which nothing is learned: ask for that content too")
    users, matrix, columns = read_plays(plays)
    played = {name: cells for name, cells in listed.cells.items() if name in columns}
    if not played:
        raise TrainingError(f"no item of {items} is played in {plays}: their columns item are to hold the same names")
    read: dict[str, ReadContent] = {}
    for kind in listed.contents:
        cells = {name: told[kind] for name, told in played.items() if kind in told}
        if not cells:
            raise TrainingError(f"{items}: no item that is played has {kind}: fill its column or leave it out")
        if len(listed.contents) == 1:
            _check_once(items, cells, kind)
        read[kind] = read_content(kind, items, cells, side=side, cepstra=cepstra, tower=encoders.get(kind, ""))
    there = {name for _, names, _ in read.values() for name in names}
    kept = tuple(name for name in played if name in there)
    rows = np.array([columns[name] for name in kept])
    targets = Targets(factorise(matrix, recipe), confidences_of(matrix, recipe)).subset(rows)
    failed = tuple(dict.fromkeys(failure for _, _, some in read.values() for failure in some))
    return ReadTastes(_tastes(items, read, kept, targets), users, kept, failed, len(listed.cells) - len(played))


def _tastes(
    items: Path, read: Mapping[str, ReadContent], kept: Sequence[str], targets: Targets
) -> TasteSet | FusedTasteSet:
    if len(read) == 1:
        return TasteSet(next(iter(read.values()))[0], targets)
    places = {name: place for place, name in enumerate(kept)}
    contents = {kind: content for kind, (content, _, _) in read.items()}
    holders = {kind: np.array([places[name] for name in names], np.intp) for kind, (_, names, _) in read.items()}
    return FusedTasteSet(str(items), contents, holders, targets)


def _check_once(table: Path, cells: Mapping[str, str], kind: str) -> None:
    first: dict[str, str] = {}
    for name, path in cells.items():
        if kind != "text" and first.setdefault(path, name) != name:
            raise TrainingError(f"{table}: {first[path]} and {name} are the same file, {path}: leave one out")


def read_plays(table: Path) -> tuple[tuple[str, ...], csr_matrix, dict[str, int]]:
    """Return the names of users, plays (users, items), and the column of each item.

    Plays of the same user and item add up; without a column ``plays`` each line is one.

    Raises
    ------
    TrainingError
        Where the table cannot be read, a count is no number from 0, all of them are 0, or ratings stand in their place.
    """
    from scipy.sparse import coo_matrix

    users: dict[str, int] = {}
    items: dict[str, int] = {}
    places, weights = [], []
    for line, user, item, plays in _cells(table, ("user", "item"), "plays"):
        places.append((users.setdefault(user, len(users)), items.setdefault(item, len(items))))
        weights.append(_count(plays, f"{table}, line {line}"))
    if not any(weights):
        raise TrainingError(f"{table}: every count of plays is 0: nobody plays anything")
    size = len(users), len(items)
    return tuple(users), coo_matrix((weights, tuple(np.array(places).T)), shape=size).tocsr(), items


def _cells(table: Path, wanted: tuple[str, str], optional: str = "") -> Iterator[tuple[int, str, str, str | None]]:
    """Yield the line of each row with its cells of two columns, and that of a third, None where there is none."""
    read = read_table(table, wanted)
    columns = [read.column([name]) for name in (*wanted, optional)]
    missing = [name for name, column in zip(wanted, columns, strict=False) if column is None]
    if missing:
        header = ",".join(filter(None, (*wanted, optional)))
        raise TrainingError(f"{table} has no column {missing[0]}: its first line is to be {header}, with rows below")
    if optional == "plays" and columns[2] is None and "rating" in read.columns:
        raise TrainingError(
            f"{table} has ratings and no plays, and a low rating is no play: keep the lines of what is liked, without"
            " the column rating"
        )
    for row in read.rows:
        first, second, third = (row.cell(column) for column in columns)
        if not first or not second:
            raise TrainingError(f"{table}, line {row.line}: no {wanted[1] if first else wanted[0]}")
        yield row.line, first, second, None if columns[2] is None else third


def _count(cell: str | None, where: str) -> float:
    if cell is None:
        return 1.0
    try:
        count = float(cell)
    except ValueError:
        count = -1.0
    if not 0 <= count < float("inf"):
        raise TrainingError(f"{where}: plays are a number from 0, not {cell!r}")
    return count
