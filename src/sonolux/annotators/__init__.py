"""Annotators: media in, annotations out: labels, boxes, captions, transcripts, events."""

from __future__ import annotations

from sonolux.annotators.base import Annotator
from sonolux.annotators.registry import available, register, resolve

__all__ = ["Annotator", "available", "register", "resolve"]
