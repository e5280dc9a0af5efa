"""Clips of music to learn fingerprints from: cut from recordings, or made up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.fingerprints.constellation import RATE
from sonolux.training.data.decoding import decode_clips
from sonolux.training.data.folders import files_at
from sonolux.training.data.sources import FEWEST
from sonolux.training.data.synthetic_music import LOUDEST, tune
from sonolux.types import Failure

SECONDS = 8
"""Of a clip."""

MADE = 1_700
"""Clips that are made up, where no recordings are given."""

QUIETEST = 1e-3
"""Root mean square of a clip, of full scale, below which it is silence."""

MADE_UP = "music that is made up (sonolux.training.data.synthetic_music)"


@dataclass(frozen=True, slots=True)
class ClipSet:
    """Clips of eight seconds at 8,000 hertz.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    clips : ndarray of float16, shape (n, samples)
    failed : tuple of Failure
        Files that could not be read.
    """

    source: str
    clips: NDArray[np.float16]
    failed: tuple[Failure, ...] = ()

    def __len__(self) -> int:
        return len(self.clips)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any sample."""
        return hashlib.blake2b(self.clips.tobytes(), digest_size=8).hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> ClipSet:
        """Return some of the clips."""
        return ClipSet(self.source, self.clips[rows])

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        return {"source": self.source, "clips": len(self), "fingerprint": self.fingerprint()}


def read_clips(data: Path | str) -> ClipSet:
    """Cut all recordings of a folder, or those that a table names, into clips, each made as loud as made music is.

    Parameters
    ----------
    data : path
        See `sonolux.training.data.folders.files_at`; labels do not matter.

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, or too few clips can be cut.
    """
    data = Path(data).expanduser()
    found = files_at(data, "recordings")
    blocks, unread = decode_clips(found.paths, RATE, _cut)
    failed = [*found.failed, *unread]
    clips = [clip for path in found.paths for block in blocks.get(path, ()) for clip in block]
    if len(clips) < FEWEST:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{data}: {len(clips)} clips of {SECONDS} s; at least {FEWEST} are needed{why}")
    return ClipSet(str(data), np.stack(clips), tuple(failed))


def made_clips(count: int = MADE, seed: int = 0) -> ClipSet:
    """Return clips of music that is made up, the same for the same seed."""
    tunes = [tune(SECONDS, RATE, np.random.default_rng([seed, number])) for number in range(count)]
    return ClipSet(MADE_UP, np.stack(tunes).astype(np.float16))


def _cut(samples: NDArray[np.float32]) -> Sequence[NDArray[np.float16]]:
    length = SECONDS * RATE
    whole = samples[: len(samples) // length * length].reshape(-1, length)
    loud = whole[np.sqrt(np.square(whole).mean(axis=1)) > QUIETEST]
    return [(clip * (LOUDEST / np.abs(clip).max())).astype(np.float16) for clip in loud]
