"""Google Takeout: the JSON beside each photo and video of an exported Google Photos library.

The format is documented nowhere; keys are those of exports from 2018 to 2025.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any

from sonolux.media.descriptions.statements import TAKEN, Statements, without_blanks

LARGEST_JSON = 2**20
FAVOURITE = 5.0
"""Stars of a favourite, the only rating there is in Google Photos."""

NUMBERED = re.compile(r"(-\w+)?(\(\d+\))?$")


def takeout_statements(data: bytes, medium: str) -> Statements:
    """Return what a sidecar of Takeout says; nothing where it is damaged or something else.

    Parameters
    ----------
    data : bytes
    medium : str
        Name of the file that it describes: Takeout's title is mostly that name.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    people = said.get("people")
    names = [entry.get("name") for entry in people if isinstance(entry, dict)] if isinstance(people, list) else []
    return without_blanks(
        {
            "title": [_title(_text(said.get("title")), medium)],
            "description": [_text(said.get("description"))],
            "keywords": [_text(name) for name in names],
            "rating": [FAVOURITE if said.get("favorited") is True else None],
            "position": [_position(said.get("geoData")), _position(said.get("geoDataExif"))],
            "date": [(TAKEN, _date(said.get("photoTakenTime")))],
        }
    )


def _text(value: object) -> str:
    """Return a text, which Takeout escapes as if it were to stand in a page."""
    return html.unescape(value) if isinstance(value, str) else ""


def _title(title: str, medium: str) -> str:
    """Return a title that says more than the file's own name, which Takeout cuts and numbers."""
    title, name = PurePath(title).stem, PurePath(medium).stem
    return "" if title.casefold() in (name.casefold(), NUMBERED.sub("", name).casefold()) else title


def _position(place: object) -> tuple[float, float] | None:
    if not isinstance(place, Mapping):
        return None
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return float(latitude), float(longitude)


def _date(moment: Any) -> str:
    """Return a moment in UTC: what the photographer's clock said is in the photo, if anywhere."""
    try:
        seconds = int(moment["timestamp"])
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    except (TypeError, KeyError, ValueError, OverflowError):
        return ""
