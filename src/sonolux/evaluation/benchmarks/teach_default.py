"""Default trainings beside networks from random weights: seconds, and the accuracy on items that were kept back."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sonolux.annotators.classifier import Classifier
from sonolux.checkpoints.folder import CARD, ModelFolder
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.shop_photos import few_draws, shop_photos
from sonolux.training.classification.automatic import (
    IMAGE_SIZE,
    image_sources,
    sound_sources,
    train_image_features,
    train_sound_features,
)
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.recipes import FeaturesRecipe
from sonolux.training.classification.sounds import train_sounds, with_enough_epochs
from sonolux.training.data.described import image_batches
from sonolux.training.data.images import read_images
from sonolux.training.data.sounds import make_sound_input, read_sounds
from sonolux.training.recipes import make_recipe

KINDS = {"n01": "animal", "n02": "animal", "n03": "artefact", "n04": "artefact", "n07": "food"}
"""Kinds of things by the first digits of their numbers in WordNet 3.0."""

KIND, PHOTOS = 15, 345
"""Photos of each kind that are learned from, and of all kinds that are taken."""

LabelsByFile = Mapping[str, str]
"""Label by file."""


def benchmark_default(data: Path, work: Path, progress: Announce) -> tuple[Report, dict[str, Any]]:
    """Train by default and from random weights, and measure both on the same items kept back."""
    rows, values = [], {}
    for name, (learned, asked, sounds) in protocols(data).items():
        for method in ("default", "random weights"):
            found = _measured(learned, asked, work / f"{name}-{method.split()[0]}", sounds, method == "default")
            values[f"{name}, {method}"] = found
            told = f"{found['told']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
            rows.append([name, method, f"{found['reached']:.3f}", told, f"{found['seconds']:.0f}"])
            progress(" ".join(rows[-1]))
    report = Report(
        "teach-default",
        "A model in seconds",
        "sonolux bench teach --part default",
        "What `sonolux train labels` and `train sounds` make where nothing else is asked, beside `--from none`, on"
        " items that neither has seen: grocery, four photos of each of 21 products, the other four asked; faces, five"
        " portraits of each of 30 people; the sample of ImageNet, fifteen animals, artefacts and foods, 300 others"
        " asked (the network has seen photos of these kinds, if not these); ESC-10, six clips of each class; spoken"
        " digits, five speakers, the sixth asked. Told: the score that the training reports, with its interval; of the"
        " digits by speaker. Seconds"
        " include reading; on a machine that others use as well they are an upper bound.",
        ("data", "method", "accuracy on the others", "told", "seconds"),
        rows,
        [
            compare_with_target("grocery by default", values["grocery, default"]["reached"], 0.90, form=".3f"),
            compare_with_target("its seconds", values["grocery, default"]["seconds"], 60, at_most=True, form=".0f"),
        ],
    )
    return report, values


def protocols(data: Path) -> dict[str, tuple[LabelsByFile, LabelsByFile, bool]]:
    """Return of each set what is learned from, what is asked, and whether it is sounds."""
    files, labels = shop_photos(data / "grocery")
    learned = next(iter(few_draws(labels)))
    shop = {str(file): str(label) for file, label in zip(files, labels, strict=True)}
    portraits = {str(file): file.parent.name for file in sorted((data / "faces").rglob("*.png"))}
    clips = {
        str(file): file.parent.name for file in sorted((data / "esc10").rglob("*.*")) if file.parent.name != "esc10"
    }
    photos = kinds_of_photos(data / "imagenet_sample")
    digits = {str(file): file.stem.split("_")[0] for file in sorted((data / "spoken_digits").rglob("*.flac"))}
    few = {path: label for path, label in digits.items() if int(Path(path).stem.split("_")[2]) < 8}
    last = max(Path(path).stem.split("_")[1] for path in few)
    return {
        "grocery": (*_split(shop, lambda path: bool(learned[list(shop).index(path)])), False),
        "faces": (*_split(portraits, lambda path: int(Path(path).stem) <= 5), False),
        "imagenet_sample": (*_split(photos, _first(photos, KIND)), False),
        "esc10": (*_split(clips, _first(clips, 6)), True),
        "digits by speaker": (*_split(few, lambda path: Path(path).stem.split("_")[1] != last), True),
    }


def kinds_of_photos(folder: Path) -> dict[str, str]:
    """Return the kind of each photo of a sample of ImageNet, in the order of a shuffle, by its WordNet number."""
    files = sorted(folder.glob("n*.jpg"), key=lambda file: file.stem)
    order = np.random.default_rng(0).permutation(len(files))
    told = {str(files[row]): KINDS.get(files[row].name[:3], "") for row in order}
    return dict([(path, kind) for path, kind in told.items() if kind][:PHOTOS])


def _split(told: LabelsByFile, learned: Callable[[str], bool]) -> tuple[LabelsByFile, LabelsByFile]:
    return {p: told[p] for p in told if learned(p)}, {p: told[p] for p in told if not learned(p)}


def _first(told: LabelsByFile, count: int) -> Callable[[str], bool]:
    """Return what tells whether a file is one of the first of its class."""
    seen: dict[str, list[str]] = {}
    for path, label in told.items():
        seen.setdefault(label, []).append(path)
    return lambda path: seen[told[path]].index(path) < count


def _measured(
    learned: LabelsByFile, asked: LabelsByFile, folder: Path, sounds: bool, default: bool
) -> dict[str, float]:
    """Train where that is not done, and ask; return what was reached, told, and the seconds."""
    took = folder.parent / f"{folder.name}.seconds"
    if not (folder / CARD).is_file():
        began = time.monotonic()
        _train(_table(learned, folder.parent / f"{folder.name}.csv"), folder, sounds, default)
        took.write_text(str(time.monotonic() - began))
    model = Classifier(folder)
    model.force()
    table = _table(asked, folder.parent / f"{folder.name}-asked.csv")
    if sounds:
        right = _heard_right(model, table)
    else:
        images = read_images(table, IMAGE_SIZE)
        assert images.labels is not None
        right = []
        for rows, pixels in image_batches(images):
            said = model.annotate(pixels)
            right += [one[0].label == images.classes[images.labels[row]] for one, row in zip(said, rows, strict=True)]
    scores = ModelFolder.load(folder).scores
    told = {"told": scores["accuracy"], "low": scores["accuracy_low"], "high": scores["accuracy_high"]}
    return {"reached": float(np.mean(right)), "seconds": float(took.read_text())} | told


def _heard_right(model: Classifier, table: Path) -> list[bool]:
    from sonolux.training.data.decoding import decode_clips
    from sonolux.training.data.folders import files_at

    found = files_at(table, "sounds")
    blocks, _ = decode_clips(found.paths, model.sample_rate, lambda samples: samples)
    assert found.labels is not None
    return [
        model.annotate_one(np.concatenate(blocks[path]))[0].label == found.labels[path]
        for path in found.paths
        if path in blocks
    ]


def _train(table: Path, folder: Path, sounds: bool, default: bool) -> None:
    if not sounds and default:
        images = read_images(table, IMAGE_SIZE)
        train_image_features(images, FeaturesRecipe(sources=image_sources()[0]), folder)
    elif not sounds:
        recipe = make_recipe("labels")
        train_labels(read_images(table, recipe.image_size), recipe, folder)
    else:
        heard = read_sounds(table, make_sound_input())
        speakers = [Path(path).stem.split("_")[1:2] for path in heard.paths]
        if "digits" in folder.name:
            heard = replace(heard, groups=np.unique(speakers, return_inverse=True)[1].ravel().astype(np.int64))
        if default:
            train_sound_features(heard, FeaturesRecipe(sources=sound_sources()[0]), folder)
        else:
            train_sounds(heard, with_enough_epochs(make_recipe("sounds"), len(heard)), folder)


def _table(told: LabelsByFile, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as opened:
        rows = [(str(Path(path).resolve()), label) for path, label in told.items()]
        csv.writer(opened).writerows([("path", "label"), *rows])
    return file
