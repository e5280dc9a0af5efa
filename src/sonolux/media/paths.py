"""File name encoding: names as text that can be stored, compared and shown.

A POSIX name is any bytes but NUL and ``/``. Python holds bytes that are not UTF-8 as lone surrogates
(``surrogateescape``), which no store or terminal takes. Stored text is the name itself where it is valid UTF-8, else
NUL followed by its bytes, percent-encoded: no name begins with NUL, so the two cannot meet.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote_from_bytes, unquote_to_bytes

from sonolux.errors import QueryError
from sonolux.media.inside.names import split_name
from sonolux.media.objects.urls import checked_url, folders_of, is_url, looks_like_url, refuse_collapsed

MARK = "\0"
UTF8 = sys.getfilesystemencoding() == "utf-8"
"""Whether stored text is how Python names the file, as on any usual system."""

JOINERS = "\u200c\u200d"
"""Invisible, but part of many scripts and of most emoji."""


def to_stored(path: str) -> str:
    """Return a path as valid Unicode that `from_stored` turns back."""
    name = os.fsencode(path)
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return MARK + quote_from_bytes(name, safe="/")


def from_stored(text: str) -> str:
    """Return the path that `to_stored` was given."""
    if text.startswith(MARK):
        return os.fsdecode(unquote_to_bytes(text[len(MARK) :]))
    return text if UTF8 else os.fsdecode(text.encode("utf-8"))


def real_path(path: str) -> str:
    """Return an absolute path without links to folders, so that a file has one however its folder was reached.

    A link to a file keeps its own name: it may say more than that of what it leads to, as in a git-annex.
    """
    path = os.path.abspath(path)
    if Path(path).is_dir():
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return os.path.realpath(folder).rstrip("/") + "/" + name


def absolute(path: str | os.PathLike[str]) -> str:
    """Return `real_path` of a path that somebody gave, with ``~`` as the home folder; of the URL of an object itself.

    Raises
    ------
    QueryError
        For an empty path, or a URL that says more than where an object is.
    """
    text = named(path)
    return checked_url(text) if looks_like_url(text) else real_path(os.path.expanduser(text))


def named(path: str | os.PathLike[str]) -> str:
    """Return a path that somebody gave.

    Raises
    ------
    QueryError
        For an empty path, which would be the current folder: nobody who means that leaves it out; for a `Path` that was
        the URL of an object.
    """
    if not os.fspath(path):
        raise QueryError("an empty path names nothing: name a file or a folder, or . for the current one")
    if not isinstance(path, str):
        refuse_collapsed(path)
    return os.fspath(path)


def stored_paths(path: str) -> tuple[str, ...]:
    """Return the stored text of a file or folder, ``~`` being the home folder, or of an object or prefix.

    Older libraries kept links to folders: where there are any in the path, its text with them is the second.
    """
    if looks_like_url(path):
        return (to_stored(checked_url(path)),)
    named = os.path.abspath(os.path.expanduser(path))
    return tuple(dict.fromkeys((to_stored(real_path(named)), to_stored(named))))


def printable(path: str) -> str:
    r"""Return a path for people: one line, control and invalid characters escaped (``\n``, ``\xff``)."""
    return "".join(c if c.isprintable() or c in JOINERS else _escaped(c) for c in path)


def folders(path: str) -> list[str]:
    """Return every folder above an absolute path, from the root down, as stored text.

    A file that holds others, such as a shard, is as a folder above them; a bucket is the first folder of its objects.

    Examples
    --------
    >>> folders("/photos/2019/dog.jpg")
    ['/', '/photos', '/photos/2019']
    """
    if is_url(path):
        return [to_stored(folder) for folder in _folders_in_bucket(path)]
    above = _folder_and_above(os.path.dirname(path))
    inside = split_name(path)
    if inside is None:
        return list(above)
    outer = _folder_and_above(os.path.dirname(inside.holder))
    return [*outer, to_stored(inside.holder), *above[len(outer) :]]


def _folders_in_bucket(url: str) -> list[str]:
    above = folders_of(url)
    inside = split_name(url)
    if inside is None:
        return above
    outer = folders_of(inside.holder)
    return [*outer, inside.holder, *above[len(outer) :]]


@lru_cache(maxsize=256)
def _folder_and_above(folder: str) -> tuple[str, ...]:
    # Most files that are added one after the other lie in the same folder.
    return tuple(to_stored(str(one)) for one in (*reversed(PurePosixPath(folder).parents), PurePosixPath(folder)))


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
