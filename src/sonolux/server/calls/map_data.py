"""Data of the map: places of files, column by column, with the one value of a key by which each is coloured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sonolux.index.facets import count_files, keys_counted, values_of
from sonolux.library import Library
from sonolux.library.projection import find_projection
from sonolux.media.paths import from_stored, printable
from sonolux.retrieval.facets import FACET_KEYS, year_of
from sonolux.retrieval.filters import stored_key
from sonolux.server.calls.protocol import CallError

COLOURED = tuple(key for key in FACET_KEYS if key not in ("kind", "width", "height", "rate", "channels", "title"))
"""Keys by which a map is coloured: every point of it is a file."""

Value = str | int | float | None


def map_as_data(library: Library, space: str = "", colour: str = "") -> dict[str, Any] | None:
    """Return the map as the last job laid it out, as JSON data; None before one has.

    Parameters
    ----------
    library : Library
    space : str
        By default the learned one of most files.
    colour : str
        Of `COLOURED`: its values are the column ``value``, None for a file without any. Of several values that a file
        has it is the one that most files have.

    Raises
    ------
    CallError
        For a key by which no map is coloured.
    """
    if colour and colour not in COLOURED:
        raise CallError("query", f"a map is not coloured by {colour[:50]!r}: there are {', '.join(COLOURED)}", "colour")
    found = find_projection(library, space)
    if found is None:
        return None
    columns = _columns(library, found.ids, colour)
    there = columns["name"]  # without what was removed just now
    rows = [(id_, *place) for id_, place in zip(found.ids, found.positions.tolist(), strict=True) if id_ in there]
    return {
        "space": found.space,
        "ids": [id_ for id_, _, _ in rows],
        "x": [round(x, 4) for _, x, _ in rows],
        "y": [round(y, 4) for _, _, y in rows],
        **{name: [column[id_] for id_, _, _ in rows] for name, column in columns.items()},
    }


def _columns(library: Library, ids: Sequence[str], colour: str) -> dict[str, dict[str, Value]]:
    """Return columns, each by the ids of files."""
    stored = stored_key(colour) if colour else ""
    brought = {"path", "modality", "title", "clock", "date", *(keys_counted(stored) if stored else ())}
    points = library.index.fetch(ids, keys=sorted(brought))
    columns: dict[str, dict[str, Value]] = {
        "modality": {point.id: point.payload["modality"] for point in points},
        "name": {point.id: printable(point.payload.get("title") or _path(point.payload).name) for point in points},
    }
    if colour == "folder":
        columns["value"] = {point.id: printable(str(_path(point.payload).parent)) for point in points}
    elif colour == "date":
        columns["value"] = {point.id: year_of(point.payload) for point in points}
    elif colour:
        ranks = {one.value: rank for rank, one in enumerate(count_files(points, stored, len(points) * 64))}
        held = {point.id: [one for one in values_of(point.payload, stored) if one in ranks] for point in points}
        columns["value"] = {id_: min(values, key=ranks.__getitem__, default=None) for id_, values in held.items()}
    return columns


def _path(payload: Mapping[str, Any]) -> Path:
    return Path(from_stored(payload["path"]))
