"""Media to descriptors: classical, trained on your own media, or from the hub."""

from __future__ import annotations

from sonolux.encoders.base import Encoder
from sonolux.encoders.defaults import default_specs
from sonolux.encoders.registry import available, register, resolve
from sonolux.encoders.words import words_of_name

__all__ = ["Encoder", "available", "default_specs", "register", "resolve", "words_of_name"]
