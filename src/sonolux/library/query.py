"""Query parsing: the arguments of `Library.search` into a query."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

import numpy as np

from sonolux.errors import QueryError
from sonolux.index import Condition, Index
from sonolux.library.items import ids_of
from sonolux.media.segment import Audio, Image
from sonolux.retrieval.filters import build_conditions
from sonolux.retrieval.query import Part, PartKind, Query


class Asked(TypedDict, total=False):
    """What a search may ask besides words.

    Attributes
    ----------
    image : path, ndarray of uint8 (h, w, 3), or PIL image
    audio : path, or (samples, rate): mono samples in [-1, 1] and hertz
    video : path
    vector : ndarray, shape (dim,)
        In the space named, or the only one of its length.
    like, unlike : str or sequence of str
        Ids or paths of items of the library.
    space : str or sequence of str
        Spaces to ask, by default all that fit.
    where : mapping or sequence of Condition
        Filter, see `sonolux.retrieval.filters`.
    weights : mapping
        Weight of "text", "image", "audio", "video", "vector" and "like" in the fusion, 1 by default.
    k, page : int
        Hits a page (10), and which page (1).
    diverse : float
        In [0, 1): 0 for relevance alone, towards 1 for variety.
    spans : bool
        Whether each span is a hit of its own, instead of one hit a file.
    confident : bool
        Whether to answer only with hits that chance does not explain.
    """

    image: Any
    audio: Any
    video: str | os.PathLike[str]
    vector: Any
    like: str | Sequence[str]
    unlike: str | Sequence[str]
    space: str | Sequence[str]
    where: Mapping[str, Any] | Sequence[Condition]
    weights: Mapping[str, float]
    k: int
    page: int
    diverse: float
    spans: bool
    confident: bool


AS_GIVEN = frozenset(("k", "page", "diverse", "spans", "confident"))
"""What a query takes as it is."""


def build_query(index: Index, text: str | None, **asked: Unpack[Asked]) -> Query:
    """Build a query from the arguments of `Library.search`.

    Parameters
    ----------
    index : Index
        Knows the ids of files given by their paths.
    text : str or None
    **asked
        See `Asked`.
    """
    weights = _weights(asked.get("weights", {}))
    given: dict[str, Any] = {key: value for key, value in asked.items() if key in AS_GIVEN}
    if "like" in asked:
        given["like"] = tuple(ids_of(index, _several(asked["like"])))
    if "unlike" in asked:
        given["unlike"] = tuple(ids_of(index, _several(asked["unlike"])))
    if "space" in asked:
        given["spaces"] = tuple(_several(asked["space"]))
    if "where" in asked:
        where = asked["where"]
        given["where"] = build_conditions(where) if isinstance(where, Mapping) else tuple(where)
    return Query(tuple(_parts(text, asked, weights)), like_weight=weights.get("like", 1.0), **given)


def _weights(given: Mapping[str, float]) -> Mapping[str, float]:
    unknown = [name for name in given if name not in CONTENTS and name not in ("text", "like")]
    if unknown:
        raise QueryError(f"no weight for {sorted(unknown)}: there are text, image, audio, video, vector, like")
    return given


def _parts(text: str | None, asked: Asked, weights: Mapping[str, float]) -> list[Part]:
    parts = [Part("text", text, weights.get("text", 1.0))] if text and text.strip() else []
    for kind, made in CONTENTS.items():
        given = asked.get(kind)
        if given is not None:
            parts.append(Part(kind, made(given), weights.get(kind, 1.0)))
    return parts


def _image(given: Any) -> Any:
    """Return a path or an `Image`."""
    if isinstance(given, (str, os.PathLike, Image)):
        return given
    pixels = np.asarray(given.convert("RGB") if hasattr(given, "convert") else given)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise QueryError(f"a picture is uint8 of shape (height, width, 3), not {pixels.dtype} of {pixels.shape}")
    return Image(pixels)


def _sound(given: Any) -> Any:
    """Return a path or an `Audio`."""
    if isinstance(given, (str, os.PathLike, Audio)):
        return given
    samples, rate = given
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1 or not samples.size or not np.isfinite(samples).all() or rate <= 0:
        raise QueryError(f"a sound is (finite mono samples, hertz), not {samples.shape} at {rate}")
    return Audio(samples, int(rate))


def _as_given(given: Any) -> Any:
    return given


CONTENTS: dict[PartKind, Callable[[Any], Any]] = {
    "vector": _as_given,
    "image": _image,
    "audio": _sound,
    "video": _as_given,
}
"""What each kind of part but words is made of."""


def _several(given: str | Sequence[str]) -> list[str]:
    return [os.fspath(given)] if isinstance(given, (str, os.PathLike)) else [os.fspath(one) for one in given]
