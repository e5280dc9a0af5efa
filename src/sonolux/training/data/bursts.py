"""Bursts: photos that one camera took within moments of each other, and that show nearly the same.

When a photo was taken is what it says itself, on the camera's clock, to the second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GAP = 2.0
"""Seconds between photos of a burst, at most."""

NOTABLE = 0.1
"""Share of the photos in bursts from which a remark says so."""


@dataclass(frozen=True, slots=True)
class Capture:
    """When a photo was taken, in seconds of the camera's clock, and by which camera."""

    seconds: float
    camera: str


def capture_of(metadata: Mapping[str, Any]) -> Capture | None:
    """Return when a photo was taken by what it says of itself (`sonolux.media.segment.Probe`); None for no time."""
    said = metadata.get("date")
    if not isinstance(said, str) or len(said) < len("2024-05-01T10:20:30"):
        return None
    try:
        # Without its zone: the clock of a camera is one clock.
        taken = datetime.fromisoformat(said[:19])
    except ValueError:
        return None
    return Capture((taken - datetime(1, 1, 1)).total_seconds(), str(metadata.get("camera") or ""))


def burst_keys(captures: Sequence[Capture | None]) -> list[str]:
    """Return of each photo the burst that it belongs to, by a name; empty where it is not known when it was taken."""
    keys = [""] * len(captures)
    known = [(one.camera, one.seconds, row) for row, one in enumerate(captures) if one is not None]
    before: tuple[str, float] | None = None
    burst = 0
    for camera, seconds, row in sorted(known):
        if before is None or camera != before[0] or seconds - before[1] > GAP:
            burst += 1
        keys[row] = f"burst {burst}"
        before = camera, seconds
    return keys


def remark_on_bursts(captures: Sequence[Capture | None]) -> str:
    """Return a line where many photos were taken within moments of others; empty where they were not."""
    counts = Counter(key for key in burst_keys(captures) if key)
    several = [count for count in counts.values() if count > 1]
    if len(several) < 2 or sum(several) < NOTABLE * len(captures):
        return ""
    return (
        f"{sum(several):,} pictures were taken within {GAP:g} seconds of another, {len(several):,} bursts: the score"
        " promises too much; --group-by time keeps each together"
    )
