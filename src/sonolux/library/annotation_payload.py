"""Stored annotations: dicts under the key ``annotations``, of the file and of the span or region they are of.

A file holds all that is said of it, a span what is said of just that span, a region the annotation that it is of. The
words of labels, captions, transcripts and lines of text are words of the file; lines that were read in images are the
text of the file and of the span that they are of. A file that an annotator has seen carries its mark under
``annotated``, so that a later run passes it over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sonolux.annotators.base import Annotator
from sonolux.index.payload import region_as_stored, region_of
from sonolux.types import Annotation, Span


def as_stored(annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as plain data; keys of what it does not have are absent."""
    stored: dict[str, Any] = {
        "annotator": annotation.annotator,
        "label": annotation.label,
        "probability": annotation.probability,
    }
    if annotation.span is not None:
        stored |= {"start": annotation.span.start, "end": annotation.span.end}
        if annotation.span.unit != "seconds":
            stored["unit"] = annotation.span.unit
    if annotation.region is not None:
        stored |= region_as_stored(annotation.region)
    if annotation.kind != "label":
        stored["kind"] = annotation.kind
    if annotation.item:
        stored["item"] = annotation.item
    if annotation.chance is not None:
        stored["chance"] = annotation.chance
    return stored


def annotations_of(payload: Mapping[str, Any]) -> tuple[Annotation, ...]:
    """Return the annotations in a stored item's payload."""
    return tuple(map(_annotation, payload.get("annotations") or ()))


def with_annotations(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """Return the part of a payload that holds annotations, and the text that was read; nothing for none."""
    said = list(annotations)
    text = text_read(said)
    return ({"annotations": [as_stored(one) for one in said]} if said else {}) | ({"text": text} if text else {})


def text_read(annotations: Iterable[Annotation]) -> str:
    """Return the lines that were read in an image, one under the other; nothing for none."""
    return "\n".join(one.label for one in annotations if one.kind == "text")


def words_of_labels(annotations: Iterable[Annotation]) -> str:
    """Return the words of all labels, captions, transcripts and lines of text, each once.

    A label may have ``_`` between its words. Each stands in a line of its own: a word of a text may be broken at the
    end of a line.
    """
    said = (one.label.replace("_", " ") if one.kind == "label" else one.label for one in annotations)
    return "\n".join(dict.fromkeys(said))


def annotations_within(span: Span, annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return the annotations of places that lie in a span."""
    return [one for one in annotations if one.span and span.start <= one.span.start and one.span.end <= span.end]


def mark_of(annotator: Annotator) -> str:
    """Return what files carry that an annotator has seen: its name and the beginning of its digest."""
    return f"{annotator.name} {annotator.digest[:16]}"


def name_in(mark: str) -> str:
    """Return the name of the annotator that left a mark."""
    return mark.rpartition(" ")[0]


def _annotation(stored: Mapping[str, Any]) -> Annotation:
    return Annotation(
        annotator=stored["annotator"],
        label=stored["label"],
        probability=stored["probability"],
        span=Span(stored["start"], stored["end"], stored.get("unit", "seconds")) if "start" in stored else None,
        region=region_of(stored),
        kind=stored.get("kind", "label"),
        item=stored.get("item", ""),
        chance=stored.get("chance"),
    )
