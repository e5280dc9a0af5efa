"""Tables of items with several modalities and an answer: genres, a label, shares of moods, or factors.

Columns of modalities are named as in `sonolux.training.alignment.pair_sources`; what the answer is stands in others:
genres in one, with a bar, a semicolon or a comma between them; a label in one; numbers in as many as there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.training.alignment.pair_reading import describe_lines
from sonolux.training.alignment.pair_sources import KNOWN, columns_of, line_of
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.data.images import ReadProgress
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import Table, TableRow, plain_name, read_table
from sonolux.training.fusion.data import AnswerKind, FusionSet

TARGETS = {
    "genre": ("genre", "genres", "tags"),
    "labels": ("label", "class", "emotion", "mood"),
    "mood": ("mood",),
    "factors": (),
}
"""What can be learned, and what its one column is called where none is named."""

BETWEEN = re.compile(r"[|;,]")

NO_GENRE = "(no genres listed)"
"""Of MovieLens."""


def read_fusion(  # noqa: PLR0913 - one parameter a way of looking
    table: Path,
    target: str,
    columns: Sequence[str] = (),
    towers: dict[str, Sequence[str]] | None = None,
    *,
    folder: Path | None = None,
    thawed: str = "",
    in_noise: bool = False,
    progress: ReadProgress | None = None,
) -> FusionSet:
    """Read a table, and describe what its items are made of; cells may be empty.

    Parameters
    ----------
    table : Path
    target : str
        One of `TARGETS`.
    columns : sequence of str
        That hold the answer, by their names in the first line; by default those that `TARGETS` names, and of moods and
        factors all that hold numbers.
    towers : mapping of str to sequence of str, optional
        Encoders of each modality.
    folder : path, optional
        That paths are relative to; by default that of the table.
    thawed : str
        Layer from which the tower of images is to learn; empty for none.
    in_noise : bool
        Whether pictures and sounds are described a second time, in noise.
    progress : callable, optional

    Raises
    ------
    TrainingError
        Where the table has no such columns, or nothing can be learned from it.
    """
    if target not in TARGETS:
        raise TrainingError(f"no target {target!r}: there are {', '.join(TARGETS)}")
    told = read_table(table, KNOWN)
    places = _answer_places(told, target, columns)
    inputs = {place: kind for place, kind in columns_of(told, 1).items() if place not in places}
    if not inputs:
        raise TrainingError(f"{table}: no column of a modality is left beside the answer")
    _check_filled(told, inputs)
    answered = [row for row in told.rows if all(row.cell(place) for place in places)]
    finder = FileFinder(folder or table.parent)
    lines = [line_of(row, inputs, finder) for row in answered]
    pairs = describe_lines(
        str(table), lines, towers, known="", fewest=1, thawed=thawed, in_noise=in_noise, progress=progress
    )
    kind, answers, found = _answers(told, target, places, [answered[row] for row in pairs.lines])
    there = pairs.pairs >= 0
    widths = {modality: rows_of.shape[1] for modality, rows_of in pairs.views.items()}
    maps = None
    if pairs.maps is not None:
        maps = pairs.maps.subset(pairs.pairs[:, list(pairs.views).index("image")].tolist())
    groups = _sharing_files(pairs)
    rows_joined, noisy = _joined(pairs, pairs.views), _joined(pairs, pairs.noisy) if in_noise else None
    return FusionSet(
        str(table), pairs.towers, widths, rows_joined, there, kind, found, answers, pairs.failed, maps, groups, noisy
    )


def _joined(pairs: PairSet, views: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the descriptors of each pair side by side, zeros for what it lacks."""
    parts = [
        np.where(places[:, None] >= 0, rows_of[np.maximum(places, 0)], np.float32(0))
        for places, rows_of in zip(pairs.pairs.T, views.values(), strict=True)
    ]
    return np.concatenate(parts, axis=1)


def _check_filled(table: Table, inputs: Mapping[int, str]) -> None:
    """Raise TrainingError where a column of a modality is empty in every line."""
    for place in inputs:
        if not any(row.cell(place) for row in table.rows):
            raise TrainingError(
                f"{table.file}: column {table.columns[place]!r} is empty in every line: fill it or leave it out"
            )


def _sharing_files(pairs: PairSet) -> NDArray[np.int64]:
    """Return which items share a file, by number: words may be said of many things, a file is one."""
    words = np.array([modality == "text" for modality in pairs.views])
    return replace(pairs, pairs=np.where(words, -1, pairs.pairs)).groups


def _answer_places(table: Table, target: str, columns: Sequence[str]) -> list[int]:
    missing = [column for column in columns if plain_name(column) not in table.columns]
    if missing:
        raise TrainingError(f"{table.file} has no column {missing[0]!r}: there are {', '.join(table.columns)}")
    if columns:
        return [table.columns.index(plain_name(column)) for column in columns]
    known = [table.columns.index(name) for name in TARGETS[target] if name in table.columns][:1]
    if not known and target in ("mood", "factors"):
        inputs = columns_of(table, 1)
        known = [
            place
            for place in range(len(table.columns))
            if place not in inputs and all(_is_number(row.cell(place)) for row in table.rows)
        ]
    if not known:
        called = " or ".join(TARGETS[target]) or "any of numbers"
        raise TrainingError(f"{table.file} has no column {called} for --target {target}: name it with --column")
    return known


def _answers(
    table: Table, target: str, places: Sequence[int], rows: Sequence[TableRow]
) -> tuple[AnswerKind, NDArray[np.float32], tuple[str, ...]]:
    cells = [[row.cell(place) for place in places] for row in rows]
    names = [table.columns[place] for place in places]
    numeric = all(_is_number(cell) for row in cells for cell in row)
    if target in ("mood", "factors") and numeric:
        return "numbers", np.array(cells, np.float32).reshape(len(cells), len(places)), tuple(names)
    if target == "factors" or len(places) > 1:
        asked = [(name, cell) for row in cells for name, cell in zip(names, row, strict=True)]
        name, cell = next((one for one in asked if not _is_number(one[1])), asked[0])
        raise TrainingError(f"{table.file}: {name} holds {cell[:40]!r}, and --target {target} wants finite numbers")
    if target == "genre":
        told = [{one.strip() for one in BETWEEN.split(row[0])} - {"", NO_GENRE} for row in cells]
    else:
        told = [{row[0]} for row in cells]
    found = tuple(sorted(set().union(*told)))
    if len(found) < 2:
        raise TrainingError(f"{table.file}: the answers are all the same: {', '.join(found) or 'nothing'}")
    answers = np.array([[name in each for name in found] for each in told], np.float32)
    return ("tags" if target == "genre" else "class"), answers, found


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False
