"""Listings: what a file that holds media has in it, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Where bytes lie in a file: the first, and how many."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Member:
    """A medium in another file.

    Attributes
    ----------
    place : ByteRange
        Of a row of a table that of the bytes once they are taken out: it begins at 0.
    described : dict of ByteRange
        In a shard, its descriptions by their ending.
    stamp : str
        Digest of what describes it.
    """

    place: ByteRange
    described: dict[str, ByteRange] = field(default_factory=dict)
    stamp: str = ""


@dataclass(slots=True)
class Listing:
    """The media in a file by their names.

    Attributes
    ----------
    members : dict of Member
    refused : dict of str
        Members that are not taken, and why.
    notes : list of str
        What else is wrong with the file, a line each.
    whole : bool
        Whether it was read to its end.
    """

    members: dict[str, Member] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    whole: bool = True


def listing_to_data(listing: Listing) -> dict[str, Any]:
    """Return a listing as plain data."""
    members = [
        (name, astuple(member.place), {end: astuple(place) for end, place in member.described.items()}, member.stamp)
        for name, member in listing.members.items()
    ]
    return {"members": members, "refused": listing.refused, "notes": listing.notes, "whole": listing.whole}


def listing_from_data(data: Mapping[str, Any]) -> Listing:
    """Return the listing that `listing_to_data` made plain."""
    members = {
        name: Member(ByteRange(*place), {end: ByteRange(*one) for end, one in described.items()}, stamp)
        for name, place, described, stamp in data["members"]
    }
    return Listing(members, data["refused"], data["notes"], data["whole"])
