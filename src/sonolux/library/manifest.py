"""Library manifest: format, spaces and how files are cut, which a library writes down of itself beside its points.

Several processes may change the manifest of one library on a cluster. None writes over what it read long ago: each adds
to the stored counters what it counted, and brings in the spaces that it added or dropped itself.

Formats
-------
1. The first. Whoever wrote it put its own manifest in place of that of others.
2. The same keys, merged as said above; every encoder says its weight. A library of format 1 becomes one of format 2
   when it is first written to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from sonolux.errors import LibraryError
from sonolux.index import Index
from sonolux.media.paths import printable
from sonolux.settings_model import Settings

FORMAT = 2

UNFINISHED = "copy of"
"""Key of the manifest of a copy that is not whole yet, see `sonolux.library.library_copy`: where the original is."""

SpaceEntries = dict[str, list[dict[str, Any]]]
"""Encoders by space, as plain data; see `sonolux.library.spaces.EncoderEntry`."""


@dataclass(slots=True)
class LibraryManifest:
    """What a library has written down of itself, as this process knows it.

    Attributes
    ----------
    cutting : dict
        Lengths of windows (seconds) and passages (characters) and the side of decoded images (pixels): fixed when
        the library is made, so that the spans of a file stay the same.
    spaces : dict
        Encoders by space, see `sonolux.library.spaces`.
    changes : int
        Points written or removed so far.
    spans : bool
        Whether any file has spans.
    created : str
        RFC 3339.
    """

    cutting: dict[str, Any]
    spaces: SpaceEntries = field(default_factory=dict)
    changes: int = 0
    spans: bool = False
    created: str = ""
    _read: tuple[int, SpaceEntries] = field(default=(0, {}), repr=False, compare=False)
    """Changes and spaces as they were stored when this process last looked."""

    @classmethod
    def new(cls, settings: Settings) -> Self:
        """Return the manifest of a new library."""
        keys = ("image_side", "audio_window", "audio_hop", "passage_chars")
        cutting = {key: getattr(settings, key) for key in keys}
        return cls(cutting, created=datetime.now(UTC).isoformat(timespec="seconds"))

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any], location: str) -> Self:
        """Read a manifest of this format or an earlier one.

        Raises
        ------
        LibraryError
            Where the manifest is of a newer version, or damaged.
        """
        if UNFINISHED in meta:
            original = printable(meta[UNFINISHED])
            raise LibraryError(f"{location} is an unfinished copy: `sonolux copy {original} {location}` completes it")
        version = meta.get("format")
        if not isinstance(version, int) or version < 1:
            raise LibraryError(f"the manifest of {location} is damaged: {version!r} is no format")
        if version > FORMAT:
            raise LibraryError(f"{location} was written by a newer Sonolux (format {version}): upgrade to open it")
        data = deepcopy({key: value for key, value in meta.items() if key != "format"})
        try:
            for number in range(version, FORMAT):
                data = MIGRATIONS[number](data)
            manifest = cls(**data)
            manifest._read = (manifest.changes, deepcopy(manifest.spaces))
        except (TypeError, KeyError, AttributeError):
            raise LibraryError(f"the manifest of {location} is damaged: {sorted(meta)} is not what it holds") from None
        return manifest

    def as_meta(self) -> dict[str, Any]:
        """Return the manifest as plain data."""
        return {
            "format": FORMAT,
            "cutting": dict(self.cutting),
            "spaces": deepcopy(self.spaces),
            "changes": self.changes,
            "spans": self.spans,
            "created": self.created,
        }

    def upon(self, meta: Mapping[str, Any], location: str) -> Self:
        """Return the manifest that is stored, with what this process changed since it last looked."""
        if not meta:
            return self
        stored, (changes, spaces) = type(self).from_meta(meta, location), self._read
        stored.spaces = merge_spaces(stored.spaces, spaces, self.spaces)
        stored.changes += self.changes - changes
        stored.spans |= self.spans
        return stored

    def save(self, index: Index) -> Self:
        """Store what this process changed since it last looked; return what is stored then."""

        def change(meta: dict[str, Any]) -> dict[str, Any]:
            return self.upon(meta, index.location).as_meta()

        return type(self).from_meta(index.update_meta(change), index.location)


def merge_spaces(stored: SpaceEntries, before: SpaceEntries, after: SpaceEntries) -> SpaceEntries:
    """Return stored spaces, with what one process changed between before and after."""
    merged = {name: entries for name, entries in stored.items() if name in after or name not in before}
    for name, entries in after.items():
        if entries != before.get(name):
            own = {entry["modality"] for entry in entries}
            others = [entry for entry in merged.get(name, []) if entry["modality"] not in own]
            merged[name] = [*entries, *others]
    return deepcopy(merged)


def weigh_encoders(data: dict[str, Any]) -> dict[str, Any]:
    """Turn format 1 into 2: an encoder that says no weight has weight 1."""
    spaces = {name: [{"weight": 1.0, **entry} for entry in entries] for name, entries in data["spaces"].items()}
    return {**data, "spaces": spaces}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: weigh_encoders}
"""By format, what turns a manifest of it, less its format, into one of the next."""
