"""Model folders written: weights, card, and drawings of how the training went and what is near to what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.outputs import Events, KnownClasses, Labels
from sonolux.encoders import Encoder, resolve
from sonolux.training.loop.plots import draw_curve, draw_neighbours
from sonolux.training.loop.trained import Trained
from sonolux.training.scoring.confusion import draw_confusion

SHOWN, HITS = 8, 8
"""Queries in the drawing of neighbours, and hits of each."""

GALLERY = 10_000
"""Images among which they are looked for, at most."""


def write_model_folder(trained: Trained, folder: Path, licence: str) -> ModelFolder:
    """Write the model folder; ``curve.png`` of a history, ``neighbours.png`` of images, ``confusion.png`` of labels.

    Parameters
    ----------
    trained : Trained
    folder : Path
    licence : str
        Of the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outputs = trained.outputs
    if isinstance(outputs, Labels | Events) and trained.known is not None:
        digest = trained.known.familiarity.save(folder)
        known = KnownClasses(
            left_out=tuple(round(one, 5) for one in trained.known.left_out), sha256=digest, empty=trained.known.empty
        )
        outputs = outputs.model_copy(update={"known": known})
    record = ModelFolder(
        architecture=trained.architecture,
        preprocessing=trained.preprocessing,
        descriptor=trained.descriptor,
        outputs=outputs,
        recipe=trained.recipe.resolved() | {"torch": torch.__version__},
        data=trained.data,
        scores=trained.scores,
        licence=licence,
    )
    saved = record.save(folder, trained.network)
    if trained.history:
        draw_curve(trained.history, folder / "curve.png")
    if isinstance(outputs, Labels) and "confusion" in trained.scores:
        draw_confusion(trained.scores["confusion"], outputs.names, folder / "confusion.png")
    if trained.sets is not None:
        encoder = resolve(str(saved.path))[0]
        queries, gallery = trained.sets[1].pixels[:SHOWN], trained.sets[0].pixels[:GALLERY]
        draw_neighbours(queries, gallery[_nearest(encoder, queries, gallery)], folder / "neighbours.png")
    return saved


def _nearest(encoder: Encoder, queries: NDArray[np.uint8], gallery: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the rows of the nearest images of each query, best first, shape (queries, HITS)."""
    asked, rows = (_directions(encoder, pixels) for pixels in (queries, gallery))
    return np.argsort(-(asked @ rows.T), axis=1, kind="stable")[:, :HITS]


def _directions(encoder: Encoder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows = np.asarray(encoder.encode(list(pixels)))
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1 if encoder.kind == "binary" else rows
