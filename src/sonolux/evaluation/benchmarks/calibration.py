"""Calibration benchmark: how often non-matches reach a score of a claimed p-value.

Photos of a folder in which no two show the same thing (the sample of ImageNet: one photo a class) are split by a seed
into a library, to which a background model is fitted, queries, and items that the model never saw. Every query is then
a non-match of every item: a claimed p-value p is true when a share p of the pairs scores as high. A ratio of 1 is
perfect, above 1 claims too much, below 1 too little.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Image, Segment
from sonolux.retrieval.background import fit_background
from sonolux.types import Space

ENCODERS = ("colour-histogram", "colour-layout", "hog")
CHANCES = (1e-2, 1e-3, 1e-4, 1e-5)
QUERIES = 200
SPLITS = 10
SIZES = (500, 100, 40)


def benchmark_calibration(photos: Path) -> Report:
    """Compare claimed chances with how often non-matches reach them.

    Parameters
    ----------
    photos : Path
        Folder of at least 900 images, no two of the same thing.
    """
    descriptors = _descriptors(sorted(photos.glob("*.jpg")))
    ratios = {
        (size, name): _ratios(Space(name, rows.shape[1]), rows, size)
        for size in SIZES
        for name, rows in descriptors.items()
    }
    worst = max(value for (size, _), found in ratios.items() if size == max(SIZES) for value in found)
    return Report(
        name="calibration",
        title="Calibration",
        command="sonolux bench calibration",
        about=(
            f"How many times as often as claimed non-matches score as high, over {SPLITS} splits (seeds 0 to"
            f" {SPLITS - 1}) of the photos into a library, {QUERIES} queries and the rest."
        ),
        columns=("photos in the library", "space", *(f"claimed {chance:g}" for chance in CHANCES)),
        rows=[[str(size), name, *(f"{r:.2f}" for r in found)] for (size, name), found in ratios.items()],
        verdicts=[
            compare_with_target(f"most times as often as claimed, {max(SIZES)} photos", worst, 2.0, at_most=True)
        ],
    )


def _descriptors(paths: list[Path]) -> dict[str, NDArray[Any]]:
    if len(paths) < 900:
        raise SonoluxError(f"calibration needs 900 JPEG files, not {len(paths)}: name their folder with --data")
    pixels = [_pixels(path) for path in paths]
    return {spec: np.asarray(encoder.encode(pixels)) for spec in ENCODERS for encoder in resolve(spec)}


def _pixels(path: Path) -> NDArray[np.uint8]:
    segments = (event for event in read(str(path), ReadOptions.from_settings()) if isinstance(event, Segment))
    content = next(segments).content
    assert isinstance(content, Image)
    return content.pixels


def _ratios(space: Space, rows: NDArray[Any], size: int) -> list[float]:
    """Return, for each claimed chance, the share of pairs that reach it over the share claimed."""
    reached = np.zeros(len(CHANCES))
    pairs = 0
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(rows))
        library, queries, rest = np.split(rows[order], [size, size + QUERIES])
        background = fit_background(space, library, np.arange(size))
        for query in queries:
            scores = rest @ query
            reached += [(scores >= background.score(query, chance)).sum() for chance in CHANCES]
        pairs += len(queries) * len(rest)
    return [float(count / pairs / chance) for count, chance in zip(reached, CHANCES, strict=True)]
