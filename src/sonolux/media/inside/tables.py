"""Tables of media: Parquet files in the layout of Hugging Face data sets, a medium a row.

The column ``image``, ``audio`` or ``video`` holds the bytes of a file, by themselves or as ``{bytes, path}``; the other
columns describe it, class numbers by the names that the schema has for them. Rows are read group by group, one group
at a time is kept. Rows that name a file instead of holding its bytes are left out: a stranger's table could name any.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, BinaryIO

from sonolux.errors import MediaError
from sonolux.extras import extras_named
from sonolux.media.errors import one_line
from sonolux.media.inside.listing import ByteRange, Listing, Member
from sonolux.settings import settings

COLUMNS = ("image", "audio", "video", "img", "picture", "photo", "sound", "file")
"""Names of columns that hold media, the first that is there counts."""

LONGEST_TEXT = 20_000
"""Characters of a value that describes a row."""

TableState = tuple[int | str, ...]

AT_ONCE = 64
"""Rows that are looked at together."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Which column holds media, whether within a struct, which describe it, and names of class numbers by column."""

    media: str
    packed: bool
    describing: tuple[str, ...]
    classes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """The group of rows that was read last."""

    state: TableState = ()
    first: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


_last = _Group()
_lock = threading.Lock()


def list_table(file: BinaryIO) -> Listing:
    """Return the rows of an open table that hold media.

    Raises
    ------
    MediaError
        For what is no Parquet file, or has no column of media; or pyarrow is missing.
    """
    listing = Listing()
    nothing: list[int] = []
    elsewhere: list[int] = []
    most = settings().max_member
    with _opened(file) as (table, layout):
        number = 0
        for batch in table.iter_batches(AT_ONCE, columns=[layout.media, *layout.describing], use_threads=False):
            for row in batch.to_pylist():
                content = _content(row, layout)
                if content is None:
                    (elsewhere if _names_a_file(row, layout) else nothing).append(number)
                elif len(content) > most:
                    reason = f"has {len(content):,} bytes in its table, more than {most:,}"
                    listing.refused[str(number)] = f"{reason}: SONOLUX_MAX_MEMBER allows others"
                else:
                    stamp = blake2b(_described(row, layout), digest_size=8).hexdigest()
                    listing.members[str(number)] = Member(ByteRange(0, len(content)), stamp=stamp)
                number += 1
    for rows, what in ((nothing, "are empty"), (elsewhere, "name a file instead of holding its bytes: add its folder")):
        if rows:
            listing.notes.append(f"{len(rows):,} of its rows, such as {rows[0]}, {what}: left out")
    return listing


def read_row(file: BinaryIO, state: TableState, name: str) -> bytes:
    """Return the bytes of the medium in a row; MediaError where there are none.

    Parameters
    ----------
    file : binary file
        The table.
    state : tuple
        As long as it is the same, so is the table.
    name : str
        The number of the row.
    """
    row, layout = _row(file, state, name)
    content = _content(row, layout)
    if content is None:
        raise MediaError("is not there: its row of the table holds no bytes")
    return content


def describe_row(file: BinaryIO, state: TableState, name: str) -> bytes:
    """Return what the other columns of a row say, as a JSON object; parameters as of `read_row`."""
    return _described(*_row(file, state, name))


def _row(file: BinaryIO, state: TableState, name: str) -> tuple[dict[str, Any], TableLayout]:
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else -1
    with _lock, _opened(file) as (table, layout):
        if _last.state != state or not 0 <= number - _last.first < len(_last.rows):
            _last.state, _last.rows = (), []
            _last.first, _last.rows = _group_of(table, layout, number)
            _last.state = state
        return _last.rows[number - _last.first], layout


def _group_of(table: Any, layout: TableLayout, number: int) -> tuple[int, list[dict[str, Any]]]:
    """Return the first row of the part of a table that holds a row, and its rows: a batch of a group."""
    first = 0
    for group in range(table.metadata.num_row_groups):
        count = table.metadata.row_group(group).num_rows
        if not first <= number < first + count:
            first += count
            continue
        columns = [layout.media, *layout.describing]
        for batch in table.iter_batches(AT_ONCE, row_groups=[group], columns=columns, use_threads=False):
            if number < first + batch.num_rows:
                return first, batch.to_pylist()
            first += batch.num_rows
    raise MediaError("is not there: the table has no such row")


@contextmanager
def _opened(file: BinaryIO) -> Iterator[tuple[Any, TableLayout]]:
    with extras_named("a Parquet table", MediaError):
        import pyarrow
        from pyarrow import parquet
    try:
        file.seek(0)
        table = parquet.ParquetFile(file)
        yield table, _layout(table.schema_arrow)
    except MemoryError:
        raise
    except (pyarrow.ArrowException, OSError) as error:
        raise MediaError(f"cannot be read as a Parquet table: {one_line(error)}") from error


def _layout(schema: Any) -> TableLayout:
    """Return what the columns of a table are; MediaError where none holds media."""
    from pyarrow import types

    kinds = {name: schema.field(name).type for name in schema.names}
    named = [name for name in COLUMNS if name in kinds]
    if not named:
        raise MediaError(f"has no column of media: none is called {', '.join(COLUMNS[:3])}")
    media = named[0]
    kind = kinds[media]
    packed = types.is_struct(kind) and any(part.name == "bytes" and _is_bytes(part.type) for part in kind)
    if not packed and not _is_bytes(kind) and not types.is_string(kind):
        raise MediaError(f"has a column {media} of type {one_line(str(kind))[:80]}, which holds no files")
    describing = tuple(name for name, kind in kinds.items() if name != media and _describes(kind))
    return TableLayout(media, packed, describing, _classes(schema))


def _is_bytes(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _describes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind):
        kind = kind.value_type
    checks = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_temporal)
    return any(check(kind) for check in checks)


def _classes(schema: Any) -> dict[str, list[str]]:
    """Return the names of class numbers that Hugging Face's metadata has, by column."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(one) for one in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and isinstance(feature.get("names"), list)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _content(row: dict[str, Any], layout: TableLayout) -> bytes | None:
    cell = row[layout.media]
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    return content if isinstance(content, bytes) else None


def _names_a_file(row: dict[str, Any], layout: TableLayout) -> bool:
    cell = row[layout.media]
    return bool(cell.get("path") if isinstance(cell, dict) else cell)


def _described(row: dict[str, Any], layout: TableLayout) -> bytes:
    said = {}
    for name in layout.describing:
        value = row[name]
        names = layout.classes.get(name, [])
        if isinstance(value, int) and 0 <= value < len(names):
            value = names[value]
        if value is not None:
            said[name] = value[:LONGEST_TEXT] if isinstance(value, str) else value
    return json.dumps(said, default=str).encode()
