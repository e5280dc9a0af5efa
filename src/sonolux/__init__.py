"""Sonolux finds what people see, hear and read: photos, music, sounds, speech, video and text in one library.

>>> import sonolux as sx
>>> library = sx.Library("trips.sonolux")
>>> library.add("~/Images")
>>> hits = library.search("a dog on a beach", k=20)

Importing it is cheap: what a name stands for is loaded when the name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonolux.errors import SonoluxError
    from sonolux.library import Library, Summary
    from sonolux.retrieval import Hits, Query
    from sonolux.types import Annotation, Failure, Hit, Item, Mask, Modality, Region, Space, Span

__version__ = "0.1.0"

_HOMES = {
    "Library": "sonolux.library",
    "Summary": "sonolux.library",
    "Hits": "sonolux.retrieval",
    "Query": "sonolux.retrieval",
    "SonoluxError": "sonolux.errors",
    "Annotation": "sonolux.types",
    "Failure": "sonolux.types",
    "Hit": "sonolux.types",
    "Item": "sonolux.types",
    "Mask": "sonolux.types",
    "Modality": "sonolux.types",
    "Region": "sonolux.types",
    "Space": "sonolux.types",
    "Span": "sonolux.types",
}

__all__ = [
    "Annotation", "Failure", "Hit", "Hits", "Item", "Library", "Mask", "Modality", "Query", "Region", "SonoluxError",
    "Space", "Span", "Summary",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
