"""Matching of what files of interactions name with the items of a library: by id, path, or artist and title.

Names are compared without case, accents, punctuation, guests ("feat. ...") and the year of a film, and with a leading
"The" that was moved to the end. A file without tags is known by its name, "Artist - Title". Of several files of one
artist and title the first by path is meant; an artist without a title means all of the artist's files.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

from sonolux.index import Condition, Index
from sonolux.library.interactions.rows import PlayedRow
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import from_stored, real_path

GUESTS = re.compile(
    r"[(\[]\s*(?:feat|ft|featuring|with)\b\.?[^)\]]*[)\]]|\b(?:feat|ft|featuring)\b\.?\s.*$", re.IGNORECASE
)
YEAR = re.compile(r"\s*\((?:19|20)\d\d\)\s*$")
MOVED = re.compile(r"^(.*), (The|A|An|Les?|La|Der|Die|Das|Il)$", re.IGNORECASE)
OTHER = re.compile(r"[\W_]+")


class ItemMatcher:
    """Knows the items of a library by what files may call them.

    Parameters
    ----------
    index : Index
    folder : Path
        To which paths are relative.
    catalogue : mapping, optional
        Artist and title by the ids that the file uses, see `sonolux.library.interactions.delimited.read_catalogue`.
    """

    def __init__(self, index: Index, folder: Path, catalogue: Mapping[str, tuple[str, str]] | None = None) -> None:
        self.folder = folder
        self.catalogue = catalogue or {}
        self._ids: set[str] = set()
        self._paths: dict[str, str] = {}
        self._files: defaultdict[str, list[str]] = defaultdict(list)
        self._songs: dict[tuple[str, str], str] = {}
        self._titles: defaultdict[str, set[str]] = defaultdict(set)
        self._artists: defaultdict[str, list[str]] = defaultdict(list)
        files = index.scroll([Condition("kind", "=", "file")], keys=("path", "title", "meta"))
        for path, id_, payload in sorted((from_stored(one.payload["path"]), one.id, one.payload) for one in files):
            self._know(path, id_, payload)

    def __len__(self) -> int:
        return len(self._ids)

    def items_of(self, row: PlayedRow) -> tuple[str, ...]:
        """Return the ids of the items that a row means; several for an artist, none where the library has none."""
        found = self._by_reference(row.item) if row.item else ()
        artist, title = self.catalogue.get(row.item, ("", "")) if row.item else ("", "")
        if not found or artist or title:
            found = self._by_names(row.artist or artist, row.title or title) or found
        return found

    def name_of(self, row: PlayedRow) -> str:
        """Return what a row calls its item, for people."""
        artist, title = self.catalogue.get(row.item, ("", ""))
        named = [each for each in (row.artist or artist, row.title or title) if each]
        return " - ".join(named) or row.item

    def _know(self, path: str, id_: str, payload: Mapping[str, Any]) -> None:
        stem = PurePath(path).stem
        self._ids.add(id_)
        self._paths[path] = id_
        for name in {PurePath(path).name.lower(), stem.lower()}:
            self._files[name].append(id_)
        artists = payload.get("meta", {}).get("artist") or []
        artists = [artists] if isinstance(artists, str) else list(artists)
        title = payload.get("title") or ""
        if not title:
            said, dash, rest = stem.partition(" - ")
            title, artists = (rest, artists or [said]) if dash else (stem, artists)
        names = {normalised_name(artist) for artist in (*artists, " ".join(artists))} - {""}
        for artist in names:
            self._songs.setdefault((artist, normalised_name(title)), id_)
        for artist in {normalised_name(artist) for artist in artists} - {""}:
            self._artists[artist].append(id_)
        self._titles[normalised_name(title)].add(id_)

    def _by_reference(self, reference: str) -> tuple[str, ...]:
        if reference.lower() in self._ids and _is_uuid(reference):
            return (reference.lower(),)
        if "/" in reference:
            path = Path(reference.removeprefix("file://")).expanduser()
            id_ = self._paths.get(reference if is_url(reference) else real_path(str(self.folder / path)))
            if id_ is not None:
                return (id_,)
        # A name that several files have says nothing.
        files = self._files.get(PurePath(reference.replace("\\", "/")).name.lower(), [])
        return (files[0],) if len(files) == 1 else ()

    def _by_names(self, artist: str, title: str) -> tuple[str, ...]:
        if not title:
            return tuple(self._artists.get(normalised_name(artist), ())) if artist else ()
        if artist:
            song = self._songs.get((normalised_name(artist), normalised_name(title)))
            return (song,) if song else ()
        titled = self._titles.get(normalised_name(title), set())
        return tuple(titled) if len(titled) == 1 else ()


@lru_cache(maxsize=200_000)
def normalised_name(name: str) -> str:
    """Return a name without what spellings differ in; a name of nothing else stays, in small letters.

    Examples
    --------
    >>> normalised_name("Beyoncé feat. Jay-Z"), normalised_name("Matrix, The (1999)")
    ('beyonce', 'the matrix')
    """
    moved = MOVED.sub(r"\2 \1", YEAR.sub("", GUESTS.sub("", name)).strip())
    plain = "".join(c for c in unicodedata.normalize("NFKD", moved.casefold()) if not unicodedata.combining(c))
    return OTHER.sub(" ", plain.replace("&", " and ")).strip() or name.strip().casefold()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
