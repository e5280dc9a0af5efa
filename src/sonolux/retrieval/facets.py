"""Facets: the values of a filter's key and how many files have each, of a library or of the files of a ranking.

Keys and values are those of `sonolux.retrieval.filters`: a value that is listed, put into a filter beside the
conditions that it was counted under, finds as many files as were counted. Dates are counted by year, by the clock of
the place. Conditions that hold for spans (``text``, ``kind``, ``start``, ``end``) count the files of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sonolux.errors import QueryError
from sonolux.index import Condition, FacetCount, Index, Point, Where
from sonolux.index.facets import FILES, count_files
from sonolux.media.paths import from_stored
from sonolux.retrieval.filters import build_conditions, is_findable, stored_key

FACET_KEYS = (
    "modality", "kind", "folder", "date", "artist", "album", "composer", "genre", "keywords", "place", "rating",
    "camera", "width", "height", "rate", "channels", "language", "title", "label",
)  # fmt: skip
"""Keys of which several files have one value; of the others nearly every file has its own."""

SPAN_KEYS = frozenset({"kind", "start", "end", "text"})
"""Payload keys by which spans are told from their file."""

YEARS = (1, 9998)
"""First and last year of which a filter can say where it ends."""

Facets = dict[str, list[FacetCount]]
"""By key: values with their files, those of most files first; years in their order."""


def count_facets(index: Index, keys: Iterable[str], where: Where = (), *, own: bool = True, limit: int = 100) -> Facets:
    """Count the files of each value of some keys.

    Parameters
    ----------
    index : Index
    keys : iterable of str
        Of `FACET_KEYS`.
    where : sequence of Condition
        Which files are counted.
    own : bool
        Whether the conditions on a key hold where its own values are counted; without, what else could be chosen is
        seen.
    limit : int
        Values of a key at most.

    Raises
    ------
    QueryError
        For a key that has no facets.
    """
    counted: Facets = {}
    for key in _checked(keys):
        stored = stored_key(key)
        conditions = [one for one in where if own or one.key != stored]
        if not any(one.key in SPAN_KEYS for one in conditions) and key != "kind":
            conditions.append(FILES)
        if key == "date":
            counted[key] = _count_years(index, conditions)[:limit]
        else:
            counted[key] = _named(key, index.facets(stored, conditions, limit=limit))
    return counted


def count_facets_of(index: Index, keys: Iterable[str], files: Sequence[str], *, limit: int = 100) -> Facets:
    """Count, among files given by their ids, those of each value of some keys; ids that are gone count for nothing."""
    names = _checked(keys)
    bring = {stored_key(key).split(".")[0].removesuffix("[]") for key in names} | {"file", "clock"}
    points = index.fetch(files, keys=sorted(bring))
    return {
        key: _years_of(points)[:limit] if key == "date" else _named(key, count_files(points, stored_key(key), limit))
        for key in names
    }


def _checked(keys: Iterable[str]) -> list[str]:
    names = [keys] if isinstance(keys, str) else list(dict.fromkeys(keys))
    for name in names:
        if name not in FACET_KEYS:
            raise QueryError(f"no facets of {name!r}: there are {', '.join(FACET_KEYS)}")
    return names


def _named(key: str, counts: Sequence[FacetCount]) -> list[FacetCount]:
    """Return counts with values as people write them; those that no filter takes are left out."""
    if key == "folder":
        return [FacetCount(from_stored(str(value)), files) for value, files in counts]
    return [one for one in counts if is_findable(key, one.value)]


def _count_years(index: Index, where: Sequence[Condition]) -> list[FacetCount]:
    """Count the files of every year in which there are any, the last first.

    Half of the years are left out at once where nothing is found in them: each year that has files is counted by the
    engine, without reading a date.
    """
    if FILES not in where:
        return _years_of(index.scroll(where, keys=("file", "date", "clock")))
    counts: list[FacetCount] = []
    open_: list[tuple[int, int]] = [YEARS]
    while open_:
        first, last = open_.pop()
        within = [*where, *_from_to(first, last)]
        if first == last:
            counts += [FacetCount(first, files)] if (files := index.count(within)) else []
        elif next(iter(index.scroll(within, keys=())), None) is not None:
            middle = (first + last) // 2
            open_ += [(first, middle), (middle + 1, last)]
    return counts


def _from_to(first: int, last: int) -> Iterator[Condition]:
    for year, op in ((first, ">="), (last, "<=")):
        yield from build_conditions({"date": f"{op}{year:04}"})


def _years_of(points: Iterable[Point]) -> list[FacetCount]:
    years: dict[int, set[str]] = {}
    for point in points:
        if year := year_of(point.payload):
            years.setdefault(year, set()).add(point.payload.get("file", point.id))
    return sorted((FacetCount(year, len(files)) for year, files in years.items()), reverse=True)


def year_of(payload: Mapping[str, Any]) -> int | None:
    """Return the year by the clock of the place, as a filter on the date takes it."""
    date = payload.get("clock") or payload.get("date")
    if date is None:
        return None
    moment = datetime.fromisoformat(date)
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).year
