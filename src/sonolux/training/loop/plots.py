"""Plots of a training: its learning curve, nearest neighbours, and reconstructions beside their originals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.training.loop.trained import Epoch

THUMBNAIL = 64
"""Pixels a side of an image in a grid."""

GAP = 4
"""Pixels between images."""

WIDE_GAP = 16
"""Pixels between a query and its hits."""


def draw_curve(history: Sequence[Epoch], file: Path) -> None:
    """Draw loss and held-out score by epoch, on axes of their own, into a PNG file."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6, 3.2), dpi=120, layout="constrained")
    losses = figure.add_subplot(xlabel="epoch", ylabel="loss")
    scores = losses.twinx()
    epochs = range(1, len(history) + 1)
    losses.plot(epochs, [epoch.loss for epoch in history], color="tab:grey", marker=".", label="loss")
    scores.plot(epochs, [epoch.score for epoch in history], color="tab:blue", marker=".", label="held-out score")
    scores.set_ylabel("held-out score")
    losses.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(file)


def draw_neighbours(queries: NDArray[np.uint8], hits: NDArray[np.uint8], file: Path) -> None:
    """Draw each query (n, h, w, 3) before its hits (n, k, h, w, 3), a row each, best hit first, into a PNG file."""
    rows = [
        np.concatenate([_row([query], WIDE_GAP), _row(found, GAP)], 1)
        for query, found in zip(queries, hits, strict=True)
    ]
    _save(rows, file)


def draw_pairs(originals: NDArray[np.uint8], others: NDArray[np.uint8], file: Path) -> None:
    """Draw images (n, h, w, 3) in one row, and what became of each under it, into a PNG file."""
    _save([_row(originals, GAP), _row(others, GAP)], file)


def _row(images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], gap: int) -> NDArray[np.uint8]:
    return np.concatenate([np.pad(_thumbnail(p), ((0, GAP), (0, gap), (0, 0)), constant_values=255) for p in images], 1)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    image = Image.fromarray(pixels)
    method = Image.Resampling.NEAREST if image.width < THUMBNAIL else Image.Resampling.LANCZOS
    return np.asarray(image.resize((THUMBNAIL, THUMBNAIL), method))


def _save(rows: Sequence[NDArray[np.uint8]], file: Path) -> None:
    from PIL import Image

    Image.fromarray(np.concatenate(rows)).save(file)
