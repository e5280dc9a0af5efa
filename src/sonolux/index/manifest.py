"""Index manifest: the spaces of an index, and what the library keeps of itself, beside the engine.

The engine knows names, sizes and distances of vectors; it does not know that a vector of signs is a binary
code, nor how many terms a sparse one has. Stored as JSON: ``{"spaces": [...], "meta": {...}, "sealed": 4000}``, in a
folder whose points were never written again with ``"rewritten": false``, on a
cluster with ``"revisions": [...]``, ``"generations": {...}``, ``"compress": "int8"`` and ``"counted": [...]`` too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sonolux.types import Space


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """What an index writes down of itself.

    Attributes
    ----------
    spaces : mapping
        Spaces by name.
    meta : mapping
        The library's own part, see `sonolux.library.manifest`.
    sealed : int
        How many points there were when a segment was last sealed.
    revisions : tuple of str
        Names of the last writes, the newest last; empty in a folder, where nobody else writes.
    generations : mapping
        On a cluster, how often each space was dropped or given up, by its name, where it was: each time its
        descriptors get another place, for whoever drops the former one may be late.
    compress : str
        On a cluster, a `sonolux.index.layout.Compression` of float spaces; empty for none.
    counted : tuple of str
        On a cluster, names of the sparse spaces whose terms are counted, see `sonolux.index.cluster.rarity`; those of
        others the engine weighs in each shard.
    rewritten : bool
        In a folder, whether points were ever removed or written again: the engine goes on counting the terms of what is
        no longer there until it clears it away.
    """

    spaces: Mapping[str, Space] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    sealed: int = 0
    revisions: tuple[str, ...] = ()
    generations: Mapping[str, int] = field(default_factory=dict)
    compress: str = ""
    counted: tuple[str, ...] = ()
    rewritten: bool = True

    def to_json(self) -> str:
        """Return the manifest as JSON text."""
        spaces = [asdict(space) for space in self.spaces.values()]
        data = {"spaces": spaces, "meta": dict(self.meta), "sealed": self.sealed}
        if self.revisions:
            data["revisions"] = list(self.revisions)
        if self.generations:
            data["generations"] = dict(self.generations)
        if self.compress:
            data["compress"] = self.compress
        if self.counted:
            data["counted"] = list(self.counted)
        if not self.rewritten:
            data["rewritten"] = False
        return json.dumps(data, indent=1)

    @classmethod
    def from_json(cls, text: str) -> IndexManifest:
        """Read a manifest; raise ValueError with the reason where the text is not one."""
        try:
            data = json.loads(text)
            spaces = [Space(**fields) for fields in data["spaces"]]
            meta, sealed = data["meta"], int(data.get("sealed", 0))
            revisions = tuple(str(name) for name in data.get("revisions", ()))
            generations = {str(name): int(count) for name, count in dict(data.get("generations", {})).items()}
            compress = str(data.get("compress", ""))
            counted = tuple(str(name) for name in data.get("counted", ()))
            rewritten = bool(data.get("rewritten", True))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a manifest of an index: {error!r}") from error
        if not isinstance(meta, dict):
            raise ValueError("not a manifest of an index: meta is no object")
        named = {space.name: space for space in spaces}
        return cls(named, meta, sealed, revisions, generations, compress, counted, rewritten)
