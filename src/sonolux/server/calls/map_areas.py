"""Areas of the map as filters: ``{"map": "-0.2,0.1 0.4,0.1 0.4,0.6"}`` holds for the files within this polygon.

Corners are ``x,y`` in the coordinates of the map, which is that of the default space; several areas are alternatives.
An area is of the map as it is: when it is laid out anew, other files may lie there.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.index import Condition
from sonolux.library import Library
from sonolux.library.projection import find_projection
from sonolux.library.query import conditions_of
from sonolux.retrieval.filters import parse_conditions
from sonolux.server.calls.protocol import CallError

KEY = "map"
FEWEST, MOST = 3, 64
"""Corners of an area."""

MOST_AREAS = 8
KEPT = 16
"""Filters of which is remembered which files they hold for."""

NUMBER = r"-?\d{1,2}(?:\.\d{1,6})?"
CORNER = re.compile(rf"({NUMBER}),({NUMBER})")

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of no file: an area may be empty."""


class MapAreas:
    """Filters of one library's questions, in which areas of the map are files; the last ones are remembered."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int, tuple[str, ...]], tuple[str, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def conditions(self, library: Library, where: Mapping[str, Any] | list[str] | None) -> tuple[Condition, ...]:
        """Return the conditions of a filter.

        Parameters
        ----------
        library : Library
        where : mapping, list of str or None
            Keys and values, or lines as people write them; of these, only a mapping may name areas.

        Raises
        ------
        CallError
            For what is no area, or where there is no map.
        QueryError
            For what else is no filter.
        """
        if where is None or isinstance(where, list):
            return parse_conditions(where or [])
        conditions = conditions_of({key: value for key, value in where.items() if key != KEY})
        return (*conditions, self._within(library, where[KEY])) if KEY in where else conditions

    def _within(self, library: Library, given: Any) -> Condition:
        areas = tuple(given) if isinstance(given, list) else (given,)
        if not 1 <= len(areas) <= MOST_AREAS:
            raise CallError("query", f"a filter has 1 to {MOST_AREAS} areas of the map", f"where.{KEY}")
        polygons = [_corners(area) for area in areas]
        with self._lock:
            found = self._kept.get((*_stamp(library), areas))
        if found is None:
            found = _files_within(library, polygons)
            with self._lock:
                self._kept[*_stamp(library), areas] = found
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return Condition("file", "=", found or (NOBODY,))


def _stamp(library: Library) -> tuple[int, int]:
    """Return what changes when the library does, and when a map is laid out anew."""
    folder = library.cache_folder("projections")
    return library.manifest.changes, folder.stat().st_mtime_ns if folder.exists() else 0


def _corners(area: Any) -> NDArray[np.float64]:
    """Return a polygon, (n, 2)."""
    corners = [CORNER.fullmatch(corner) for corner in area.split()] if isinstance(area, str) else []
    if not FEWEST <= len(corners) <= MOST or None in corners:
        told = f"an area of the map is {FEWEST} to {MOST} corners x,y with spaces between them"
        raise CallError("query", told, f"where.{KEY}")
    return np.array([[float(corner[1]), float(corner[2])] for corner in corners if corner])


def _files_within(library: Library, polygons: list[NDArray[np.float64]]) -> tuple[str, ...]:
    found = find_projection(library)
    if found is None:
        raise CallError("query", "there is no map of this library yet: start a job of kind map", f"where.{KEY}")
    inside = np.any([within(found.positions, polygon) for polygon in polygons], axis=0)
    return tuple(id_ for id_, holds in zip(found.ids, inside, strict=True) if holds)


def within(points: NDArray[Any], polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points (n, 2) lie within a polygon (m, 2), by the crossings of a ray (even-odd rule)."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    inside = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside
