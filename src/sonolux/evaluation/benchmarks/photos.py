"""Photo benchmark: what the spaces of pictures find, what the labels are worth, and what describing a photo costs."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.photo_labels import TEMPERATURE
from sonolux.encoders import resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.defaults import CLASSICAL, PACKAGED
from sonolux.encoders.packaged.photo import backbone
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.evaluation.protocols.photo_search import PART, TOP, PhotoScores, score_photos, split_photos
from sonolux.evaluation.protocols.shop_photos import DRAWS, FEW, few_right, nearest_right, shop_photos
from sonolux.library import Library
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Image, Segment
from sonolux.metrics.classification import accuracy, expected_calibration_error
from sonolux.types import Modality

MORE = ("photo-code", "photo-lite2")
"""Spaces by name, beside those that every library has."""

TIMED = 64
"""Photos whose description is timed, on one thread, in batches of 16; the fastest of three rounds counts."""


def benchmark_photos(photos: Path, shop: Path) -> Report:
    """Measure each space of pictures alone, and the default ones together, as a search does.

    Parameters
    ----------
    photos : Path
        The sample of ImageNet.
    shop : Path
        The set grocery.
    """
    fitted, unseen = split_photos(photos)
    products, labels = shop_photos(shop)
    with tempfile.TemporaryDirectory() as folder:
        kinds = _in_library(Path(folder) / "photos", unseen, score_photos)
        right = _in_library(Path(folder) / "shop", products, nearest_right)
    rows: list[list[str]] = [
        [name, f"{s.kinds:.3f}", f"{s.first:.3f}", f"{s.among_ten:.3f}", f"{right[name]:.3f}"]
        for name, s in kinds.items()
    ]
    return _report(rows, kinds, right, _labels(fitted, unseen), _few(products, labels), _seconds(unseen[:TIMED]))


def _in_library(place: Path, files: list[Path], score: Any) -> dict[str, Any]:
    """Score each space alone, and all that a search asks."""
    with Library(place) as library:
        library.add(*files, spaces=(*CLASSICAL, *PACKAGED, *MORE), labels=False)
        seeing = [encoder for encoder in library.spaces.writers() if encoder.modality is Modality.IMAGE]
        together = [encoder.space for encoder in seeing if encoder.asks and encoder.space not in MORE]
        alone = {encoder.space: score(library, [encoder.space]) for encoder in seeing}
        return alone | {"default": score(library, together)}


def _labels(fitted: list[Path], unseen: list[Path]) -> dict[str, float]:
    """Fit the temperature of the labels on one half of the sample, and judge them as they are on the other."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    # The sample holds one photo of each class, in the order of the classes: every other one is in each half.
    halves = {0: backbone().scores(_features(fitted)), 1: backbone().scores(_features(unseen))}
    truth = {half: np.arange(half, 2 * len(scores), 2) for half, scores in halves.items()}

    def loss(temperature: float) -> float:
        chosen = log_softmax(halves[0] / temperature, axis=1)[np.arange(len(truth[0])), truth[0]]
        return float(-chosen.mean())

    chances = np.exp(log_softmax(halves[1] / TEMPERATURE, axis=1))
    return {
        "temperature": float(minimize_scalar(loss, bounds=(0.2, 3), method="bounded").x),
        "top 1": accuracy(chances.argmax(axis=1), truth[1]),
        "top 5": float(np.mean([one in np.argsort(-row)[:5] for one, row in zip(truth[1], chances, strict=True)])),
        "error": expected_calibration_error(chances, truth[1]),
    }


def _few(products: list[Path], labels: NDArray[np.str_]) -> dict[str, list[float]]:
    """Return the accuracies of logistic regression upon the descriptor, and upon all that the network pools."""
    pixels = [pixels_of(path) for path in products]
    [photo] = resolve("photo")
    described = {
        "the 256 numbers of photo": np.asarray(photo.encode(pixels)),
        "the 1,280 that the network pools": normalised(np.sqrt(backbone().features(pixels))),
    }
    return {name: few_right(rows, labels) for name, rows in described.items()}


def _seconds(files: list[Path]) -> float:
    """Return the seconds that describing a photo takes on one thread, decoding left out."""
    import torch

    pixels = [pixels_of(path) for path in files]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        [photo] = resolve("photo")
        return min(_round(photo, pixels) for _ in range(3)) / len(files)
    finally:
        torch.set_num_threads(threads)


def _round(photo: Any, pixels: list[NDArray[np.uint8]]) -> float:
    fresh = [one.copy() for one in pixels]  # what was seen is known
    started = time.perf_counter()
    for start in range(0, len(fresh), 16):
        photo.encode(fresh[start : start + 16])
    return time.perf_counter() - started


def _features(files: list[Path]) -> NDArray[np.float32]:
    found = [
        backbone().features([pixels_of(path) for path in files[start : start + 16]])
        for start in range(0, len(files), 16)
    ]
    return np.concatenate(found)


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """Return the pixels of a photo, uint8 (h, w, 3)."""
    segments = (event for event in read(str(path), ReadOptions()) if isinstance(event, Segment))
    return next(segment.content.pixels for segment in segments if isinstance(segment.content, Image))


def _report(
    rows: list[list[str]],
    kinds: dict[str, PhotoScores],
    right: dict[str, float],
    labels: dict[str, float],
    few: dict[str, list[float]],
    seconds: float,
) -> Report:
    told = "; ".join(
        f"{np.mean(scores):.3f} from {name} ({min(scores):.3f} to {max(scores):.3f})" for name, scores in few.items()
    )
    return Report(
        name="photos",
        title="Photographs",
        command="sonolux bench photos",
        about=(
            f"Kinds and parts: the second of every two photos of the sample of ImageNet, one a class. The network of"
            f" `photo` was trained on ImageNet, and whether on these photos nobody says. Kinds: the share of a photo's"
            f" {TOP} nearest among birds, dogs, food and six other kinds that are of its own. Parts: the left"
            f" {PART:.0%} of each photo asks; the share of photos that come first, and among the first {TOP}. Products:"
            f" grocery; the share of photos whose nearest other photo shows the same of 21 products."
            f" With {FEW} photos of each product, {DRAWS} draws, logistic regression is right on {told}. Labels of"
            f" the same photos: top 1 {labels['top 1']:.3f}, top 5 {labels['top 5']:.3f}, expected calibration error"
            f" {labels['error']:.3f} with the temperature {TEMPERATURE} (the other half gives"
            f" {labels['temperature']:.2f}). One thread describes {1 / seconds:.0f} photos a second; rclip says 119 on"
            f" an M1."
        ),
        columns=("space", f"kinds, P@{TOP}", "parts, first", f"parts, first {TOP}", "products, 1-NN"),
        rows=rows,
        verdicts=[
            compare_with_target("kinds, photo", kinds["photo"].kinds, 0.69),
            compare_with_target("products, photo", right["photo"], 0.90),
            compare_with_target("kinds, default over photo", kinds["default"].kinds / kinds["photo"].kinds, 0.98),
            compare_with_target("products, default over photo", right["default"] / right["photo"], 0.98),
            compare_with_target(f"products, {FEW} photos each", float(np.mean(next(iter(few.values())))), 0.90),
            compare_with_target("photos a second on one thread", 1 / seconds, 59),
        ],
    )
