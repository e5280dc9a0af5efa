"""JSON of items, hits, annotations and judgements: plain data, the same wherever it is written.

One function a kind, whose keys stay: a later version adds keys and takes none away. What an item does not have is null.
Places are seconds or characters (``start``, ``end``, ``unit``), and shares of the width and height of an image
(``box``: left, upper, right, lower).

Where JSON goes to other programs over HTTP, a path is one line for people. Where that is not the path itself, the key
``exact_path`` beside it holds its stored text (`sonolux.media.paths.to_stored`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sonolux.media.paths import from_stored, printable, to_stored
from sonolux.types import Annotation, Hit, Item, Mask, Modality, Reason, Region, Span

if TYPE_CHECKING:
    from sonolux.index.feedback import Judgement


PATHS = ("path", "query_path", "copy_of")
"""Keys of paths."""

EXACT = "exact_"
"""Before such a key, where stored text is told beside it."""


def item_as_data(item: Item) -> dict[str, Any]:
    """Return an item as plain data."""
    return {
        "id": item.id,
        "path": item.path,
        "modality": str(item.modality),
        "kind": item.kind,
        "file": item.file,
        "start": item.span.start if item.span else None,
        "end": item.span.end if item.span else None,
        "unit": item.span.unit if item.span else None,
        "metadata": item.metadata,
        "text": item.text,
        "region": region_as_data(item.region),
    }


def part_as_data(part: Item) -> dict[str, Any]:
    """Return a span or region of a file, without what its file says already."""
    data = item_as_data(part)
    return {key: data[key] for key in ("id", "kind", "start", "end", "unit", "text", "region")}


def hit_as_data(hit: Hit) -> dict[str, Any]:
    """Return a hit as plain data; it has the key ``why`` where its question asked for that."""
    data: dict[str, Any] = {
        "id": hit.id,
        "path": hit.path,
        "modality": str(hit.modality),
        "start": hit.span.start if hit.span else None,
        "end": hit.span.end if hit.span else None,
        "unit": hit.span.unit if hit.span else None,
        "score": hit.score,
        "chance": hit.chance,
        "space": hit.space,
        "kind": hit.kind,
        "file": hit.file,
        "title": hit.title,
        "text": hit.text,
        "confident": hit.confident,
        "region": region_as_data(hit.region),
    }
    return data | {"why": [reason_as_data(reason) for reason in hit.why]} if hit.why else data


def reason_as_data(reason: Reason) -> dict[str, Any]:
    """Return why a hit was found as plain data; ``example`` is the id of the example that it resembles most."""
    span = reason.span
    return {
        "space": reason.space,
        "asked": reason.asked,
        "part": reason.part,
        "rank": reason.rank,
        "chance": reason.chance,
        "item": reason.item,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "unit": span.unit if span else None,
        "region": region_as_data(reason.region),
        "words": list(reason.words),
        "label": reason.label or None,
        "example": reason.example or None,
    }


def annotation_as_data(annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as plain data; ``item`` is the id of its region's own item."""
    span = annotation.span
    return {
        "label": annotation.label,
        "probability": annotation.probability,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "box": list(annotation.box) if annotation.box else None,
        "annotator": annotation.annotator,
        "kind": annotation.kind,
        "region": region_as_data(annotation.region),
        "item": annotation.item or None,
        "chance": annotation.chance,
    }


def annotated_as_data(path: str, annotations: Iterable[Annotation]) -> dict[str, Any]:
    """Return what is said of a file as plain data."""
    return {"path": path, "annotations": [annotation_as_data(annotation) for annotation in annotations]}


def region_as_data(region: Region | None) -> dict[str, Any] | None:
    """Return a region as plain data; the ``runs`` of its mask are those of `sonolux.types.Mask`."""
    if region is None:
        return None
    mask = region.mask
    drawn = {"height": mask.height, "width": mask.width, "runs": list(mask.runs)} if mask else None
    return {"box": list(region.box), "time": region.time, "mask": drawn}


def judgement_as_data(judgement: Judgement, path: str, query_path: str | None) -> dict[str, Any]:
    """Return a judgement as plain data, with the path of its hit and, unless words were asked, that of its question."""
    return {
        "asked": judgement.asked,
        "query": judgement.query,
        "query_path": query_path,
        "item": judgement.item,
        "path": path,
        "liked": judgement.liked,
        "time": judgement.time,
    }


def judgement_from_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `judgement_as_data` wrote, from what has come over HTTP."""
    own = {key: data[key] for key in ("asked", "query", "query_path", "item", "path", "liked", "time")}
    return own | {key: path_from_data(data, key) for key in PATHS if data.get(key) is not None}


def with_exact_paths(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data with the paths of which people are shown something else, as stored text."""
    told = {key: data.get(key) for key in PATHS}
    hidden = {key: path for key, path in told.items() if isinstance(path, str) and printable(path) != path}
    return {**data, **{f"{EXACT}{key}": to_stored(path) for key, path in hidden.items()}}


def path_from_data(data: Mapping[str, Any], key: str = "path") -> str:
    """Return a path that was written as plain data, with what people are not shown of it."""
    return from_stored(data[EXACT + key]) if EXACT + key in data else str(data[key])


def item_from_data(data: Mapping[str, Any]) -> Item:
    """Return the item that was written as plain data."""
    own = ("id", "kind", "file", "metadata", "text")
    return Item(
        **{name: data[name] for name in own},
        path=path_from_data(data),
        modality=Modality(data["modality"]),
        span=span_from_data(data),
        region=region_from_data(data["region"]),
    )


def hit_from_data(data: Mapping[str, Any]) -> Hit:
    """Return the hit that was written as plain data."""
    own = ("id", "kind", "file", "score", "chance", "space", "title", "text", "confident")
    return Hit(
        **{name: data[name] for name in own},
        path=path_from_data(data),
        modality=Modality(data["modality"]),
        span=span_from_data(data),
        region=region_from_data(data["region"]),
        why=tuple(_reason_from_data(reason) for reason in data.get("why", ())),
    )


def region_from_data(data: Mapping[str, Any] | None) -> Region | None:
    """Return the region that was written as plain data."""
    if data is None:
        return None
    drawn = data["mask"]
    mask = Mask(drawn["height"], drawn["width"], tuple(drawn["runs"])) if drawn else None
    x0, y0, x1, y1 = data["box"]
    return Region(x0, y0, x1, y1, time=data["time"], mask=mask)


def _reason_from_data(data: Mapping[str, Any]) -> Reason:
    own = ("space", "asked", "part", "rank", "chance", "item")
    return Reason(
        **{name: data[name] for name in own},
        span=span_from_data(data),
        region=region_from_data(data["region"]),
        words=tuple(data["words"]),
        label=data["label"] or "",
        example=data["example"] or "",
    )


def span_from_data(data: Mapping[str, Any]) -> Span | None:
    """Return the span of what was written as plain data."""
    return None if data["start"] is None else Span(data["start"], data["end"], data["unit"])
