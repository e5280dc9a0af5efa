"""Import of interactions from a file: read, matched with items, kept; with a report of what was not."""

from __future__ import annotations

import codecs
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from sonolux.errors import LibraryError, QueryError
from sonolux.index import Index
from sonolux.index.interactions import LONGEST_NAME, Interaction, Interactions
from sonolux.library.interactions.delimited import read_catalogue, read_delimited
from sonolux.library.interactions.listens import read_listens
from sonolux.library.interactions.matching import ItemMatcher
from sonolux.library.interactions.rows import PlayedRow, is_future

TOLD = 20
"""Rows that are wrong and names that are not matched, of which a report tells one by one."""

NAMES_KEPT = 100_000
"""Names that are not matched, of which it is counted how often each came."""

SAMPLE = 65_536
"""Bytes by which it is told whether a file is text."""

CATALOGUES = ("movies.csv", "movies.tsv", "movies.dat", "artists.dat", "artists.csv", "items.csv")
"""Files that say what the numbers of items mean, where they lie beside the interactions."""


@dataclass(slots=True)
class ImportSummary:
    """What an import kept, and what it did not.

    Attributes
    ----------
    rows : int
        Of the file.
    kept : int
        Rows whose item the library holds.
    users, items : int
        Different ones among these.
    unmatched : int
        Rows whose item it does not hold; `names` says which, with how many rows, the most frequent first.
    wrong : int
        Rows that say nothing that can be used; `failed` says of the first ones the line and why.
    future : int
        Rows with a time that is still to come: kept as if they had none.
    """

    rows: int = 0
    kept: int = 0
    users: int = 0
    items: int = 0
    unmatched: int = 0
    names: list[tuple[str, int]] = field(default_factory=list)
    wrong: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    future: int = 0
    seconds: float = 0.0


def import_interactions(
    index: Index, interactions: Interactions, file: str | os.PathLike[str], user: str = ""
) -> ImportSummary:
    """Keep the interactions in a file; all of them or, where it cannot be read to its end, none.

    Parameters
    ----------
    index : Index
    interactions : Interactions
    file : path
        Delimited, or ListenBrainz JSON lines; see the modules beside this one.
    user : str
        Of rows that name none.

    Returns
    -------
    summary : ImportSummary

    Raises
    ------
    QueryError
        Where the file cannot be read, or nothing in it is an interaction with an item of the library.
    """
    if not index.exists():
        raise LibraryError(f"there is no library at {index.location}: make one with `sonolux add FOLDER`")
    path = Path(file).expanduser()
    started = time.monotonic()
    with _opened(path) as opened:
        matcher = ItemMatcher(index, path.absolute().parent, _catalogue(path))
        run = _Import(matcher, user)
        first = opened.read(1)
        opened.seek(0)
        rows = read_listens(opened, path) if _is_json(path, first) else read_delimited(opened, path)
        try:
            interactions.add(run.interactions(rows, path))
        except OSError as error:
            raise QueryError(f"{path} cannot be read to its end: {error}") from error
    summary = run.finished()
    summary.seconds = round(time.monotonic() - started, 3)
    return summary


class _Import:
    """Turns rows into interactions, and counts what it does."""

    def __init__(self, matcher: ItemMatcher, user: str) -> None:
        self.matcher = matcher
        self.user = user
        self.summary = ImportSummary()
        self._users: set[str] = set()
        self._items: set[str] = set()
        self._names: Counter[str] = Counter()
        self._known: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def interactions(self, rows: Iterator[PlayedRow], path: Path) -> Iterator[Interaction]:
        said, now = self.summary, time.time()
        for row in rows:
            said.rows += 1
            user = row.user or self.user
            wrong = row.wrong or _wrong_user(user)
            if wrong:
                self._note_wrong(row.line, wrong)
                continue
            items = self._items_of(row)
            if not items:
                said.unmatched += 1
                continue
            when = row.time
            if is_future(when, now):
                said.future += 1
                when = 0.0
            said.kept += 1
            self._users.add(user)
            self._items.update(items)
            weight = row.weight if row.kind == "rating" else row.weight / len(items)
            for item in items:
                yield Interaction(user, item, weight, when, row.kind)
        self._refuse_nothing(path)

    def finished(self) -> ImportSummary:
        self.summary.users, self.summary.items = len(self._users), len(self._items)
        self.summary.names = self._names.most_common(TOLD)
        return self.summary

    def _items_of(self, row: PlayedRow) -> tuple[str, ...]:
        key = (row.item, row.artist, row.title)
        items = self._known.get(key)
        if items is None:
            items = self.matcher.items_of(row)
            if len(self._known) < NAMES_KEPT:
                self._known[key] = items
        if not items:
            name = self.matcher.name_of(row)
            if name in self._names or len(self._names) < NAMES_KEPT:
                self._names[name] += 1
        return items

    def _note_wrong(self, line: int, reason: str) -> None:
        self.summary.wrong += 1
        if len(self.summary.failed) < TOLD:
            self.summary.failed.append((line, reason))

    def _refuse_nothing(self, path: Path) -> None:
        said = self.summary
        if said.kept:
            return
        if said.failed and said.wrong == said.rows:
            line, reason = said.failed[0]
            raise QueryError(f"{path}: none of its {said.rows:,} rows can be used: line {line}: {reason}")
        if not said.rows:
            raise QueryError(f"{path} holds no interactions: it has no rows")
        name = next(iter(self._names), "")
        raise QueryError(
            f"{path}: none of its {said.rows:,} rows names an item of this library, which holds {len(self.matcher):,}"
            f" files (the first is {name[:60]!r}): items are named by id, path, or artist and title"
        )


def _wrong_user(user: str) -> str:
    if not user:
        return "it names no user: say whose it is with --user"
    if len(user) > LONGEST_NAME or not user.isprintable():
        return f"{user[:40]!r} is no id of a user"
    return ""


def _is_json(path: Path, first: str) -> bool:
    return first in ("{", "[") or path.suffix.lower() in (".jsonl", ".json", ".listens")


def _catalogue(path: Path) -> dict[str, tuple[str, str]]:
    """Return what files beside the interactions say of the numbers of items."""
    for name in CATALOGUES:
        beside = path.with_name(name)
        if beside.is_file() and beside != path:
            with _opened(beside) as opened:
                return read_catalogue(opened, beside)
    return {}


def _opened(path: Path) -> TextIO:
    """Open a text, UTF-8 or UTF-16; bytes that are not UTF-8 are read as those of Windows' western Europe.

    A file of which the first megabyte is ASCII may hold an accent of another time further down.

    Raises
    ------
    QueryError
        For what cannot be read, and what is no text.
    """
    try:
        with path.open("rb") as file:
            start = file.read(SAMPLE)
        marked = start[:2] in (b"\xff\xfe", b"\xfe\xff")
        if not marked and b"\0" in start:
            raise QueryError(f"{path} is no file of interactions: it holds NUL bytes, so it is no text")
        return path.open(encoding="utf-16" if marked else "utf-8-sig", errors="sonolux-western", newline="")
    except OSError as error:
        raise QueryError(f"{path} cannot be read: {error.strerror or error}") from error


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are not UTF-8; see `codecs.register_error`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("sonolux-western", _as_western)
