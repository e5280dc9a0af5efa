"""Statements: what each description says of a file, side by side, and one answer made of them.

Where several say the same thing, the first that says anything counts, in the order that the Metadata Working Group
gives (Guidelines for Handling Image Metadata 2.0, 2010, 5): EXIF, then XMP, then IPTC, but IPTC before XMP where a
program that knows no XMP changed it last. What is not shown still finds the file, as words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sonolux.media.dates import clean_date
from sonolux.media.descriptions.tag_text import own_words
from sonolux.media.metadata import LONGEST_VALUE

Statements = dict[str, list[Any]]
"""Values under title, caption (a title or a description), description, artist, keywords, place, camera, words (str),
rating (0 to 5), position (latitude and longitude in degrees), and date (rank, text), each best first."""

TAKEN, DIGITISED, CHANGED, SATELLITE, WRITTEN = range(5)
"""Ranks of dates, best first: an event, its recording, a change by a camera, the sky's clock (UTC), a change of the
file."""

SHOWN = ("title", "description", "place")
LONGEST_TITLE = 200
"""Characters up to which a caption stands for a title that is not given."""

MOST_VALUES = 1000
"""Values of one kind that are looked at."""


def combined(sources: Sequence[Mapping[str, Sequence[Any]]]) -> dict[str, Any]:
    """Return one answer made of statements, those that count first in front.

    Returns
    -------
    found : dict
        Under the keys of `sonolux.media.segment.Probe`, for `sonolux.media.metadata.cleaned`; ``date`` is a list of
        candidates, ``words`` one of texts that find the file and are not shown.
    """
    kinds = (*SHOWN, "caption", "words", "keywords")
    said = {kind: [v for s in sources for v in s.get(kind, ())][:MOST_VALUES] for kind in kinds}
    texts = {key: _distinct(said[key]) for key in SHOWN}
    captions = _distinct(said["caption"])
    if not texts["title"]:
        texts["title"] = [c for c in captions[:1] if c not in texts["description"] and len(c) <= LONGEST_TITLE]
    texts["description"] = [t for t in _distinct([*captions, *texts["description"]]) if t not in texts["title"]]
    found: dict[str, Any] = {key: values[0] for key, values in texts.items() if values}
    words = [text for values in texts.values() for text in values[1:]]
    words += [text for text in texts["description"][:1] if len(text) > LONGEST_VALUE]
    artists = [_distinct(source.get("artist", ())) for source in sources]
    found["artist"] = next(filter(None, artists), [])
    words += [name for names in artists for name in names if name not in found["artist"]]
    found["keywords"] = _distinct(said["keywords"])
    found["words"] = words + _distinct(said["words"])
    for key in ("camera", "rating", "position"):
        values = [value for source in sources for value in source.get(key, ()) if value is not None]
        found[key] = values[0] if values else None
    found["latitude"], found["longitude"] = found.pop("position") or (None, None)
    dates = [entry for source in sources for entry in source.get("date", ())]
    found["date"] = [text for _, text in sorted(dates, key=lambda entry: entry[0])]
    return found


def without_blanks(statements: Mapping[str, Iterable[Any]]) -> Statements:
    """Return statements without what is empty, dates that are none, and places that are none or were never set."""
    kept = {key: [value for value in values if value not in (None, "", ())] for key, values in statements.items()}
    kept["position"] = [place for place in kept.get("position", ()) if _is_place(*place)]
    kept["date"] = [(rank, text) for rank, text in kept.get("date", ()) if clean_date(text)]
    return {key: values for key, values in kept.items() if values}


def _is_place(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0.0, 0.0)


def _distinct(texts: Iterable[object]) -> list[str]:
    """Return texts of people, each once, in whatever case it comes again."""
    first: dict[str, str] = {}
    for text in texts:
        own = own_words(text) if isinstance(text, str) else ""
        if own:
            first.setdefault(" ".join(own.split()).casefold(), own)
    return list(first.values())
