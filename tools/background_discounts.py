"""Measure the discounts of `tools.backgrounds`: ``SONOLUX_DATA=... python -m tools.background_discounts [SPACE...]``.

Real media resemble one another more or less than those that borrowed background models were learned from. For each
space, the discount is such that one pair of strangers in a hundred has a p-value of .01, in the mean over collections
of photographs (flickr_captions, coco64, movies) and of sounds (emotify, recordings, and those with speech and digits):
none that `sonolux bench calibration` measures with. What they give is one number a space.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from sonolux.encoders import Encoder, resolve
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Audio, Image, Segment
from sonolux.retrieval.borrowed import SHAPE, BorrowedBackground
from sonolux.types import Modality
from tools.backgrounds import make_backgrounds

CLAIMED = 0.01
MOST = 200
"""Items of a collection."""

PHOTOS = ("flickr_captions", "coco64", "movies")
SOUNDS = ("emotify", "recordings", "emotional_speech", "spoken_digits")
SECONDS = 5

Collection = tuple[list[Any], NDArray[np.str_]]
"""Media, and the family of each: two of one are no strangers."""


def measure_discount(encoder: Encoder, borrowed: BorrowedBackground, collections: list[Collection]) -> float:
    """Return the mean power that makes p-values of .01 true in the mean over collections."""
    surprises = []
    for media, families in collections:
        rows = np.asarray(encoder.encode(media))
        found = [
            borrowed.surprises(row, (rows[families != family] @ row).tolist())
            for row, family in zip(rows, families, strict=True)
        ]
        surprises.append(np.concatenate(found))
    random = np.random.default_rng(0)
    fewest = min(map(len, surprises))
    pooled = np.concatenate([random.choice(found, fewest, replace=False) for found in surprises])
    reached = float(np.quantile(pooled, 1 - CLAIMED))
    return float(SHAPE * (CLAIMED ** (-1 / SHAPE) - 1) / reached)


def photographs(data: Path) -> Iterator[Collection]:
    """Yield collections of photographs that show different things."""
    random = np.random.default_rng(0)
    for name in PHOTOS:
        paths = sorted((data / name).rglob("*.jpg"))
        chosen = [paths[i] for i in random.permutation(len(paths))[:MOST]]
        yield [_content(path, Image).pixels for path in chosen], np.array([path.name for path in chosen])


def sounds(data: Path, rate: int) -> Iterator[Collection]:
    """Yield collections of sounds: music, recordings, and a mixture with speech, which is one family each."""
    random = np.random.default_rng(0)
    pieces: list[NDArray[np.float32]] = []
    families: list[str] = []
    for name in SOUNDS:
        paths = sorted(p for p in (data / name).rglob("*") if p.suffix in {".mp3", ".ogg", ".wav", ".flac"})
        for path in [paths[i] for i in random.permutation(len(paths))[:40]]:
            sound = _content(path, Audio)
            whole = soxr.resample(sound.samples, sound.rate, rate)
            length = SECONDS * rate
            starts = np.linspace(0, max(len(whole) - length, 0), 3 if name == "recordings" else 1).astype(int)
            pieces += [whole[start : start + length] for start in starts]
            families += [name if name in SOUNDS[2:] else path.name] * len(starts)
    named = np.array(families)
    music = sum(1 for family in families if family.endswith(".mp3"))
    recorded = sum(1 for family in families if family.endswith(".ogg"))
    yield pieces[:music], named[:music]
    yield pieces[music : music + recorded], named[music : music + recorded]
    yield pieces, named


def _content(path: Path, kind: type[Any]) -> Any:
    segments = (event for event in read(str(path), ReadOptions()) if isinstance(event, Segment))
    return next(segment.content for segment in segments if isinstance(segment.content, kind))


def main(names: list[str]) -> None:
    """Print the discount of each space, or of those named."""
    data = Path(os.environ.get("SONOLUX_DATA", "../shared/data"))
    for borrowed in make_backgrounds(names):
        name = borrowed.model.space.name
        encoder = resolve(name)[0]
        is_image = encoder.modality is Modality.IMAGE
        collections = [*photographs(data)] if is_image else [*sounds(data, encoder.sample_rate)]
        print(f"{name}: {measure_discount(encoder, borrowed, collections):.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
