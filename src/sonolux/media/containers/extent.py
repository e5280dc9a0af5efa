"""Extent: how much of a stream there was, and how much of that could be decoded, in seconds or bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST_HOLES = 100
"""Stretches of bytes in no packet that are remembered."""


@dataclass(slots=True)
class Extent:
    """What came of one stream so far.

    Attributes
    ----------
    end : float
        Where what was decoded ends, from the file's zero.
    gaps : float
        Of time stamps within, in which nothing is.
    failed : float
        That packets would last which no decoder takes.
    packets : int
        How many there were.
    shown : float or None
        The stamp at which the last of those ends that were decoded.
    held : int
        Bytes of those that were decoded.
    holes : list of (int, int)
        First and last byte, exclusive, of what lies between decoded packets and is in none.
    last : bytes
        The beginning of the last packet.
    last_size : int
        Its bytes.
    refused : str
        Why a part of it, or all, was not decoded at all.
    """

    end: float = 0.0
    gaps: float = 0.0
    failed: float = 0.0
    packets: int = 0
    shown: float | None = None
    held: int = 0
    holes: list[tuple[int, int]] = field(default_factory=list)
    last: bytes = b""
    last_size: int = 0
    refused: str = ""
    _place: int | None = None

    def note(self, packet: Any, *, failed: bool) -> None:
        """Take notice of a packet; the empty one that ends a stream is none."""
        if not packet.size:
            return
        self.packets += 1
        self.last, self.last_size = bytes(memoryview(packet)[:HEADER]), packet.size
        if failed:
            self.failed += float(packet.duration * packet.time_base) if packet.duration and packet.time_base else 0.0
            return
        self.held += packet.size
        if packet.pts is not None and packet.time_base:
            self.shown = max(self.shown or 0.0, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if packet.pos is None or packet.pos < 0:
            return
        if self._place is not None and packet.pos > self._place and len(self.holes) < MOST_HOLES:
            self.holes.append((self._place, packet.pos))
        self._place = packet.pos + packet.size


HEADER = 16
"""Bytes of a packet that are kept: frames of MPEG audio say in them how long they are."""
