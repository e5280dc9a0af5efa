"""Query parsing: the arguments of `Library.search` into the parts of a query, what is wrong with them in one line."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonolux.errors import QueryError
from sonolux.index import Condition, Where
from sonolux.media.errors import decoding
from sonolux.media.objects.urls import checked_url, looks_like_url
from sonolux.media.segment import Audio, Image
from sonolux.retrieval.filters import ANNOTATION_KEYS, META_KEYS, PLAIN_KEYS, build_conditions
from sonolux.retrieval.query import Part, PartKind
from sonolux.types import Hit, Item

PathLike: TypeAlias = str | os.PathLike[str]

ImageLike: TypeAlias = PathLike | Image | NDArray[np.uint8] | Any
"""A path, pixels of uint8 (height, width, 3), or a PIL image, which need not be installed to be named here."""

AudioLike: TypeAlias = PathLike | Audio | tuple[ArrayLike, float]
"""A path, or (mono samples in [-1, 1], hertz)."""

ItemLike: TypeAlias = PathLike | Hit | Item
"""An id, the path of a file in the library, or what a search or `Library.items` gave."""

OTHER_NAMES = {
    "k": ("limit", "top_k", "topk", "n", "n_results", "num_results", "max_results", "size", "count"),
    "page": ("offset", "start"),
    "text": ("query", "q", "words", "prompt"),
    "image": ("picture", "photo", "img"),
    "audio": ("sound", "music", "recording", "clip"),
    "vector": ("embedding", "descriptor"),
    "like": ("similar", "similar_to", "example", "examples", "positive"),
    "unlike": ("negative", "dislike"),
    "spaces": ("model", "models", "encoder", "encoders"),
    "where": ("filter", "filters"),
    "diverse": ("diversity", "mmr"),
    "confident": ("threshold", "min_score"),
}
"""What other libraries call the keywords of a search."""

OLDER_NAME = "space"
"""Of ``spaces``."""

KINDS: tuple[PartKind, ...] = ("text", "vector", "image", "audio", "video")


def keyword_meant(function: Callable[..., Any], name: str) -> str:
    """Return what to write instead of a keyword that a function does not have."""
    if name in ("folder", *PLAIN_KEYS, *META_KEYS, *ANNOTATION_KEYS):
        return f"did you mean where={{{name!r}: ...}}?"
    arguments = inspect.signature(function).parameters.items()
    known = [each for each, one in arguments if one.kind != one.VAR_KEYWORD and each != OLDER_NAME]
    meant = [each for each, others in OTHER_NAMES.items() if name.lower() in others]
    for each in meant or get_close_matches(name.lower(), known, 1):
        return f"did you mean {each}?"
    return f"there are {', '.join(known)}"


def build_parts(weights: Mapping[str, float] | None, **given: Any) -> tuple[Part, ...]:
    """Return what is asked as the parts of a query.

    Parameters
    ----------
    weights : mapping, optional
        By the name of the part, 1 by default.
    **given
        Each of `KINDS`; None where it is not asked.

    Raises
    ------
    QueryError
        For what cannot be asked with.
    MediaError
        For a PIL image that cannot be decoded.
    """
    if not isinstance(weights or {}, Mapping):
        raise QueryError(f"weights are a mapping such as {{'image': 2}}, not {_kind_of(weights)}")
    weighed, names = weights or {}, (*KINDS, "like")
    unknown = [name for name in weighed if name not in names]
    if unknown:
        raise QueryError(f"no weight for {unknown}: there are {', '.join(names)}")
    idle = [name for name in weighed if name in KINDS and given[name] is None]
    if idle:
        raise QueryError(f"there is a weight for {', '.join(idle)}, and nothing to ask with it")
    blank = isinstance(given["text"], str) and not given["text"].strip()
    asked = [kind for kind in KINDS if given[kind] is not None and not (kind == "text" and blank)]
    return tuple(Part(kind, CONTENTS[kind](given[kind]), weighed.get(kind, 1.0)) for kind in asked)


def names_in(name: str, given: ItemLike | Iterable[ItemLike] | None) -> list[str]:
    """Return ids, paths or names that are given one by one or together; `name` is that of the argument.

    Raises
    ------
    QueryError
        For what is no name.
    """
    if given is None:
        return []
    if isinstance(given, (str, os.PathLike, Hit, Item)):
        given = [given]
    if not isinstance(given, Iterable) or isinstance(given, (bytes, Mapping)):
        raise QueryError(f"{name} is a name or several, not {_kind_of(given)}")
    names = [one.id if isinstance(one, (Hit, Item)) else one for one in given]
    for one in names:
        if not isinstance(one, (str, os.PathLike)) or not os.fspath(one):
            raise QueryError(f"{name} holds {one!r}, which is no name")
    return [os.fspath(one) for one in names]


def conditions_of(where: Mapping[str, Any] | Where | None) -> tuple[Condition, ...]:
    """Return the conditions of a filter in any of its forms.

    Raises
    ------
    QueryError
        For what is no filter.
    """
    if where is None:
        return ()
    if isinstance(where, Mapping):
        return build_conditions(where)
    if not isinstance(where, Iterable) or not all(isinstance(one, Condition) for one in where):
        raise QueryError(f"where is a mapping such as {{'modality': 'image'}}, not {_kind_of(where)}")
    return tuple(where)


def audio_of(given: AudioLike) -> str | Audio:
    """Return a path, or sound that is one channel of finite samples."""
    if isinstance(given, Audio):
        return given
    if isinstance(given, (str, os.PathLike)):
        return _path("audio", given)
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise QueryError(f"audio is a path or (mono samples, hertz), not {_kind_of(given)}")
    samples, rate = _array("audio", given[0]), given[1]
    if not isinstance(rate, (int, float, np.integer, np.floating)) or not 0 < rate < np.inf:
        raise QueryError(f"audio is (mono samples, hertz): {rate!r} is no rate")
    if samples.ndim != 1 or not samples.size or not np.isfinite(samples).all():
        raise QueryError(f"audio is (finite mono samples, hertz), not samples of shape {samples.shape} at {rate}")
    return Audio(samples.astype(np.float32), int(rate))


def _text(given: Any) -> str:
    if not isinstance(given, str):
        files = ": ask with a file by image=, audio= or video=" if isinstance(given, os.PathLike) else ""
        raise QueryError(f"text is a string of words, not {_kind_of(given)}{files}")
    if any("\ud800" <= character <= "\udfff" for character in given):
        raise QueryError(f"{given!r} cannot be asked: it is no valid Unicode")
    return given


def _image(given: Any) -> str | Image:
    if isinstance(given, Image):
        return given
    if isinstance(given, (str, os.PathLike)):
        return _path("image", given)
    if isinstance(given, (bytes, bytearray, memoryview)):
        raise QueryError(
            "image is a path, an array or a PIL image, not bytes: PIL.Image.open(io.BytesIO(...)) reads them"
        )
    if hasattr(given, "convert"):
        with decoding("image"):
            given = given.convert("RGB")
    pixels = np.asarray(given)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise QueryError(f"an image is uint8 of shape (height, width, 3), not {pixels.dtype} of {pixels.shape}")
    return Image(pixels)


def _video(given: Any) -> str:
    if not isinstance(given, (str, os.PathLike)):
        raise QueryError(f"video is a path, not {_kind_of(given)}")
    return _path("video", given)


def _vector(given: Any) -> NDArray[Any]:
    return _array("vector", given)


CONTENTS: dict[PartKind, Callable[[Any], Any]] = {
    "text": _text,
    "image": _image,
    "audio": audio_of,
    "video": _video,
    "vector": _vector,
}
"""What each kind of part is made of."""


def _path(name: str, given: PathLike) -> str:
    path = os.fsdecode(given)
    if not path:
        raise QueryError(f"{name} is an empty path: name a file")
    return checked_url(path) if looks_like_url(path) else os.path.expanduser(path)


def _array(name: str, given: Any) -> NDArray[Any]:
    """Return numbers as an array."""
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.dtype.kind not in "buif":
        raise QueryError(f"{name} holds {array.dtype}, which are no numbers")
    return array


def _kind_of(given: object) -> str:
    return type(given).__name__
