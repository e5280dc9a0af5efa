"""Groups: items that belong together, copies of each other or pieces of one recording, and never straddle a split.

What is learned from one piece of a recording helps with the next as it will not with another recording, so a score of
pieces that were split at random promises too much. Copies stay together always; a speaker, a burst or a product does
when it is said how to tell (``--group-by``), and where names look like groups a remark says so.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.training.data.bursts import burst_keys, remark_on_bursts
from sonolux.training.data.copies import equal_content, join_pairs, same_content
from sonolux.training.data.images import ImageSet
from sonolux.training.data.listed import column_of_files
from sonolux.training.data.sounds import SoundSet
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import Table, is_table, plain_name, read_table

Grouped = TypeVar("Grouped", bound=Any)

FOLDER, NAME, TIME = "folder", "name", "time"
"""Grouping by the folder in which a file lies, by its name up to the last number, or by when a photo was taken."""

COLUMNS = (
    *("speaker", "speaker_id", "client_id", "reader", "person", "person_id", "subject", "subject_id", "patient"),
    *("patient_id", "recording", "recording_id", "src_file", "source_file", "session", "group", "video", "location"),
)
"""Columns of tables, as `plain_name` has them, that say what belongs together."""

IN_FOLDERS = {".csv", ".tsv", ".xlsx", ".jsonl"}

TABLES = 20
"""Tables in a folder in which a column is looked for, at most."""

NUMBERED = re.compile(r"^(?P<stem>.*?)[\s._-]*\(?\d+\)?$")
"""Name of one of several: what is before its last number."""

AUDIBLE, DIFFERING = -50.0, 3.0
"""Decibels below the loudest from which levels are compared, and by how many those of copies differ on average."""

COMPARED = 50
"""Items of a group of copies with which each is compared, at most."""

LIKELY = 0.8
"""Share of files in groups of two or more from which names look like groups."""


def group_items(items: Grouped, data: Path, by: str = "") -> tuple[Grouped, list[str]]:
    """Return items with their groups, and what is to be said of these, a line each.

    Parameters
    ----------
    items : ImageSet, SoundSet, UtteranceSet or LabelledRecordings
        With paths; groups that they have already stay together.
    data : path
        Where they come from: a table, or a folder with tables, has the column.
    by : str
        ``"folder"``, ``"name"`` (up to its last number), ``"time"`` (photos taken within moments of each other), the
        name of a column of the table, or a regular expression that finds in a path what those have in common that
        belong together, its first group where it has one; empty for copies alone.

    Raises
    ------
    TrainingError
        For a column that is not there and no expression, one that fits no file, or all items in one group.
    """
    pairs = _copied(items)
    notes: list[str] = []
    if pairs:
        copies = join_pairs(pairs, len(items))
        most = sum(map(len, copies))
        several = f", in {len(copies):,} groups: each group is" if len(copies) > 1 else ": they are"
        notes.append(f"{most:,} are copies of each other{several} kept together")
    if by:
        keys = _captured_together(items) if by == TIME else keys_of(items.paths, data, by)
        pairs += _same_keys(keys)
        found = len({key for key in keys if key}) + keys.count("")
        if found < 2:
            raise TrainingError(f"--group-by {by}: all {len(items):,} belong to one group: nothing could be held out")
        notes.append(f"{found:,} groups by {by}, none on both sides of a split")
        if missing := keys.count(""):
            notes.append(f"{missing:,} of {len(items):,} have no group by {by}: each stands alone")
    elif remark := remark_on(items, data):
        notes.append(remark)
    if not pairs:
        return items, notes
    before = getattr(items, "groups", None)
    groups = joined_groups(pairs, len(items), before)
    if moved := parts_straddled(groups, getattr(items, "parts", None)):
        notes.append(f"{moved:,} of these groups lie in several parts of the data: each goes to the one that scores")
    return replace(items, groups=groups), notes


def keep_copies_together(items: Grouped) -> Grouped:
    """Return items with copies of each other in one group, where nobody has grouped them yet."""
    if items.groups is not None or not (pairs := _copied(items)):
        return items
    return replace(items, groups=joined_groups(pairs, len(items), None))


def joined_groups(pairs: Sequence[tuple[int, int]], count: int, before: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return the group of each of `count` items, those of a pair and those of a group of before in one."""
    old = [] if before is None else _same_keys([str(group) for group in before.tolist()])
    groups = np.arange(count)
    for rows in join_pairs([*pairs, *old], count):
        groups[list(rows)] = rows[0]
    return groups.astype(np.int64)


def remark_on(items: Any, data: Path) -> str:
    """Return a line where something says that items belong together: a table, the time of photos, or names."""
    return (
        remark_on_columns(data)
        or remark_on_bursts(getattr(items, "captures", ()))
        or remark_on_names(items.paths, getattr(items, "labels", None))
    )


def _copied(items: Any) -> list[tuple[int, int]]:
    """Return pairs of items that hold the same content."""
    known = isinstance(items, ImageSet | SoundSet)
    return [
        (one, other)
        for rows in (same_content(items) if known else equal_content(items.contents()))
        for place, one in enumerate(rows)
        for other in rows[place + 1 : place + 1 + COMPARED]
        if not isinstance(items, SoundSet) or _same_levels(items.frames[one], items.frames[other])
    ]


def _captured_together(items: Any) -> list[str]:
    captures = getattr(items, "captures", ())
    if not any(captures):
        raise TrainingError(f"--group-by {TIME}: none of {len(items):,} files says when it was taken")
    return burst_keys(captures)


def _same_levels(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Say whether two sounds (frames, bands) agree band by band: steady ones of another pitch look alike from afar."""
    length = min(len(one), len(other))
    first, second = one[:length].float(), other[:length].float()
    heard = torch.maximum(first, second) > AUDIBLE
    return not bool(heard.any()) or float((first - second).abs()[heard].mean()) < DIFFERING


def keys_of(paths: Sequence[str], data: Path, by: str) -> list[str]:
    """Return the group of each file by name, empty for none; see `group_items`."""
    if not paths:
        raise TrainingError(f"--group-by {by}: {data} is a packed data set, whose items have no names")
    if by == FOLDER:
        return [os.path.dirname(path) for path in paths]
    if by == NAME:
        found = [NUMBERED.match(Path(path).stem) for path in paths]
        return [
            str(Path(path).with_name(Path(path).stem if one is None else one["stem"] or Path(path).stem))
            for path, one in zip(paths, found, strict=True)
        ]
    told = _told_by_tables(data, plain_name(by))
    return [told.get(path, "") for path in paths] if told else _matched(paths, data, by)


def _told_by_tables(data: Path, column: str) -> dict[str, str]:
    """Return what a column says of each file: of the table that is learned from, or of those in its folder."""
    if is_table(data):
        return _told_by(read_table(data), column)
    told: dict[str, str] = {}
    inside = sorted(data.iterdir()) if data.is_dir() else []
    for file in [one for one in inside if one.suffix.lower() in IN_FOLDERS and is_table(one)][:TABLES]:
        with suppress(TrainingError):  # what is no table of these files says nothing of them
            told |= _told_by(read_table(file), column)
    return told


def _told_by(table: Table, column: str) -> dict[str, str]:
    number = table.column((column,))
    if number is None:
        return {}
    finder = FileFinder(table.file.parent)
    files = column_of_files(table, finder)
    named = ((finder.file(row.cell(files)), row.cell(number)) for row in table.rows if row.cell(files))
    return {path: cell for path, cell in named if path is not None}


def remark_on_columns(data: Path) -> str:
    """Return a line where a table has a column of what belongs together; empty where it has none."""
    if not is_table(data):
        return ""
    table = read_table(data)
    number = table.column(COLUMNS)
    cells = [row.cell(number) for row in table.rows if row.cell(number)]
    if not cells or not 2 <= len(set(cells)) < LIKELY * len(cells):
        return ""
    name = table.columns[number or 0]
    return (
        f"{data.name} has a column {name}: if those of one {name} belong together, the score promises too much;"
        f" --group-by {name} keeps them together"
    )


def _matched(paths: Sequence[str], data: Path, by: str) -> list[str]:
    """Return what an expression finds in each path below the data."""
    try:
        pattern = re.compile(by)
    except re.error as error:
        raise TrainingError(
            f"--group-by {by}: neither folder, name nor time, nor a column of {data.name}, nor a regular expression"
            f" ({error})"
        ) from error
    root = data if data.is_dir() else data.parent
    said = [pattern.search(Path(os.path.relpath(path, root)).as_posix()) for path in paths]
    if not any(said):
        raise TrainingError(
            f"--group-by {by}: neither folder, name, time nor a column of {data.name}, and as an expression it fits"
            f" none of {len(paths):,} files, such as {os.path.relpath(paths[0], root)}"
        )
    return ["" if one is None else str(one.group(1 if pattern.groups else 0) or "") for one in said]


def remark_on_names(paths: Sequence[str], labels: NDArray[np.int64] | None) -> str:
    """Return a line where names look as if several files were pieces of one thing; empty where they do not."""
    stems: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row, path in enumerate(paths):
        found = NUMBERED.match(Path(path).stem)
        if found is None or not re.search(r"\d", found["stem"]):
            continue  # without another number it is the name of all, not of one thing
        stems[int(labels[row]) if labels is not None else 0, found["stem"]].append(Path(path).name)
    several = {key: names for key, names in stems.items() if len(names) > 1}
    classes = Counter(label for label, _ in several)
    if len(several) < 2 or sum(map(len, several.values())) < LIKELY * len(paths) or max(classes.values()) < 2:
        return ""
    names = max(several.values(), key=len)
    return (
        f"names look like groups ({', '.join(sorted(names)[:3])}): if these belong together, the score promises too"
        " much; --group-by name keeps them together"
    )


def _same_keys(keys: Sequence[str]) -> list[tuple[int, int]]:
    first: dict[str, int] = {}
    pairs = []
    for row, key in enumerate(keys):
        if key and first.setdefault(key, row) != row:
            pairs.append((first[key], row))
    return pairs


def parts_straddled(groups: NDArray[np.int64], parts: Sequence[str] | None) -> int:
    """Return how many groups have items in several of the parts that the data has."""
    if parts is None:
        return 0
    held: Mapping[int, set[str]] = defaultdict(set)
    for group, part in zip(groups.tolist(), parts, strict=True):
        held[group].add(part)
    return sum(len(each) > 1 for each in held.values())
