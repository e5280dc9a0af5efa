"""Questions to the service that holds a library."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from sonolux.cli.answer import Answer, examples_of
from sonolux.cli.output import shown_path
from sonolux.cli.warm.service import RefusedError, Service
from sonolux.presentation.blend import named_by
from sonolux.presentation.data import hit_from_data, path_from_data
from sonolux.types import Hit

WINDOW = 200
"""Hits that the service tells at once."""

FILES = ("image", "audio", "video")


def search_service(service: Service, text: str | None, asked: Mapping[str, Any]) -> Answer:
    """Ask a question.

    Parameters
    ----------
    service : Service
    text : str, optional
    asked : mapping
        As the command line has it: files by ``image``, ``audio`` and ``video``, ids and paths in ``like`` and
        ``unlike``, ``where`` as it was written, and the rest as in `sonolux.library.Library.search`.
    """
    if _looks_wrong(text, asked):
        _check_as_library(text, asked)
    first, last = (asked["page"] - 1) * asked["k"], asked["page"] * asked["k"]
    same = {name: asked[name] for name in ("where", "spaces", "spans", "diverse", "explain")}
    with ExitStack() as kept:
        # As deep as a page alone would be ranked, for how deep lists are fused decides between close ones.
        body = {**same, "parts": _parts(service, text, asked, kept), "depth": last, "limit": 1}
        try:
            told = service.ask("POST", "search", body)
        except RefusedError as error:
            if error.kind == "invalid":
                _check_as_library(text, asked)
            raise
        hits = _window(service, told["ranking"], first, asked["k"])
    names = {one: shown_path(path_from_data(service.ask("GET", f"items/{one}"))) for one in examples_of(hits)}
    sure = [hit for hit in hits if hit.confident] if asked["confident"] else hits
    below = None if sure or not told["hits"] or not asked["confident"] else hit_from_data(told["hits"][0])
    return Answer(sure, told["spaces"], below, names)


def ask_hummed(service: Service, hum: str, asked: Mapping[str, Any]) -> Answer:
    """Ask whose tune somebody hums in a file."""
    with service.uploaded(hum) as upload:
        told = service.ask("GET", f"uploads/{upload}/tunes", limit=min(asked["k"], WINDOW))
    hits = [hit_from_data(hit) for hit in told["hits"]]
    return Answer([hit for hit in hits if hit.confident or not asked["confident"]], told["spaces"])


def _window(service: Service, ranking: str, first: int, count: int) -> list[Hit]:
    """Return hits of a ranking from one place on, as many windows of it as that takes."""
    hits: list[Hit] = []
    while len(hits) < count:
        part = {"offset": first + len(hits), "limit": min(WINDOW, count - len(hits))}
        told = service.ask("GET", f"rankings/{ranking}", **part)["hits"]
        hits += map(hit_from_data, told)
        if len(told) < part["limit"]:
            break
    return hits


def _parts(service: Service, text: str | None, asked: Mapping[str, Any], kept: ExitStack) -> list[dict[str, Any]]:
    """Return what is asked; files are sent, and kept until `kept` is closed."""
    weights = asked["weights"]
    parts: list[dict[str, Any]] = []
    for what, weight in asked["blend"] or ():
        if weight:
            parts.append({**_blended(service, what, kept), "weight": weight})
    if text is not None and text.strip():
        parts.append({"kind": "text", "text": text, "weight": weights.get("text", 1.0)})
    for name in FILES:
        if asked[name] is not None:
            upload = kept.enter_context(service.uploaded(asked[name]))
            parts.append({"kind": "upload", "upload": upload, "modality": name, "weight": weights.get(name, 1.0)})
    for name in ("like", "unlike"):
        weight = weights.get("like", 1.0) if name == "like" else 1.0
        items = [service.item(one) for one in asked[name]]
        parts += [{"kind": "item", "item": item, "weight": weight, "minus": name == "unlike"} for item in items]
    return parts


def _blended(service: Service, what: str, kept: ExitStack) -> dict[str, Any]:
    """Return a part of a blend."""
    named = named_by(what)
    if named == "file":
        return {"kind": "upload", "upload": kept.enter_context(service.uploaded(what))}
    return {"kind": "filter", "where": [what]} if named == "filter" else {"kind": "text", "text": what}


def _looks_wrong(text: str | None, asked: Mapping[str, Any]) -> bool:
    """Tell whether something is asked with nothing, weighs nothing, or has no name."""
    there = {"text": (text or "").strip(), **{name: asked[name] for name in (*FILES, "like")}}
    if asked["blend"]:
        return any(there.values()) or bool(asked["weights"]) or not any(weight for _, weight in asked["blend"])
    names = [*asked["like"], *asked["unlike"], *(asked[name] for name in FILES)]
    return not any(there.values()) or not all(there.get(name) for name in asked["weights"]) or "" in names


def _check_as_library(text: str | None, asked: Mapping[str, Any]) -> None:
    """Raise what the library itself says of a question that has no right form.

    Only then is it worth the time that importing its rules takes.
    """
    from sonolux.library.blending import blend_parts
    from sonolux.library.query import build_parts, names_in
    from sonolux.media.workers.isolated import IsolatedDecoder
    from sonolux.retrieval.query import Query

    files = {name: asked[name] for name in FILES}
    parts = build_parts(asked["weights"], text=text, vector=None, **files)
    if asked["blend"]:
        parts = blend_parts(asked["blend"], IsolatedDecoder(), alone=not (parts or asked["weights"] or asked["like"]))
    Query(
        parts=parts,
        like=tuple(names_in("like", asked["like"])),
        unlike=tuple(names_in("unlike", asked["unlike"])),
        k=asked["k"],
        page=asked["page"],
        diverse=asked["diverse"],
        like_weight=asked["weights"].get("like", 1.0),
    )
