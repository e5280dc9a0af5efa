"""Descriptors of the files of a data set, made once and kept in a folder of work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.evaluation.benchmarks.report import Announce
from sonolux.media.containers.audio import load_audio
from sonolux.types import Modality

BATCH = 32
"""Files that are described at once."""

SECONDS = 30.0
"""Of a sound that are listened to, from its beginning."""


def describe_files(encoder: Encoder, paths: Sequence[Path], work: Path, progress: Announce) -> NDArray[np.float32]:
    """Return the descriptors of images or sounds, (n, dim)."""
    if encoder.modality is Modality.AUDIO:
        return kept_rows(encoder, paths, lambda path: _samples(path, encoder.sample_rate), work, progress)
    return kept_rows(encoder, paths, _pixels, work, progress)


def kept_rows(
    encoder: Encoder, inputs: Sequence[Any], load: Callable[[Any], Any], work: Path, progress: Announce
) -> NDArray[np.float32]:
    """Return what an encoder makes of inputs, from the folder of work where it was made before.

    Parameters
    ----------
    encoder : Encoder
    inputs : sequence of path or str
        By which what was made is known again, with the encoder's digest.
    load : callable
        Makes of one of them what the encoder takes.
    work : Path
    progress : callable
    """
    named = "\n".join([encoder.name, encoder.digest, *map(str, inputs)])
    file = work / f"{encoder.name.replace(':', '-')}-{hashlib.blake2b(named.encode(), digest_size=8).hexdigest()}.npy"
    if file.is_file():
        return np.asarray(np.load(file, allow_pickle=False))
    rows = []
    for start in range(0, len(inputs), BATCH):
        rows.append(np.asarray(encoder.encode([load(one) for one in inputs[start : start + BATCH]])))
        progress(f"{encoder.name}: {min(start + BATCH, len(inputs)):,} of {len(inputs):,}")
    work.mkdir(parents=True, exist_ok=True)
    described = np.concatenate(rows)
    np.save(file, described)
    return described


def _pixels(path: Path) -> NDArray[np.uint8]:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _samples(path: Path, rate: int) -> NDArray[np.float32]:
    return load_audio(str(path), rate, SECONDS).samples
