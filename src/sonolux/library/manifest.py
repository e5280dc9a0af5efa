"""Library manifest: format version, spaces, and how files are cut into spans.

Version 1 is the first. A later version brings a numbered function that turns the version before into it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sonolux.errors import LibraryError
from sonolux.settings import Settings

FORMAT = 1


@dataclass(slots=True)
class LibraryManifest:
    """A library's record of itself.

    Attributes
    ----------
    cutting : dict
        Lengths of windows (seconds) and passages (characters) and the side of decoded images (pixels): fixed when
        the library is made, so that the spans of a file stay the same.
    spaces : dict
        Encoder records by space, see `sonolux.library.spaces`.
    changes : int
        Points written or removed so far.
    spans : bool
        Whether any file has spans.
    created : str
        RFC 3339.
    """

    cutting: dict[str, Any]
    spaces: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changes: int = 0
    spans: bool = False
    created: str = ""

    @classmethod
    def new(cls, settings: Settings) -> LibraryManifest:
        """Return the record of a new library."""
        keys = ("image_side", "audio_window", "audio_hop", "passage_chars")
        cutting = {key: getattr(settings, key) for key in keys}
        return cls(cutting, created=datetime.now(UTC).isoformat(timespec="seconds"))

    @classmethod
    def from_meta(cls, meta: dict[str, Any], location: str) -> LibraryManifest:
        """Read a record.

        Raises
        ------
        LibraryError
            Where the record is of a newer version, or damaged.
        """
        version = meta.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise LibraryError(f"{location} was written by a newer Sonolux (format {version}): upgrade to open it")
        try:
            return cls(**{key: value for key, value in meta.items() if key != "format"})
        except TypeError:
            raise LibraryError(f"the record of {location} is damaged: {sorted(meta)} is not what it holds") from None

    def as_meta(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {"format": FORMAT, **asdict(self)}
