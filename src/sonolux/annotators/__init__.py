"""Media to annotations: what an image shows, as labels with probabilities."""

from __future__ import annotations

from sonolux.annotators.base import Annotator
from sonolux.annotators.registry import available, register, resolve

__all__ = ["Annotator", "available", "register", "resolve"]
