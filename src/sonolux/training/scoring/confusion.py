"""Confusion matrix as a picture: rows what items are, columns what they were named, in shares of each row."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NUMBERED = 15
"""Classes up to which each cell has its number."""

NAMED = 60
"""Classes up to which rows and columns have their names."""

LONGEST = 24
"""Characters of a name."""

TOLD = 3
"""Confusions that are told above."""


def draw_confusion(confusion: Sequence[Sequence[float]], classes: Sequence[str], file: Path) -> None:
    """Draw a confusion matrix, in items, into a PNG file.

    Parameters
    ----------
    confusion : sequence of sequence of float
        Rows true classes, columns what was named.
    classes : sequence of str
    file : Path
    """
    from matplotlib.figure import Figure

    counts = np.asarray(confusion, float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    side = min(3.4 + 0.28 * min(len(classes), NAMED), 16)
    figure = Figure(figsize=(side + 1.5, side), dpi=110, layout="constrained")
    axes = figure.add_subplot(xlabel="predicted", ylabel="true class")
    axes.set_title(_escaped(most_confused(counts, classes)), loc="left", fontsize=8)
    axes.set_xticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.88", linewidth=0.5)
    axes.tick_params(which="minor", length=0)
    shown = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(shown, ax=axes, label="share of the class", shrink=0.8)
    if len(classes) <= NAMED:
        names = [_escaped(shortened(name)) for name in classes]
        axes.set_xticks(range(len(classes)), names, rotation=90, fontsize=7)
        axes.set_yticks(range(len(classes)), names, fontsize=7)
    if len(classes) <= NUMBERED:
        for row, column in np.argwhere(counts > 0):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{counts[row, column]:.3g}", ha="center", va="center", color=colour, fontsize=7)
    with warnings.catch_warnings():
        # Letters that no installed font has are drawn as boxes; the card of the model has the names.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, bbox_inches="tight", pad_inches=0.1)


def most_confused(counts: NDArray[np.float64], classes: Sequence[str]) -> str:
    """Return in lines which classes are taken for which others most often, by the share of the true one."""
    wrong = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    np.fill_diagonal(wrong, 0)
    worst = [np.unravel_index(place, wrong.shape) for place in np.argsort(-wrong, axis=None, kind="stable")[:TOLD]]
    lines = [
        f"{shortened(classes[row])} as {shortened(classes[column])}: {counts[row, column]:.3g} of"
        f" {counts[row].sum():.3g}"
        for row, column in worst
        if wrong[row, column] > 0
    ]
    return "\n".join(["most often confused:", *lines]) if lines else "nothing confused"


def shortened(name: str) -> str:
    """Return a name that is short enough, on one line."""
    name = " ".join(name.split())
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _escaped(text: str) -> str:
    return text.replace("$", r"\$")  # no formula
