"""Query by blending: what is mixed into one question, each with a weight from 0 to 1.

K. Watanabe and M. Goto, "Query-by-Blending: a music exploration system blending latent vector representations of lyric
word, song audio, and artist", ISMIR 2019. There one space holds everything, and vectors are added. Here words, sounds
and pictures may ask different spaces, so rankings are what is mixed: the score of a file is the sum over parts of
``weight / (60 + rank)`` (`sonolux.retrieval.fusion`), which is linear in the weights, so that a small change of these
changes little. A part that weighs 0 is not asked at all; one that is alone asks as it would without a blend.
"""

from __future__ import annotations

import mimetypes
import os
import re
from numbers import Real
from pathlib import Path
from typing import Literal

from sonolux.errors import QueryError
from sonolux.media.inside.names import split_name
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import printable

FILTER = re.compile(r"\s*[A-Za-z_]+\s*(!=|<=|>=|==|=|<|>|~)", re.DOTALL)
"""How a filter begins; what follows it is its value."""

MEDIA = ("image/", "audio/", "video/")

Named = Literal["file", "filter", "text"]


def parse_blend(line: str) -> tuple[str, float]:
    """Return what ``WHAT:WEIGHT`` asks with, and its weight; 1 where none is written.

    Raises
    ------
    QueryError
        For a weight outside of 0 to 1, and for a weight of nothing.

    Examples
    --------
    >>> parse_blend("rain on a roof:0.4")
    ('rain on a roof', 0.4)
    """
    what, colon, number = line.rpartition(":")
    if not colon or _is_file(line):
        what, number = line, "1"
    try:
        weight = float(number)
    except ValueError:
        what, weight = line, 1.0
    if not what.strip():
        raise QueryError(f"a blend reads WHAT:WEIGHT, such as rain:0.4, not {line!r}")
    return what, checked_weight(weight, what)


def checked_weight(weight: object, what: object) -> float:
    """Return the weight of a part of a blend; QueryError where it is no number from 0 to 1."""
    if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 <= float(weight) <= 1:
        raise QueryError(f"weights of a blend lie from 0 to 1, not {weight!r} as that of {str(what)[:60]!r}")
    return float(weight)


def named_by(what: str) -> Named:
    """Tell what is meant by a part of a blend: a file, a filter (KEY=VALUE), or else words.

    Raises
    ------
    QueryError
        For what is written as the path of an image, a sound or a video, and is none.
    """
    if _is_file(what):
        return "file"
    if FILTER.match(what):
        return "filter"
    kind = mimetypes.guess_type(what)[0] or ""
    if kind.startswith(MEDIA):
        raise QueryError(f"the blend names {printable(what)}, and there is no such file")
    return "text"


def _is_file(path: str) -> bool:
    whole = os.path.expanduser(path)
    try:
        if not is_url(whole) and split_name(whole) is None:
            return Path(whole).is_file()
        from sonolux.media.inside.members import is_there  # only where one is named: it takes long to import

        return is_there(whole)
    except (OSError, ValueError):  # longer than a name may be, or no name at all
        return False
