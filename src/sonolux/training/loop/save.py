"""A trained network into a model folder: weights, card, and images of how it went and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import AnyPreprocessing, Preprocessing
from sonolux.checkpoints.outputs import Descriptor, Labels
from sonolux.encoders import Encoder, resolve
from sonolux.training.data.images import ImageSet
from sonolux.training.loop.image_learner import DEVIATION, MEAN
from sonolux.training.loop.learner import Epoch
from sonolux.training.loop.plots import draw_curve, draw_neighbours
from sonolux.training.loop.warm_start import before, taught_by
from sonolux.training.recipe import Recipe

SHOWN, HITS = 8, 8
"""Queries in the image of neighbours, and hits of each."""

GALLERY = 10_000
"""Images among which they are looked for, at most."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A network that has learned.

    Attributes
    ----------
    network : torch module
        From inputs to descriptors, or to the scores of labels.
    architecture : Architecture
        That builds it again.
    history : sequence of Epoch
        Empty where nothing was iterated.
    scores : dict
        What it reached on held-out images.
    preprocessing : part of a model folder, or None
        How media become its inputs; None for the way of `preprocessing`.
    """

    network: nn.Module
    architecture: Architecture
    history: Sequence[Epoch] = ()
    scores: dict[str, Any] = field(default_factory=dict)
    preprocessing: AnyPreprocessing | None = None


def preprocessing(side: int) -> Preprocessing:
    """Return how images become inputs of this size."""
    return Preprocessing(width=side, height=side, mean=(MEAN,) * 3, deviation=(DEVIATION,) * 3)


def code_descriptor(space: str, bits: int, layer: str = "") -> Descriptor:
    """Return a binary descriptor; bits that do not fill whole bytes are filled up with zeros."""
    return Descriptor(space=space, dim=-(-bits // 8) * 8, kind="binary", metric="hamming", layer=layer)


def write_model_folder(
    trained: Trained,
    descriptor: Descriptor,
    recipe: Recipe,
    data: dict[str, object],
    folder: Path,
    licence: str,
    **meaning: Any,
) -> ModelFolder:
    """Write the model folder, and into it ``curve.png``.

    Parameters
    ----------
    trained : Trained
        With its preprocessing.
    descriptor : Descriptor
    recipe : Recipe
    data : dict
        What the card says of what was learned from.
    folder : Path
    licence : str
        Of the weights.
    **meaning
        What the outputs are: ``labels``, ``events`` or ``speech``, see `ModelFolder`.
    """
    assert trained.preprocessing is not None
    record = ModelFolder(
        architecture=trained.architecture,
        preprocessing=trained.preprocessing,
        descriptor=descriptor,
        recipe=recipe.resolved() | {"torch": torch.__version__},
        data=data,
        scores=trained.scores,
        licence=licence,
        **meaning,
    )
    saved = record.save(folder, trained.network)
    if trained.history:
        draw_curve(trained.history, folder / "curve.png")
    return saved


def write_image_model(
    trained: Trained,
    descriptor: Descriptor,
    recipe: Recipe,
    sets: tuple[ImageSet, ImageSet],
    folder: Path,
    licence: str,
    labels: Labels | None = None,
) -> ModelFolder:
    """Write the model folder of images, and into it ``curve.png`` and ``neighbours.png``.

    Parameters
    ----------
    trained : Trained
    descriptor : Descriptor
    recipe : Recipe
    sets : (ImageSet, ImageSet)
        Learned from, and held out.
    folder : Path
    licence : str
        Of the weights.
    labels : Labels, optional
        Of a classifier.
    """
    learned, held_out = sets
    teachers = recipe.options.get("teachers", ())
    data = learned.described() | {"held_out": len(held_out)} | before(recipe.start) | taught_by(teachers)
    seen = replace(trained, preprocessing=trained.preprocessing or preprocessing(recipe.side))
    saved = write_model_folder(seen, descriptor, recipe, data, folder, licence, labels=labels)
    encoder = resolve(str(saved.path))[0]
    queries, gallery = held_out.pixels[:SHOWN], learned.pixels[:GALLERY]
    draw_neighbours(queries, gallery[_nearest(encoder, queries, gallery)], folder / "neighbours.png")
    return saved


def _nearest(encoder: Encoder, queries: NDArray[np.uint8], gallery: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the rows of the nearest images of each query, best first, shape (queries, HITS)."""
    asked, rows = (_directions(encoder, pixels) for pixels in (queries, gallery))
    return np.argsort(-(asked @ rows.T), axis=1, kind="stable")[:, :HITS]


def _directions(encoder: Encoder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows = np.asarray(encoder.encode(list(pixels)))
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1 if encoder.kind == "binary" else rows
