"""Index manifest: the spaces of an index, and the record that the library keeps, beside the engine.

The engine knows names, sizes and distances of vectors; it does not know that a vector of signs is a binary
code, nor how many terms a sparse one has. Stored as JSON: ``{"spaces": [...], "meta": {...}, "sealed": 4000}``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sonolux.types import Space


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """Spaces by name, the library's own record, and how many points there were when a segment was last sealed."""

    spaces: Mapping[str, Space] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    sealed: int = 0

    def to_json(self) -> str:
        """Return the record as JSON text."""
        spaces = [asdict(space) for space in self.spaces.values()]
        return json.dumps({"spaces": spaces, "meta": dict(self.meta), "sealed": self.sealed}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> IndexManifest:
        """Read a record; raise ValueError with the reason where the text is not one."""
        try:
            data = json.loads(text)
            spaces = [Space(**fields) for fields in data["spaces"]]
            meta, sealed = data["meta"], int(data.get("sealed", 0))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a record of an index: {error!r}") from error
        if not isinstance(meta, dict):
            raise ValueError("not a record of an index: meta is no object")
        return cls({space.name: space for space in spaces}, meta, sealed)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a crash, at any moment, leaves the old content or the new."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
