"""Media of the calibration benchmark: photos and sounds that are strangers, versions of some, and their descriptors.

A version is what people have of one thing: encoded again, cut, made smaller or darker; of a sound, quieter, cut, at
another rate or in fewer bits.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.errors import SonoluxError
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Audio, Image, Segment

PHOTO_SPACES = ("colour-histogram", "colour-layout", "hog", "photo")
SOUND_SPACES = ("mfcc", "chroma")
COPIED = 5
"""Photos, and sounds, of which there are many versions."""

VERSIONS = 150
"""Versions of each of these; of every other, one."""


@dataclass(frozen=True)
class Collection:
    """Descriptors of things and of versions of them.

    Attributes
    ----------
    name : str
    classes : ndarray, shape (n,)
        Two things of one class may be alike: they are not counted as strangers.
    things : dict of str to ndarray, shape (n, dim)
        By space.
    again : dict of str to ndarray, shape (n, dim)
        One version of each.
    versions : dict of str to ndarray, shape (COPIED, VERSIONS, dim)
        Many of each of the first things.
    """

    name: str
    classes: NDArray[Any]
    things: dict[str, NDArray[Any]]
    again: dict[str, NDArray[Any]]
    versions: dict[str, NDArray[Any]]


def photos_of(folder: Path) -> Collection:
    """Return the photos of a folder in which no two show the same thing; SonoluxError where they are too few."""
    paths = sorted(folder.glob("*.jpg"))
    if len(paths) < 900:
        raise SonoluxError(f"calibration needs 900 JPEG files, not {len(paths)}: name their folder with --data")
    pixels = [_content(path, Image).pixels for path in paths]
    random = np.random.default_rng(0)
    versions = [_version_of_photo(photo, random) for photo in _versioned(pixels)]
    return _described("photos", np.arange(len(paths)), PHOTO_SPACES, pixels, versions)


def sounds_of(folders: Sequence[Path]) -> Collection:
    """Return the sounds of folders that have a folder for each class; SonoluxError where they are too few."""
    suffixes = {".ogg", ".wav", ".flac", ".mp3"}
    paths = sorted(path for folder in folders for path in folder.glob("*/*") if path.suffix in suffixes)
    if len(paths) < 150:
        raise SonoluxError(f"calibration needs 150 sounds in folders of their classes, not {len(paths)}")
    order = np.random.default_rng(0).permutation(len(paths))
    chosen = [paths[i] for i in order]
    sounds = [_content(path, Audio) for path in chosen]
    random = np.random.default_rng(0)
    versions = [_version_of_sound(sound, random) for sound in _versioned(sounds)]
    classes = np.array([path.parent.name for path in chosen])
    at_rate = [_at_rate(sound, 22_050) for sound in sounds], [_at_rate(sound, 22_050) for sound in versions]
    return _described("sounds", classes, SOUND_SPACES, *at_rate)


def _versioned(things: list[Any]) -> list[Any]:
    """Return each thing once, and then the first ones many times."""
    return things + [thing for thing in things[:COPIED] for _ in range(VERSIONS)]


def _described(
    name: str, classes: NDArray[Any], spaces: Sequence[str], things: list[Any], versions: list[Any]
) -> Collection:
    encoders = {space: resolve(space)[0] for space in spaces}
    described = {space: np.asarray(encoder.encode(things)) for space, encoder in encoders.items()}
    others = {space: np.asarray(encoder.encode(versions)) for space, encoder in encoders.items()}
    again = {space: rows[: len(things)] for space, rows in others.items()}
    many = {space: rows[len(things) :].reshape(COPIED, VERSIONS, -1) for space, rows in others.items()}
    return Collection(name, classes, described, again, many)


def _content(path: Path, kind: type[Any]) -> Any:
    segments = (event for event in read(str(path), ReadOptions.from_settings()) if isinstance(event, Segment))
    return next(segment.content for segment in segments if isinstance(segment.content, kind))


def _version_of_photo(pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Encode a photo again; of three, cut one at its edges, and make one smaller and darker or lighter."""
    import PIL.Image
    import PIL.ImageEnhance

    photo = PIL.Image.fromarray(pixels)
    kind = random.integers(3)
    if kind == 1:
        cut = random.uniform(0.01, 0.08, 4) * np.array([*photo.size, *photo.size])
        photo = photo.crop((int(cut[0]), int(cut[1]), photo.width - int(cut[2]), photo.height - int(cut[3])))
    elif kind == 2:
        share = random.uniform(0.5, 0.95)
        photo = photo.resize((int(photo.width * share), int(photo.height * share)))
        photo = PIL.ImageEnhance.Brightness(photo).enhance(random.uniform(0.9, 1.1))
    written = io.BytesIO()
    photo.save(written, "JPEG", quality=int(random.integers(50, 95)))
    return np.asarray(PIL.Image.open(written).convert("RGB"))


def _version_of_sound(sound: Audio, random: np.random.Generator) -> Audio:
    """Make a sound quieter in fewer bits; of three, cut one at its ends, and give one another rate."""
    samples, rate = sound.samples, sound.rate
    kind = random.integers(3)
    if kind == 1:
        first, last = (int(share * len(samples)) for share in random.uniform(0.01, 0.08, 2))
        samples = samples[first : len(samples) - last]
    elif kind == 2:
        rate = int(random.choice([16_000, 22_050, 32_000]))
        samples = soxr.resample(samples, sound.rate, rate)
    steps = 2.0 ** random.integers(9, 16)
    quieter = samples * random.uniform(0.5, 1.0)
    return Audio(np.asarray(np.round(quieter * steps) / steps, np.float32), rate)


def _at_rate(sound: Audio, rate: int) -> NDArray[np.float32]:
    return np.asarray(soxr.resample(sound.samples, sound.rate, rate), np.float32)
