"""Copy of a library in another home, a folder or a collection on a cluster: exact, resumable and compared.

Points are gone through in the order of their ids and written a batch at a time, where the copy lacks them or has them
otherwise; so a copy that broke off goes on where it was, and one whose original has changed since becomes what that is
now. Until all is there and was read again and compared, the manifest of the copy says that it is unfinished, and
nothing else opens it. Media stay where they are, as do the model folders of spaces, which the manifest names by their
digests, and the service's own state (jobs, saved searches).
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from sonolux.errors import LibraryError
from sonolux.index.base import Index, Point, Vector
from sonolux.index.interactions import Interaction, Interactions
from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout
from sonolux.library.chapters.opened import OpenedLibrary
from sonolux.library.fingerprints_copy import copy_recordings
from sonolux.library.interactions.factors import FACTORS, LEARNED
from sonolux.library.manifest import UNFINISHED
from sonolux.media.paths import printable

BATCH = 256
"""Points that are read, compared and written at once."""

ROUNDING = 1e-6
"""How far a descriptor may be from its original: an engine may scale it to length 1 once more."""

DECIMALS = 1e-14
"""How far a number of a payload may be from its original, relatively."""

LibraryCopyProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class LibraryCopySummary:
    """What a copy holds, all of it read again and compared with the original.

    Attributes
    ----------
    points, written : int
        Files, spans and regions, and how many of them this run wrote.
    spaces : dict of str to int
        Descriptors by space.
    rounded : int
        Descriptors that differ in their last bits, for an engine scaled them to length 1 once more.
    judgements, interactions, recordings : int
    """

    points: int
    written: int
    spaces: dict[str, int]
    rounded: int
    judgements: int
    interactions: int
    recordings: int


def copy_library(
    source: OpenedLibrary,
    target: str | os.PathLike[str],
    progress: LibraryCopyProgress | None = None,
    layout: ClusterLayout = DEFAULT_LAYOUT,
) -> LibraryCopySummary:
    """Copy a library to another location.

    Parameters
    ----------
    source : Library
    target : str or path
        A folder, or ``http://host:6333/name``; nothing is there, or an unfinished copy of the same library.
    progress : callable, optional
    layout : ClusterLayout
        Of a copy on a cluster; one that is there already, unfinished, keeps its own.

    Raises
    ------
    LibraryError
        Where another library is at the target, or the original changed while it was copied.
    """
    watch = progress or (lambda doing, done, total: None)
    manifest = source.manifest
    with OpenedLibrary(target) as copy:
        resumed = _begin(source, copy, layout)
        written = _copy_points(source.index, copy.index, watch, resumed=resumed)
        judgements = _copy_judgements(source, copy)
        interactions = _copy_interactions(source.interactions, copy.interactions)
        recordings = copy_recordings(source.fingerprints, copy.fingerprints)
        points, rounded = _compare(source.index, copy.index, watch)
        copy.index.update_meta(lambda _: manifest.as_meta())
        spaces = {name: copy.index.count(space=name) for name in copy.index.spaces()}
        return LibraryCopySummary(points, written, spaces, rounded, judgements, interactions, recordings)


def _begin(source: OpenedLibrary, copy: OpenedLibrary, layout: ClusterLayout) -> bool:
    """Make the copy, or find the one that broke off; return whether there was one."""
    here, there = _name(source.location), _name(copy.location)
    if here == there:
        raise LibraryError(f"{printable(there)} is the library itself: name another place to copy it to")
    if "://" not in here and there.startswith(f"{here}/"):
        raise LibraryError(f"{printable(there)} lies within the library itself: name another place to copy it to")
    resumed = copy.index.exists()
    if resumed:
        meta = copy.index.read_meta()
        if meta and meta.get(UNFINISHED) != here:
            raise LibraryError(
                f"there is another library at {printable(there)}: name a new place to copy to, or remove it first"
            )
    else:
        copy.index.create(layout)
    copy.index.update_meta(lambda _: {UNFINISHED: here})
    spaces = source.index.spaces()
    for name in copy.index.spaces().keys() - spaces.keys():
        copy.index.drop_space(name)
    for space in spaces.values():
        copy.index.add_space(space)
    return resumed


def _name(location: str) -> str:
    return location.rstrip("/") if "://" in location else os.path.realpath(os.path.expanduser(location))


def _copy_points(source: Index, copy: Index, watch: LibraryCopyProgress, *, resumed: bool) -> int:
    """Write the points that the copy lacks, or has otherwise; return how many."""
    names, total, done, written = tuple(source.spaces()), source.count(), 0, 0
    if resumed:
        _remove_others(source, copy)
    for batch in _batches(source.scroll(spaces=names)):
        there = copy.fetch([point.id for point in batch], spaces=names) if resumed else []
        same = {point.id: point for point in there}
        wanting = [point for point in batch if point.id not in same or _difference(point, same[point.id]) is None]
        copy.upsert(wanting)
        written += len(wanting)
        done += len(batch)
        watch("copying", done, total)
    return written


def _batches(points: Iterator[Point]) -> Iterator[list[Point]]:
    while batch := list(islice(points, BATCH)):
        yield batch


def _remove_others(source: Index, copy: Index) -> None:
    """Remove points of the copy that the original has no longer."""
    for batch in _batches(copy.scroll(keys=())):
        ids = [point.id for point in batch]
        known = {point.id for point in source.fetch(ids, keys=())}
        copy.delete([id_ for id_ in ids if id_ not in known])


def _compare(source: Index, copy: Index, watch: LibraryCopyProgress) -> tuple[int, int]:
    """Read everything again; return the number of points, and of descriptors that differ in their last bits."""
    names, total, rounded, done = tuple(source.spaces()), source.count(), 0, 0
    for original, copied in zip_longest(source.scroll(spaces=names), copy.scroll(spaces=names)):
        same = original and copied and original.id == copied.id
        difference = _difference(original, copied) if same else None
        if difference is None:
            item = (original or copied).id
            raise LibraryError(f"item {item} of the copy differs: the library changed meanwhile, so copy it once more")
        rounded += difference
        done += 1
        if done % BATCH == 0 or done == total:
            watch("comparing", done, total)
    return done, rounded


def _difference(original: Point, copied: Point) -> int | None:
    """Return how many descriptors of two points differ in their last bits; None where more than that differs."""
    if not _says_the_same(original.payload, copied.payload) or original.vectors.keys() != copied.vectors.keys():
        return None
    pairs = [(row, copied.vectors[name]) for name, row in original.vectors.items()]
    if not all(_close(row, other) for row, other in pairs):
        return None
    return sum(not _equal(row, other) for row, other in pairs)


def _says_the_same(one: Any, other: Any) -> bool:
    """Compare payloads: an engine may read a number that was written in decimals as its neighbour."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=DECIMALS)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_says_the_same(said, other[key]) for key, said in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_says_the_same, one, other))
    return bool(one == other)


def _equal(row: Vector, other: Vector) -> bool:
    if isinstance(row, csr_array) or isinstance(other, csr_array):
        return bool((row != other).nnz == 0)
    return np.array_equal(row, other)


def _close(row: Vector, other: Vector) -> bool:
    if isinstance(row, csr_array) or isinstance(other, csr_array) or row.dtype == np.uint8:
        return _equal(row, other)
    return bool(np.allclose(row, other, rtol=ROUNDING, atol=ROUNDING * float(np.abs(row).max(initial=0.0))))


def _copy_judgements(source: OpenedLibrary, copy: OpenedLibrary) -> int:
    judgements = source.feedback.all()
    there = Counter(copy.feedback.all())
    wanting = []
    for judgement in judgements:
        if there[judgement]:
            there[judgement] -= 1
        else:
            wanting.append(judgement)
    if wanting:
        copy.feedback.add(wanting)
    copy.feedback.withdraw(list(there.elements()))
    return len(judgements)


def _copy_interactions(source: Interactions, copy: Interactions) -> int:
    """Write all interactions anew: counts would add up to those of a copy that broke off."""
    for user in copy.users():
        copy.remove_user(user)
    count = copy.add(_rows_of(source, source.users())) if source.count() else 0
    for name in (FACTORS, LEARNED):
        if said := source.note(name):
            copy.keep_note(name, said)
    return count


def _rows_of(interactions: Interactions, users: Sequence[str]) -> Iterable[Interaction]:
    for user in users:
        yield from interactions.of_user(user)
