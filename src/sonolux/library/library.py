"""`Library`: one object to add to, search and look after; what it does is told a chapter a file."""

from __future__ import annotations

from sonolux.library.chapters.adding import AddingLibrary
from sonolux.library.chapters.asking import AskingLibrary
from sonolux.library.chapters.identifying import IdentifyingLibrary
from sonolux.library.chapters.judging import JudgingLibrary
from sonolux.library.chapters.looking import LookingLibrary
from sonolux.library.chapters.recommending import RecommendingLibrary


class Library(AddingLibrary, IdentifyingLibrary, JudgingLibrary, RecommendingLibrary, AskingLibrary, LookingLibrary):
    """Items with their descriptors, in a folder or on a Qdrant cluster.

    Nothing is opened before the first use; use it as a context manager, or `close` it. Threads may share it: questions
    run side by side, writers one at a time, and whoever closes it or drops a space waits for the questions under way.

    Parameters
    ----------
    location : str or path, optional
        A folder, made by the first `add`, or ``http://host:6333/name``; by default the setting ``SONOLUX_LIBRARY``.

    Examples
    --------
    >>> with Library("trips.sonolux") as library:
    ...     library.add("~/Pictures")
    ...     hits = library.search("a dog on a beach", k=20)
    """
