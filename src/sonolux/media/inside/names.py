"""Names of members: ``/data/00001.tar#cat-17.jpg`` is the member ``cat-17.jpg`` of the file ``/data/00001.tar``.

``/data/train.parquet#17`` is the medium in row 17 of a table, counted from 0. A file of that very name comes first, so
that ordinary files whose names hold ``#`` are what they always were. In a bucket no file is asked after: there
``s3://bucket/00001.tar#cat-17.jpg`` is the member, and an object of that very name has none.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sonolux.media.objects.urls import is_url

TABLE = ".parquet"
HOLDERS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", TABLE)
"""Endings of files that hold media, in lower case; of those that are compressed it is said that they are not read."""

BETWEEN = re.compile(r"\.(?:tar|parquet)(#)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MemberName:
    """The path of a file that holds media, and the name of a member of it."""

    holder: str
    member: str


def split_name(path: str) -> MemberName | None:
    """Return which member of which file a path names; None for ordinary files, and where there is no such holder."""
    if "#" not in path or "\0" in path:
        return None
    if is_url(path):
        between = BETWEEN.search(path)
        inside = between is not None and between.end(1) < len(path)
        return MemberName(path[: between.start(1)], path[between.end(1) :]) if between and inside else None
    for between in BETWEEN.finditer(path):
        holder, member = path[: between.start(1)], path[between.end(1) :]
        if member and Path(holder).is_file():
            return None if os.path.lexists(path) else MemberName(holder, member)
    return None


def join_name(holder: str, member: str) -> str:
    """Return the path of a member."""
    return f"{holder}#{member}"


def holder_of(path: str) -> str:
    """Return the file or object in which a medium lies: the path itself, but for members."""
    name = split_name(path)
    return path if name is None else name.holder


def own_name(path: str) -> str:
    """Return what a medium is called by itself: the last part of its path, of a member that of its name."""
    name = split_name(path)
    return (path if name is None else name.member).rpartition("/")[2]


def is_holder(path: str) -> bool:
    """Tell whether a file or an object holds media, by its ending."""
    return path.lower().endswith(HOLDERS) and (is_url(path) or Path(path).is_file())


def holds_rows(holder: str) -> bool:
    """Tell whether a file that holds media is a table, by its ending."""
    return holder.lower().endswith(TABLE)
