"""Sounds in which events are to be found, and what is known of them: from when to when, or only that they are there.

Clips, a folder a class, of which scenes are mixed (`sonolux.training.data.soundscapes`), a new one every time. Or
recordings that somebody labelled: a ``.csv`` file with the columns ``path``, ``label``, ``start`` and ``end`` in
seconds (strong labels), or ``path`` and ``label`` alone (weak ones), a line an event; without any event the label is
empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.audio_input import frames_heard
from sonolux.checkpoints.inputs import Sounds
from sonolux.errors import TrainingError
from sonolux.metrics.events import Event
from sonolux.training.data.decoding import decode_clips
from sonolux.training.data.soundscapes import Soundscapes, audible
from sonolux.training.data.sources import FEWEST, files_at
from sonolux.training.data.tables import check_filled, is_table, path_in, rows_with
from sonolux.types import Failure

AN_EPOCH = 400
"""Scenes of an epoch."""

PART = 10.0
"""Seconds of a recording that are learned from at once."""

LONGEST = 600.0
"""Seconds of a file, at most."""


class EventData(Protocol):
    """What events are learned from, item by item."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        ...

    @property
    def how(self) -> Sounds:
        """How sounds are heard; not standardised."""
        ...

    def __len__(self) -> int: ...

    def item(self, row: int, epoch: int) -> tuple[torch.Tensor, list[Event] | set[str]]:
        """Return the frames of an item (frames, bands), and its events, or the classes that are somewhere in it."""
        ...

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with anything that is learned from."""
        ...


@dataclass(frozen=True, slots=True)
class SoundscapeData:
    """Scenes, mixed anew in every epoch; see `EventData`."""

    source: str
    scenes: Soundscapes
    how: Sounds
    count: int = AN_EPOCH
    seed: int = 0
    failed: tuple[Failure, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        return tuple(sorted(self.scenes.clips))

    def __len__(self) -> int:
        return self.count

    def item(self, row: int, epoch: int) -> tuple[torch.Tensor, list[Event]]:
        """Return the frames of a scene, and its events."""
        sound, events = self.scenes.scene((self.seed, epoch, row))
        return frames_heard(sound, self.how), events

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any clip."""
        digest = hashlib.blake2b(digest_size=8)
        for label in self.classes:
            for clip in self.scenes.clips[label]:
                digest.update(clip.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class LabelledRecordings:
    """Parts of recordings, and the events of each; see `EventData`."""

    source: str
    parts: Sequence[tuple[torch.Tensor, list[Event] | set[str]]]
    classes: tuple[str, ...]
    how: Sounds
    failed: tuple[Failure, ...] = ()

    def __len__(self) -> int:
        return len(self.parts)

    def item(self, row: int, epoch: int) -> tuple[torch.Tensor, list[Event] | set[str]]:
        """Return the frames of a part, and what is in it."""
        frames, told = self.parts[row]
        return frames.float(), told

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any frame or label."""
        digest = hashlib.blake2b(digest_size=8)
        for frames, told in self.parts:
            digest.update(frames.numpy().tobytes())
            digest.update(repr(sorted(told) if isinstance(told, set) else told).encode())
        return digest.hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> LabelledRecordings:
        """Return some of the parts."""
        return LabelledRecordings(self.source, [self.parts[row] for row in rows], self.classes, self.how)


def read_event_data(data: Path | str, how: Sounds) -> SoundscapeData | LabelledRecordings:
    """Read clips, a folder a class, or the recordings of a table.

    Parameters
    ----------
    data : path
        See the module.
    how : Sounds
        How they are heard.

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, classes are missing, or too little can be read.
    """
    data = Path(data).expanduser()
    if is_table(data):
        return _recordings(data, how)
    paths, names = files_at(data, "clips")
    if names is None:
        raise TrainingError(f"{data} has no labels: give a folder a class, or a .csv with path,label,start,end")
    sounds, failed = _decoded(paths, how.rate)
    clips: dict[str, list[NDArray[np.float32]]] = {}
    for path in paths:
        if path in sounds and sounds[path].any():
            clips.setdefault(names[path], []).append(audible(sounds[path], how.rate))
    if len(clips) < 2:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{data} has {len(clips)} classes of readable clips; at least 2 are needed{why}")
    return SoundscapeData(str(data), Soundscapes(clips, how.rate), how, failed=tuple(failed))


def _recordings(table: Path, how: Sounds) -> LabelledRecordings:
    told, strong = _table(table)
    sounds, failed = _decoded(list(told), how.rate)
    parts: list[tuple[torch.Tensor, list[Event] | set[str]]] = []
    for path, events in told.items():
        if path in sounds:
            parts += _parts(sounds[path], events, how, strong=strong)
    classes = tuple(sorted({event.label for events in told.values() for event in events}))
    if not classes or len(parts) < FEWEST:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(
            f"{table}: {len(classes)} classes in {len(parts)} readable parts of {PART:.0f} s;"
            f" at least 1 in {FEWEST} are needed{why}"
        )
    return LabelledRecordings(str(table), parts, classes, how, tuple(failed))


def _parts(
    sound: NDArray[np.float32], events: Sequence[Event], how: Sounds, *, strong: bool
) -> list[tuple[torch.Tensor, list[Event] | set[str]]]:
    """Cut a recording; a weakly labelled one stays whole, for nobody knows where its events are."""
    if not strong:
        return [(frames_heard(sound, how).half(), {event.label for event in events})]
    length = round(PART * how.rate)
    parts: list[tuple[torch.Tensor, list[Event] | set[str]]] = []
    for first in range(0, max(len(sound) - how.frame, 1), length):
        start, end = first / how.rate, (first + length) / how.rate
        inside = [
            Event(event.label, max(event.start, start) - start, min(event.end, end) - start)
            for event in events
            if event.start < end and event.end > start
        ]
        parts.append((frames_heard(sound[first : first + length], how).half(), inside))
    return parts


def _table(table: Path) -> tuple[dict[str, list[Event]], bool]:
    """Return the events of each recording, and whether their times are known."""
    rows = rows_with(table, ["path", "label"], "path,label,start,end")
    check_filled(table, rows, "path")
    strong = {"start", "end"} <= rows[0].keys()
    told: dict[str, list[Event]] = {}
    for line, row in enumerate(rows, start=2):
        events = told.setdefault(path_in(table, row), [])
        if row["label"]:
            start, end = _times(row, f"{table}, line {line}") if strong else (0.0, LONGEST)
            events.append(Event(row["label"], start, end))
    return told, strong


def _times(row: dict[str, str], where: str) -> tuple[float, float]:
    try:
        start, end = float(row["start"]), float(row["end"])
    except (TypeError, ValueError):
        raise TrainingError(f"{where}: start and end are seconds, not {row['start']!r} and {row['end']!r}") from None
    if not 0 <= start < end < float("inf"):
        raise TrainingError(f"{where}: an event from {start} to {end} s does not end after it begins")
    return start, end


def _decoded(paths: Sequence[str], rate: int) -> tuple[dict[str, NDArray[np.float32]], list[Failure]]:
    """Return the samples of each recording, and those that cannot be learned from."""
    blocks, failed = decode_clips(paths, rate, lambda samples: samples, LONGEST)
    return {path: np.concatenate(parts) for path, parts in blocks.items()}, failed
