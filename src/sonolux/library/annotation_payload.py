"""Annotations as a library keeps them: dicts under the key ``annotations``, of the file and of the span they are of.

A file holds all that is said of it, a span what is said of just that span. The words of labels are words of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sonolux.types import Annotation, Span


def as_stored(annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as plain data; ``start``, ``end`` and ``box`` are absent where it has none."""
    stored: dict[str, Any] = {
        "annotator": annotation.annotator,
        "label": annotation.label,
        "probability": annotation.probability,
    }
    if annotation.span is not None:
        stored |= {"start": annotation.span.start, "end": annotation.span.end}
    if annotation.box is not None:
        stored["box"] = list(annotation.box)
    return stored


def annotations_of(payload: Mapping[str, Any]) -> tuple[Annotation, ...]:
    """Return the annotations in a stored item's payload."""
    return tuple(map(_annotation, payload.get("annotations") or ()))


def with_annotations(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """Return the part of a payload that holds annotations; nothing for none."""
    stored = [as_stored(annotation) for annotation in annotations]
    return {"annotations": stored} if stored else {}


def words_of_labels(annotations: Iterable[Annotation]) -> str:
    """Return the words of all labels, each label once."""
    return " ".join(dict.fromkeys(annotation.label.replace("_", " ") for annotation in annotations))


def said_of(span: Span, annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return the annotations of places that lie in a span."""
    return [one for one in annotations if one.span and span.start <= one.span.start and one.span.end <= span.end]


def _annotation(stored: Mapping[str, Any]) -> Annotation:
    span = Span(stored["start"], stored["end"]) if "start" in stored else None
    box = tuple(stored["box"]) if "box" in stored else None
    return Annotation(stored["annotator"], stored["label"], stored["probability"], span, box)
