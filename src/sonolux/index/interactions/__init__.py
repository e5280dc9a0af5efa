"""Interactions: that a user played, rated or skipped an item, how much and when, kept where the items are.

Users are whatever ids people give them; nothing here knows more of anybody, and nothing leaves the library. A library
in a folder keeps them in its ``interactions.sqlite``, one on a cluster in a collection, ``NAME-interactions``.
"""

from __future__ import annotations

from pathlib import Path

from sonolux.index.interactions.base import Interactions
from sonolux.index.interactions.cluster import ClusterInteractions
from sonolux.index.interactions.folder import FILE, FolderInteractions
from sonolux.index.interactions.rows import KINDS, LONGEST_NAME, Interaction, InteractionKind
from sonolux.index.interactions.table import InteractionTable
from sonolux.index.open import open_index

__all__ = [
    "FILE",
    "KINDS",
    "LONGEST_NAME",
    "ClusterInteractions",
    "FolderInteractions",
    "Interaction",
    "InteractionKind",
    "InteractionTable",
    "Interactions",
    "open_interactions",
]


def open_interactions(location: str) -> Interactions:
    """Return the interactions of the library at a location, as `sonolux.index.open_index` takes it."""
    if "://" in location:
        return ClusterInteractions(open_index(location, "-interactions"))
    return FolderInteractions(Path(location).expanduser())
