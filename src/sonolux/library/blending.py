"""Blends, as people give them to `Library.search`, into the parts of a query."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sonolux.errors import QueryError
from sonolux.library.query import CONTENTS, conditions_of
from sonolux.media.options import ReadOptions
from sonolux.media.reading import read_description
from sonolux.media.segment import Audio, Probe
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.presentation.blend import checked_weight, named_by
from sonolux.retrieval.filters import parse_conditions
from sonolux.retrieval.query import Part
from sonolux.types import Modality


def blend_parts(
    blend: Mapping[Any, float] | Iterable[tuple[Any, float]], decoder: IsolatedDecoder, *, alone: bool = True
) -> tuple[Part, ...]:
    """Return the parts that a blend asks, without those that weigh 0.

    Parameters
    ----------
    blend : mapping, or sequence of (what, weight)
        What is a string (the path of a file, a filter such as ``artist=Quesabe``, or words), a path, a mapping (a
        filter), an image as an array or of PIL, or sound as (samples, hertz).
    decoder : IsolatedDecoder
        Tells what files are.
    alone : bool
        Whether nothing is asked beside it.

    Raises
    ------
    QueryError
        For a weight outside of 0 to 1, for what names nothing, where all weights are 0, and where it is not alone.
    MediaError
        For a file that cannot be read.
    """
    if not alone:
        raise QueryError("a blend is all that is asked: put the words, files, examples and weights into it")
    given = list(blend.items()) if isinstance(blend, Mapping) else _pairs(blend)
    asked = [(what, checked_weight(weight, what)) for what, weight in given]
    if not any(weight for _, weight in asked):
        raise QueryError("every part of the blend weighs 0: nothing is asked" if asked else "the blend is empty")
    return tuple(_part(what, weight, decoder) for what, weight in asked if weight)


def _pairs(blend: Any) -> list[tuple[Any, Any]]:
    if isinstance(blend, (str, bytes)) or not isinstance(blend, Iterable):
        raise QueryError(f"a blend is a mapping such as {{'rain': 0.4}}, or pairs, not {type(blend).__name__}")
    pairs = [tuple(one) if isinstance(one, Sequence) and not isinstance(one, str) else (one,) for one in blend]
    for pair in pairs:
        if len(pair) != 2:
            raise QueryError(f"a blend holds pairs of what is asked and its weight, not {str(pair)[:60]}")
    return [(what, weight) for what, weight in pairs]


def _part(what: Any, weight: float, decoder: IsolatedDecoder) -> Part:
    if isinstance(what, Mapping):
        return Part("filter", conditions_of(what), weight)
    if isinstance(what, (str, os.PathLike)):
        text = os.fspath(what)
        named = named_by(text) if isinstance(what, str) else "file"
        if named == "file":
            return _file_part(text, weight, decoder)
        if named == "filter":
            return Part("filter", parse_conditions([text]), weight)
        if not text.strip():
            raise QueryError("the blend holds words that are none: give a word, a file or a filter")
        return Part("text", CONTENTS["text"](text), weight)
    kind: Any = "audio" if isinstance(what, (tuple, list, Audio)) else "image"
    return Part(kind, CONTENTS[kind](what), weight)


def _file_part(path: str, weight: float, decoder: IsolatedDecoder) -> Part:
    path = os.path.expanduser(path)
    probe = next(decoder.read(path, ReadOptions.from_settings(), read_description))
    assert isinstance(probe, Probe)
    if probe.modality is Modality.TEXT:
        return Part("text", Path(path), weight)
    kind: Any = str(probe.modality)
    return Part(kind, CONTENTS[kind](path), weight)
