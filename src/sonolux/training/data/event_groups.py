"""Groups of what events are learned from: clips of one recording, recordings of one place, never on both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.training.data.events import LabelledRecordings, SoundscapeData
from sonolux.training.data.groups import group_items


@dataclass(frozen=True, slots=True)
class _Clips:
    """Clips of all classes, one after the other."""

    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    rows: tuple[bytes, ...]
    groups: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def contents(self) -> tuple[bytes, ...]:
        return self.rows


def group_event_data(
    read: SoundscapeData | LabelledRecordings, data: Path, by: str = ""
) -> tuple[SoundscapeData | LabelledRecordings, list[str]]:
    """Return clips or recordings with their groups, and what is to be said; see `sonolux.training.data.groups`."""
    if isinstance(read, LabelledRecordings):
        return group_items(read, data, by)
    names = read.classes
    counts = [len(read.scenes.clips[name]) for name in names]
    clips = _Clips(
        tuple(path for name in names for path in read.paths[name]),
        np.repeat(np.arange(len(names)), counts),
        tuple(np.asarray(clip).tobytes() for name in names for clip in read.scenes.clips[name]),
    )
    grouped, notes = group_items(clips, data, by)
    if grouped.groups is None:
        return read, notes
    parts = np.split(grouped.groups, np.cumsum(counts)[:-1])
    return replace(read, groups=dict(zip(names, parts, strict=True))), notes
