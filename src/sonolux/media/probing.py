"""Probing: modality and metadata of a file, found from its content, never from its name alone."""

from __future__ import annotations

from sonolux.media.options import ReadOptions
from sonolux.media.reading import read
from sonolux.media.segment import Probe


def probe(path: str) -> Probe:
    """Tell what a file is, and what it says of itself.

    Parameters
    ----------
    path : str
        The file, as the operating system names it.

    Returns
    -------
    Probe
        With the metadata keys that the file fills, every value valid (see `sonolux.media.metadata`).

    Raises
    ------
    MediaError
        Where it is no medium, is empty, or is damaged where that can be seen so early.
    """
    events = read(path, ReadOptions())
    found = next(events)
    assert isinstance(found, Probe)
    return found
