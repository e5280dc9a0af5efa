"""Sonolux finds what people see, hear and read: photos, music, sounds, speech, video and text in one library.

>>> import sonolux as sx
>>> library = sx.Library("trips.sonolux")
>>> library.add("~/Pictures")
>>> hits = library.search("a dog on a beach", k=20)

Importing it is cheap: what a name stands for is loaded when the name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonolux.annotators import Annotator
    from sonolux.encoders import Encoder
    from sonolux.errors import SonoluxError
    from sonolux.library import Library, Summary
    from sonolux.retrieval import Hits, Query
    from sonolux.training.alignment.train import train_captions as train_captions
    from sonolux.training.classification.images import train_labels as train_labels
    from sonolux.training.classification.sounds import train_sounds as train_sounds
    from sonolux.training.events.train import train_events as train_events
    from sonolux.training.feedback.train import train_feedback as train_feedback
    from sonolux.training.fingerprints.train import train_fingerprints as train_fingerprints
    from sonolux.training.hashing.train import train_codes as train_codes
    from sonolux.training.speech.train import train_speech as train_speech
    from sonolux.types import Annotation, Failure, Hit, Item, Mask, Modality, Region, Space, Span

__version__ = "0.1.0"

_HOMES = {
    "Annotator": "sonolux.annotators",
    "Encoder": "sonolux.encoders",
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
    "train_captions": "sonolux.training.alignment.train",
    "train_codes": "sonolux.training.hashing.train",
    "train_events": "sonolux.training.events.train",
    "train_feedback": "sonolux.training.feedback.train",
    "train_fingerprints": "sonolux.training.fingerprints.train",
    "train_labels": "sonolux.training.classification.images",
    "train_sounds": "sonolux.training.classification.sounds",
    "train_speech": "sonolux.training.speech.train",
}

# Without the ways to train: `from sonolux import *` must not load torch, nor need the extra that brings lightning.
__all__ = [
    "Annotation", "Annotator", "Encoder", "Failure", "Hit", "Hits", "Item", "Library", "Mask", "Modality", "Query",
    "Region", "SonoluxError", "Space", "Span", "Summary",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from difflib import get_close_matches

        nearest = "" if name.startswith("_") else "".join(get_close_matches(name, _HOMES, 1))
        meant = f": did you mean {nearest}?" if nearest else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{meant}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
