"""Brace expansion, as WebDataset and shells write lists of shards: ``{00000..00009}.tar``, ``{train,test}.tar``."""

from __future__ import annotations

import os
import re

from sonolux.errors import QueryError

BRACES = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})")
MOST_NAMES = 100_000
"""That one name may stand for."""


def expand_braces(path: str) -> list[str]:
    """Return the names that one stands for; itself where there are no braces in it, or a file is called so.

    Raises
    ------
    QueryError
        Where it stands for more than `MOST_NAMES`.

    Examples
    --------
    >>> expand_braces("shard-{08..10}.tar")
    ['shard-08.tar', 'shard-09.tar', 'shard-10.tar']
    """
    if "{" not in path or os.path.lexists(os.path.expanduser(path)):
        return [path]
    whole, names = [""], [path]
    while names != whole:
        whole, names = names, [each for name in names for each in _first_expanded(name)]
        if len(names) > MOST_NAMES:
            raise QueryError(f"{path!r} stands for more than {MOST_NAMES:,} names: name their folder instead")
    return names


def _first_expanded(name: str) -> list[str]:
    """Return what the first braces that mean something stand for, in place of them."""
    for braces in BRACES.finditer(name):
        values = _values(braces[1])
        if values:
            return [name[: braces.start()] + value + name[braces.end() :] for value in values]
    return [name]


def _values(inner: str) -> list[str]:
    counted = RANGE.fullmatch(inner)
    if counted is None:
        return inner.split(",") if "," in inner else []
    first, last = int(counted[1]), int(counted[2])
    step = 1 if first <= last else -1
    if abs(last - first) > MOST_NAMES:
        raise QueryError(f"{{{inner}}} stands for more than {MOST_NAMES:,} names: name their folder instead")
    padded = any(len(edge) > 1 and edge.startswith("0") for edge in counted.groups())
    width = max(map(len, counted.groups())) if padded else 0
    return [f"{number:0{width}d}" for number in range(first, last + step, step)]
