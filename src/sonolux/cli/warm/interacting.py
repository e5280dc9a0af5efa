"""Interactions that are kept by the service which holds a library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sonolux.cli.output import shown_path
from sonolux.cli.warm.service import RefusedError, Service
from sonolux.media.paths import to_stored
from sonolux.presentation.data import path_from_data

PAGE = 200
"""Interactions that the service tells at once."""


def import_by_service(service: Service, file: str, user: str) -> dict[str, Any]:
    """Have a file of interactions kept; return what `sonolux.library` says of it as plain data.

    Raises
    ------
    RefusedError
        Where none of it is kept.
    """
    given = Path(file).expanduser()
    path = str(given.absolute())
    try:
        told: dict[str, Any] = service.ask("POST", "interactions/import", {"path": to_stored(path), "user": user})
    except RefusedError as error:  # the service stands in another folder
        raise RefusedError(error.kind, str(error).replace(path, str(given))) from None
    return told


def rows_of_user(service: Service, user: str) -> Iterator[dict[str, Any]]:
    """Yield what a user played, rated and skipped, with the path of each item, or its id where it is gone."""
    cursor: str | None = ""
    while cursor is not None:
        told = service.ask("GET", "interactions", user=user, cursor=cursor, limit=PAGE)
        for row in told["interactions"]:
            own = {name: row[name] for name in ("item", "weight", "time", "kind")}
            yield {"user": user, **own, "path": name_of(row)}
        cursor = told["next"]


def name_of(row: Mapping[str, Any]) -> str:
    """Return how people are told of an item: by its path, or its id where it is gone."""
    return shown_path(path_from_data(row)) if row.get("path") is not None else str(row["item"])
