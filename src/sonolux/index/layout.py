"""Layout of a new index on a cluster: copies, shards and compressed descriptors, as they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from sonolux.errors import LibraryError

COPIES = 2
"""Copies of each shard where nobody says how many, and there are nodes for them."""

Compression = Literal["int8", "binary"]
"""In what a float descriptor is kept in memory: a byte or a bit a number; the original lies on the disk."""


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """What a new index on a cluster asks for.

    Attributes
    ----------
    copies : int or None
        Of each shard, on as many nodes; by default `COPIES`, or one where there is one node.
    shards : int or None
        Parts into which points are divided; by default what the cluster makes of it.
    compress : Compression or None
        Of the descriptors of float spaces; codes are always kept as bits.
    """

    copies: int | None = None
    shards: int | None = None
    compress: Compression | None = None

    def __post_init__(self) -> None:
        for wanted, what in ((self.copies, "copies"), (self.shards, "shards")):
            if wanted is not None and wanted < 1:
                raise LibraryError(f"a library has at least one of its {what}, not {wanted}")
        if self.compress not in (None, *get_args(Compression)):
            raise LibraryError(f"descriptors are compressed to {' or '.join(get_args(Compression))}: {self.compress}")

    def copies_on(self, nodes: int, location: str) -> int:
        """Return how many copies there will be on so many nodes.

        Raises
        ------
        LibraryError
            Where there are fewer nodes than copies, or than shards.
        """
        for wanted, what in ((self.copies, "copies"), (self.shards, "shards")):
            if wanted is not None and wanted > nodes:
                there = "one node" if nodes == 1 else f"{nodes} nodes"
                raise LibraryError(f"{wanted} {what} are more than {location} has nodes, {there}: ask for {nodes}")
        return self.copies or min(COPIES, nodes)


DEFAULT_LAYOUT = ClusterLayout()


def refuse_later_layout(layout: ClusterLayout, location: str) -> None:
    """Raise LibraryError where anything is asked for of a library that is there already."""
    if layout != DEFAULT_LAYOUT:
        if "://" not in location:
            refuse_layout(layout, location)
        raise LibraryError(
            f"{location} is there already: copies, shards and compression are asked for when a library is made;"
            " `sonolux info` tells what it has"
        )


def refuse_layout(layout: ClusterLayout, location: str) -> None:
    """Raise LibraryError where anything is asked for of a library that is in a folder."""
    if layout != DEFAULT_LAYOUT:
        raise LibraryError(f"copies, shards and compression are for a library on a cluster, and {location} is a folder")
