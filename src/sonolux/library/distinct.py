"""Distinct items: of files of the same bytes, or of one artist and title, a person is recommended one.

A song is there from its album, from a best-of, and once more by another name. Whoever likes it does not want it
recommended, and a list that names it twice is a place shorter. Altered copies, which only `Library.copies` finds, are
not told apart from others here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sonolux.index import Index
from sonolux.library.interactions.matching import normalised_name
from sonolux.retrieval.places import Place
from sonolux.types import Hit

TIMED = ("audio", "video")
"""Modalities of which artist and title name one work; two photographs may be titled alike."""


def drop_repeats(index: Index, known: Collection[str], found: Sequence[tuple[Place, Hit]]) -> list[tuple[Place, Hit]]:
    """Return hits without those that repeat a better one, or what is known.

    Parameters
    ----------
    index : Index
    known : collection of str
        Ids of files.
    found : sequence of tuple of Place and Hit
        Best first.
    """
    files = [place.file for place, _ in found]
    keys = ("hash", "title", "modality", "meta")
    names = {one.id: _names_of(one.payload) for one in index.fetch(list({*known, *files}), keys=keys)}
    seen = {name for item in known for name in names.get(item, ())}
    kept = []
    for place, hit in found:
        own = names.get(place.file, set())
        if not own & seen:
            kept.append((place, hit))
            seen |= own
    return kept


def _names_of(payload: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Return what an item shares with its repeats: a digest of its bytes; of a recording each artist with the title."""
    names: set[tuple[str, ...]] = {("bytes", digest)} if (digest := payload.get("hash")) else set()
    artists, title = payload.get("meta", {}).get("artist") or [], payload.get("title")
    if title and payload.get("modality") in TIMED:
        artists = [artists] if isinstance(artists, str) else artists
        names |= {("song", normalised_name(artist), normalised_name(title)) for artist in artists}
    return names
