"""Data of the benchmark of trainings: public sets described once, with labels, for many small trainings."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from sonolux.evaluation.protocols.shop_photos import shop_photos
from sonolux.training.classification.automatic import image_sources, sound_sources
from sonolux.training.data.described import DescribedSet, describe_images, describe_sounds
from sonolux.training.data.images import ImageSet, read_images, resized
from sonolux.training.data.packed import read_packed
from sonolux.training.data.sounds import make_sound_input, read_sounds

CIFAR = 120
"""Pictures of each class of CIFAR-10."""

IMAGE_SIZE = 224
"""Pixels that the packaged network takes."""

NETWORK = ("photo@pool",)
"""Descriptors of what needs many pictures, where gradients never win."""


def shop(data: Path) -> ImageSet:
    """Return the eight photos of each product of grocery."""
    files, labels = shop_photos(data / "grocery")
    found = {str(file): str(label) for file, label in zip(files, labels, strict=True)}
    return _images(found, "grocery")


def cifar(data: Path) -> ImageSet:
    """Return the first pictures of each class of the test set of CIFAR-10."""
    pictures, names = read_packed(data / "cifar10" / "test.parquet")
    classes, labels = np.unique(names, return_inverse=True)
    rows = np.concatenate([np.flatnonzero(labels == label)[:CIFAR] for label in range(len(classes))])
    pixels = np.stack([resized(pictures[row], IMAGE_SIZE) for row in rows])
    return ImageSet("cifar10", pixels, labels[rows].astype(np.int64), tuple(map(str, classes)))


def faces(data: Path) -> ImageSet:
    """Return the portraits of 30 people, 15 of each."""
    return read_images(data / "faces", IMAGE_SIZE)


def digits_by_speaker(data: Path, each: int = 10) -> tuple[DescribedSet, NDArray[np.str_]]:
    """Return spoken digits, so many of each by each speaker, and who speaks."""
    files = sorted((data / "spoken_digits").rglob("*.flac"))
    kept = [file for file in files if int(file.stem.split("_")[2]) < each]
    told = {str(file): file.stem.split("_")[0] for file in kept}
    described = _sounds(told, "spoken_digits")
    speakers = np.array([Path(path).stem.split("_")[1] for path in described.paths])
    return replace(described, groups=np.unique(speakers, return_inverse=True)[1].astype(np.int64)), speakers


def labelled_sounds(data: Path, name: str) -> DescribedSet:
    """Return the sounds of a set whose folders are classes."""
    return _sounds({str(file): file.parent.name for file in _files(data / name)}, name)


def described_images(images: ImageSet, *, mirrored: bool = False, network: bool = False) -> DescribedSet:
    """Describe images as `sonolux train labels` does, or by the packaged network alone."""
    return describe_images(images, NETWORK if network else image_sources()[0], mirrored=mirrored)


def kept(work: Path, name: str, make: Callable[[], DescribedSet]) -> DescribedSet:
    """Return descriptors that are kept under a name, or make them and keep them."""
    file = work / f"{name}.npz"
    if not file.is_file():
        made = make()
        work.mkdir(parents=True, exist_ok=True)
        arrays = {f"rows {source}": rows for source, rows in made.rows.items()}
        arrays |= {f"mirrored {source}": rows for source, rows in made.mirrored.items()}
        none = np.zeros(0, np.int64)
        told = {"labels": made.labels, "classes": np.array(made.classes), "paths": np.array(made.paths)}
        np.savez(file, **arrays, **told, groups=none if made.groups is None else made.groups)  # type: ignore[arg-type]
    with np.load(file) as found:
        groups = found["groups"]
        return DescribedSet(
            name,
            {key.removeprefix("rows "): found[key] for key in found.files if key.startswith("rows ")},
            {key.removeprefix("mirrored "): found[key] for key in found.files if key.startswith("mirrored ")},
            {},
            {},
            found["labels"],
            tuple(found["classes"].tolist()),
            groups=groups if len(groups) else None,
            paths=tuple(found["paths"].tolist()),
        )


def _images(told: dict[str, str], name: str) -> ImageSet:
    with TemporaryDirectory() as folder:
        return replace(read_images(_table(told, Path(folder)), IMAGE_SIZE), source=name)


def _sounds(told: dict[str, str], name: str) -> DescribedSet:
    with TemporaryDirectory() as folder:
        sounds = replace(read_sounds(_table(told, Path(folder)), make_sound_input()), source=name)
    return describe_sounds(sounds, sound_sources()[0])


def _table(told: dict[str, str], folder: Path) -> Path:
    table = folder / "labels.csv"
    with table.open("w", newline="", encoding="utf-8") as opened:
        rows = [(str(Path(path).resolve()), label) for path, label in told.items()]
        csv.writer(opened).writerows([("path", "label"), *rows])
    return table


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in {".flac", ".ogg", ".wav", ".mp3"})
