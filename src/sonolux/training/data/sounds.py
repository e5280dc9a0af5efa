"""Sounds to learn from, in memory: a folder, a folder a class, or a table of paths and labels.

Of each sound the levels or cepstra of its frames are kept, float16 (frames, width), by the `Sounds` of the model to be
(`sonolux.checkpoints.audio_input`): a hundred frames of 64 numbers a second, a tenth of its samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.audio_input import frames_heard
from sonolux.checkpoints.inputs import Sounds
from sonolux.errors import TrainingError
from sonolux.training.data.decoding import decode_clips
from sonolux.training.data.folders import files_at
from sonolux.training.data.sources import FoundFiles, check_enough, lost_classes, numbered
from sonolux.types import Failure

RATE = 16_000
"""Hertz at which sounds are heard, if nothing else is asked."""

FRAME_SECONDS, HOP_SECONDS = 0.032, 0.010
"""Of a frame, and from one to the next: the usual ones of speech, which do for instruments and animals."""

BANDS, LOWEST = 64, 30.0

COEFFICIENTS = 20
"""Cepstral coefficients of a frame, where cepstra are learned from."""

LONGEST = 10.0
"""Seconds that are heard at once, at most."""

MOST_ARE_SHORTER = 0.95
"""Share of the sounds that are to fit into what is heard at once."""


@dataclass(frozen=True, slots=True)
class SoundSet:
    """Sounds with or without labels.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    frames : sequence of tensor of float16, shape (frames, width)
    how : Sounds
        By which they were heard; not standardised.
    labels : ndarray of int64, shape (n,), or None
    classes : tuple of str
        Name of each label; empty without labels.
    paths : tuple of str
    failed : tuple of Failure
        Files and rows that were left out.
    parts : tuple of str, or None
        Of each sound ``train``, ``val`` or ``test``, where its folder or table says so.
    notes : tuple of str
        What else is to be said of where they come from, a line each.
    groups : ndarray of int64, shape (n,), or None
        Which sounds belong together, and must not be on both sides of a split; None for none.
    """

    source: str
    frames: Sequence[torch.Tensor]
    how: Sounds
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    parts: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    groups: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any frame or label."""
        digest = hashlib.blake2b(digest_size=8)
        for frames in self.frames:
            digest.update(frames.numpy().tobytes())
        digest.update(b"" if self.labels is None else self.labels.tobytes())
        return digest.hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> SoundSet:
        """Return some of the sounds."""
        labels = None if self.labels is None else self.labels[rows]
        frames = [self.frames[row] for row in rows]
        paths = tuple(self.paths[row] for row in rows) if self.paths else ()
        parts = None if self.parts is None else tuple(self.parts[row] for row in rows)
        groups = None if self.groups is None else self.groups[rows]
        return SoundSet(self.source, frames, self.how, labels, self.classes, paths, parts=parts, groups=groups)

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        said: dict[str, object] = {"source": self.source, "sounds": len(self), "fingerprint": self.fingerprint()}
        if self.labels is not None:
            counts = np.bincount(self.labels, minlength=len(self.classes))
            said["classes"] = dict(zip(self.classes, counts.tolist(), strict=True))
        return said


def make_sound_input(rate: int = RATE, coefficients: int = 0, **others: Any) -> Sounds:
    """Return how sounds become inputs of a network, as fits a rate in hertz; `others` are fields of `Sounds`."""
    frame = 2 ** round(np.log2(FRAME_SECONDS * rate))
    usual = {"frame": frame, "hop": round(HOP_SECONDS * rate), "bands": BANDS, "lowest": LOWEST, "highest": rate / 2}
    try:
        return Sounds(rate=rate, coefficients=coefficients, **(usual | others))
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": (), "msg": str(error)}
        where = ".".join(map(str, first["loc"]))
        raise TrainingError(f"sounds cannot be heard so: {where + ': ' if where else ''}{first['msg']}") from error


def read_sounds(data: Path | str | FoundFiles, how: Sounds) -> SoundSet:
    """Read all sounds of a folder, or those that a table names.

    Parameters
    ----------
    data : path
        A folder or table, see `sonolux.training.data.folders.files_at`, or files that were found already.
    how : Sounds
        How they are heard; what has no ``seconds`` gets those into which most of these sounds fit.

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, a row lacks its label, or too few sounds can be read.
    """
    found = data if isinstance(data, FoundFiles) else files_at(Path(data).expanduser(), "sounds")
    blocks, failed = decode_clips(found.paths, how.rate, lambda samples: frames_heard(samples, how).half())
    kept = [path for path in found.paths if path in blocks]
    check_enough(found.source, len(kept), "sounds", [*found.failed, *failed])
    labels, classes = numbered(kept, found.labels)
    frames = [torch.cat(blocks[path]) for path in kept]
    notes = (*found.notes, *lost_classes(found, kept))
    failures = (*found.failed, *failed)
    return SoundSet(found.source, frames, how, labels, classes, tuple(kept), failures, found.parts_of(kept), notes)


def standardise_input(sounds: SoundSet, seconds: float | None = None) -> Sounds:
    """Return how sounds are heard, with the mean and deviation of their frames, and seconds into which most fit."""
    how = sounds.how
    numbers = torch.cat([frames.flatten() for frames in sounds.frames]).float()
    lengths = [len(frames) * how.hop / how.rate for frames in sounds.frames]
    fitting = min(LONGEST, float(np.quantile(lengths, MOST_ARE_SHORTER)))
    changes = {
        "mean": round(float(numbers.mean()), 4),
        "deviation": round(max(float(numbers.std()), 1e-3), 4),
        "seconds": seconds or max(round(fitting, 2), how.frame / how.rate),
    }
    return how.model_copy(update=changes)
