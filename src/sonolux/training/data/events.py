"""Sounds in which events are to be found, and what is known of them: from when to when, or only that they are there.

Clips, a folder a class, of which scenes are mixed (`sonolux.training.data.soundscapes`), a new one every time. Or
recordings that somebody labelled: a table with the columns ``path``, ``label``, ``start`` and ``end`` in seconds
(strong labels), or ``path`` and ``label`` alone (weak ones), a line an event, or label tracks of Audacity beside them
(`sonolux.training.data.event_tables`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from sonolux.training.data.event_tables import ToldEvents, label_tracks_in, read_event_table, read_label_tracks
from sonolux.training.data.folders import files_at
from sonolux.training.data.soundscapes import Soundscapes, audible
from sonolux.training.data.sources import FEWEST
from sonolux.training.data.tables import is_table
from sonolux.types import Failure

AN_EPOCH = 400
"""Scenes of an epoch."""

PART = 10.0
"""Seconds of a recording that are learned from at once."""

LONGEST = 600.0
"""Seconds of a file, at most."""

SPILL = 0.5
"""Seconds by which an event may end after its recording, of which it then is the end."""


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


FEWEST_RECORDINGS = 6
"""Recordings from which parts of one are kept together; of fewer hardly any would be left to learn from."""


@dataclass(frozen=True, slots=True)
class SoundscapeData:
    """Scenes, mixed anew in every epoch; see `EventData`.

    Attributes
    ----------
    source : str
    scenes : Soundscapes
    how : Sounds
    count, seed : int
        Scenes of an epoch, and the seed of all of them.
    failed : tuple of Failure
    notes : tuple of str
    paths : mapping of str to sequence of str
        File of each clip of a class.
    groups : mapping of str to ndarray of int, shape (clips,), or None
        Which clips belong together, of one class or of several.
    """

    source: str
    scenes: Soundscapes
    how: Sounds
    count: int = AN_EPOCH
    seed: int = 0
    failed: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    paths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    groups: Mapping[str, NDArray[np.int64]] | None = None

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
    """Parts of recordings, and the events of each; see `EventData`. Parts of one group belong together."""

    source: str
    pieces: Sequence[tuple[torch.Tensor, list[Event] | set[str]]]
    classes: tuple[str, ...]
    how: Sounds
    failed: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    groups: NDArray[np.int64] | None = None
    paths: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pieces)

    def contents(self) -> list[bytes]:
        """Return what each part holds."""
        return [frames.numpy().tobytes() for frames, _ in self.pieces]

    def item(self, row: int, epoch: int) -> tuple[torch.Tensor, list[Event] | set[str]]:
        """Return the frames of a part, and what is in it."""
        frames, told = self.pieces[row]
        return frames.float(), told

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any frame or label."""
        digest = hashlib.blake2b(digest_size=8)
        for frames, told in self.pieces:
            digest.update(frames.numpy().tobytes())
            digest.update(repr(sorted(told) if isinstance(told, set) else told).encode())
        return digest.hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> LabelledRecordings:
        """Return some of the parts."""
        pieces = [self.pieces[row] for row in rows]
        groups = None if self.groups is None else self.groups[rows]
        paths = tuple(self.paths[row] for row in rows) if self.paths else ()
        return LabelledRecordings(self.source, pieces, self.classes, self.how, groups=groups, paths=paths)


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
        return _recordings(read_event_table(data), how, data)
    found = files_at(data, "clips")
    if found.labels is None and data.is_dir() and (tracks := label_tracks_in(data)):
        return _recordings(read_label_tracks(tracks), how, data)
    if found.labels is None:
        raise TrainingError(f"{data} has no labels: give a folder a class, or a table with path,label,start,end")
    sounds, unread = _decoded(found.paths, how.rate)
    failed = [*found.failed, *unread]
    clips: dict[str, list[NDArray[np.float32]]] = {}
    paths: dict[str, list[str]] = {}
    for path in found.paths:
        if path in sounds:
            clips.setdefault(found.labels[path], []).append(audible(sounds[path], how.rate))
            paths.setdefault(found.labels[path], []).append(path)
    if len(clips) < 2:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{data} has {len(clips)} classes of readable clips; at least 2 are needed{why}")
    scenes = Soundscapes(clips, how.rate)
    return SoundscapeData(str(data), scenes, how, failed=tuple(failed), notes=found.notes, paths=paths)


def _recordings(told: ToldEvents, how: Sounds, source: Path) -> LabelledRecordings:
    sounds, unread = _decoded(list(told.events), how.rate)
    failed = [*told.failed, *unread]
    parts: list[tuple[torch.Tensor, list[Event] | set[str]]] = []
    kept: set[str] = set()
    groups: list[int] = []
    paths: list[str] = []
    for number, path in enumerate(path for path in told.events if path in sounds):
        events, beyond = _within(path, len(sounds[path]) / how.rate, told)
        failed += beyond
        kept |= {event.label for event in events}
        cut = _parts(sounds[path], events, how, strong=told.strong)
        parts += cut
        groups += [number] * len(cut)
        paths += [path] * len(cut)
    if not kept or len(parts) < FEWEST:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(
            f"{source}: {len(kept)} classes in {len(parts)} readable parts of {PART:.0f} s;"
            f" at least 1 in {FEWEST} are needed{why}"
        )
    # Parts of one recording alone cannot be kept together: then each is an item.
    together = np.array(groups) if len(set(groups)) >= FEWEST_RECORDINGS else None
    classes = tuple(sorted(kept))
    return LabelledRecordings(str(source), parts, classes, how, tuple(failed), groups=together, paths=tuple(paths))


def _within(path: str, seconds: float, told: ToldEvents) -> tuple[list[Event], list[Failure]]:
    """Return the events of a recording that are within it, and those that are left out because they are not."""
    if not told.strong:
        return told.events[path], []
    kept, failed = [], []
    for event in told.events[path]:
        if event.start < seconds and event.end <= seconds + SPILL:
            kept.append(Event(event.label, event.start, min(event.end, seconds)))
        else:
            file, line = told.sources[path, event]
            times = f"{event.label} from {event.start:g} to {event.end:g} s"
            failed.append(Failure(file, f"line {line}: {times}, but {path} ends at {seconds:.2f} s"))
    return kept, failed


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


def _decoded(paths: Sequence[str], rate: int) -> tuple[dict[str, NDArray[np.float32]], list[Failure]]:
    """Return the samples of each recording, and those that cannot be learned from."""
    blocks, failed = decode_clips(paths, rate, lambda samples: samples, LONGEST)
    return {path: np.concatenate(parts) for path, parts in blocks.items()}, failed
