"""Merging of descriptions: what a file says with what its sidecars say, which count first: they came later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from sonolux.errors import MediaError
from sonolux.media.dates import clean_date
from sonolux.media.descriptions.statements import TAKEN, Statements, combined
from sonolux.media.descriptions.takeout import LARGEST_JSON, takeout_statements
from sonolux.media.descriptions.xmp import LARGEST_PACKET, xmp_statements
from sonolux.media.metadata import DESCRIPTIVE, clean_words, cleaned
from sonolux.media.objects.copies import head_of_object
from sonolux.media.objects.urls import is_url
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Probe
from sonolux.media.sidecars import XMP

ONE_MOMENT = timedelta(hours=26)
"""How far two clocks on the earth can differ that show the same moment."""


def with_sidecars(probe: Probe, path: str, sidecars: Sequence[str]) -> Probe:
    """Return the probe of a file with what its sidecars say; one that is damaged or gone says nothing."""
    own = _own_statements(probe)
    sources = [_statements(sidecar, PurePath(path).name) for sidecar in sidecars]
    for source in sources:
        if _same_moment(source, own):
            del source["date"]
    said = combined([*sources, own])
    kept = {key: value for key, value in probe.metadata.items() if key not in DESCRIPTIVE}
    also = {key: probe.metadata[key] for key in DESCRIPTIVE if key in probe.metadata and key not in said}
    return replace(probe, metadata=kept | also | cleaned(said), words=clean_words([*said["words"]]))


def _statements(path: str, medium: str) -> Statements:
    packet = path.lower().endswith(XMP)
    most = LARGEST_PACKET if packet else LARGEST_JSON
    try:
        data = head_of_object(path, most) if is_url(path) else _head(path, most)
    except (MediaError, OSError):
        return {}
    return xmp_statements(data) if packet else takeout_statements(data, medium)


def _head(path: str, most: int) -> bytes:
    with open_file(path) as file:
        return file.read(most)


def _own_statements(probe: Probe) -> Statements:
    said: Mapping[str, Any] = probe.metadata
    own = {key: [said[key]] for key in ("title", "description", "place", "camera", "rating") if key in said}
    own |= {key: said.get(key, []) for key in ("artist", "keywords")}
    own["words"] = probe.words.split("\n")
    own["date"] = [(TAKEN, said["date"])] if "date" in said else []
    own["position"] = [(said["latitude"], said["longitude"])] if "latitude" in said else []
    return own


def _same_moment(one: Statements, other: Statements) -> bool:
    """Tell whether a sidecar's date, in UTC, is that of the photographer's clock: that has the right day."""
    dates = [clean_date(source["date"][0][1]) for source in (one, other) if source.get("date")]
    if len(dates) < 2 or not dates[0] or not dates[1] or not dates[0].endswith(("Z", "+00:00")):
        return False
    first, second = (datetime.fromisoformat(date).replace(tzinfo=None) for date in dates if date)
    return abs(first - second) <= ONE_MOMENT
