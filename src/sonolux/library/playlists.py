"""Playlists: files that lead from one to another, and lists of files that players read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.errors import QueryError, SonoluxError
from sonolux.index import Condition, Index, Where
from sonolux.media.inside.names import split_name
from sonolux.media.objects.urls import is_url
from sonolux.retrieval.recommendation.interests import vectors_of_files
from sonolux.retrieval.recommendation.path import find_path
from sonolux.types import Item, Space

if TYPE_CHECKING:
    from sonolux.library.spaces import Spaces

MOST_STEPS = 1_000

DEEPER = 4
"""How many more spans than files are looked at, where files are there through their spans."""


def path_between(
    index: Index, spaces: Spaces, ends: Sequence[str], steps: int, name: str = "", where: Where = ()
) -> list[str]:
    """Return the ids of files that lead from one to another, both ends among them; see `find_path`.

    Parameters
    ----------
    index : Index
    spaces : Spaces
    ends : sequence of str
        Two ids.
    steps : int
        Files between.
    name : str
        Space; by default the strongest that holds both ends.
    where : sequence of Condition

    Raises
    ------
    QueryError
        Where no space of vectors holds both.
    """
    start, end = ends
    check_steps(steps)
    if start == end:
        raise QueryError("a path leads from one item to another, and these are the same")
    names = [name] if name else sorted(spaces.names(), key=lambda each: -spaces.weight(each))
    float_spaces = [space for each in names if (space := spaces.by_name(each)).kind == "float"]
    vectors = vectors_of_files(index, float_spaces, ends)
    holding = [each for each in float_spaces if all(each.name in vectors.get(one, {}) for one in ends)]
    if not holding:
        asked = ", ".join(names) or "none"
        raise QueryError(f"no space of vectors holds both ends of the path (asked: {asked})")
    space = holding[0]
    first, last = (normalised(vectors[one][space.name][None])[0] for one in ends)
    kept = [*where, Condition("file", "!=", tuple(ends))]

    def near(point: NDArray[np.float32], count: int) -> tuple[list[str], NDArray[np.float32]]:
        return _nearest_files(index, space, point, count, kept)

    return [start, *(item for item, _ in find_path(first, last, steps, near)), end]


def check_steps(steps: int) -> None:
    """Raise QueryError where no path has so many files between its ends."""
    if not 0 <= steps <= MOST_STEPS:
        raise QueryError(f"a path has 0 to {MOST_STEPS:,} steps, not {steps}")


def _nearest_files(
    index: Index, space: Space, point: NDArray[np.float32], count: int, where: Where
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the files nearest to a point, each with the descriptor by which it is."""
    found = index.search(space.name, point, DEEPER * count, where=where, keys=("file",))
    best: dict[str, str] = {}
    for match in found:
        best.setdefault(match.payload["file"], match.id)
    chosen = dict(list(best.items())[:count])
    points = index.fetch(list(chosen.values()), spaces=[space.name], keys=())
    rows = {one.id: one.vectors[space.name] for one in points if space.name in one.vectors}
    there = {file: rows[id_] for file, id_ in chosen.items() if id_ in rows}
    if not there:
        return [], np.empty((0, space.dim), np.float32)
    return list(there), normalised(np.stack(list(there.values())))


def write_playlist(path: Path, items: Iterable[Item]) -> int:
    """Write an extended M3U playlist, UTF-8, with the full path of each file; return how many there are.

    A path with a line break, which no player could read, is left out, and what lies in a shard or a bucket.

    Raises
    ------
    SonoluxError
        Where it cannot be written.
    """
    lines = ["#EXTM3U"]
    count = 0
    for item in items:
        elsewhere = is_url(item.path) or split_name(item.path) is not None
        if "\n" in item.path or "\r" in item.path or elsewhere:
            continue
        artist = ", ".join(item.metadata.get("artist") or [])
        named = " - ".join(filter(None, (artist, item.metadata.get("title") or Path(item.path).stem)))
        lines += [f"#EXTINF:{round(item.metadata.get('duration') or -1)},{' '.join(named.split())}", item.path]
        count += 1
    try:
        path.write_bytes("\n".join([*lines, ""]).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise SonoluxError(f"{path} cannot be written: {error.strerror or error}") from error
    return count
