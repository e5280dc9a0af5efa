"""Layer trade-off: how descriptors of each layer of a network agree with classes and with colours.

Every image is a query among all others. Semantic agreement is the share of its ten nearest that have its class; visual
agreement is with the order by MPEG-7 colour layout, which describes only where which colours are. All numbers are means
over the images; higher is more agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import Encoder, resolve
from sonolux.encoders.registry import network_called
from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.encoders.trained.layers import encoder_at, layers_of
from sonolux.evaluation.benchmarks.report import Report
from sonolux.metrics.ranking import precision_at_k, top_k
from sonolux.retrieval.similarity import similarities
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.data.sources import check_classes

VISUAL = "colour-layout"

NEAREST = 10
"""Neighbours of an image that are looked at."""

MOST = 2_000
"""Images, at most: the first of each class, as many of one as of another."""

SIDE = 256
"""Pixels of images for networks that resize them by themselves."""

COLUMNS = ("descriptor", "numbers", "precision@10 of classes", "overlap@10 with colour layout", "Spearman with it")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far one descriptor agrees with classes and colours.

    Attributes
    ----------
    name : str
        Of the layer, or of another encoder.
    dim : int
        Numbers of a descriptor.
    precision : float
        Share of the ten nearest that have the class of the query.
    overlap : float
        Share of them that are among its ten nearest by colour layout.
    correlation : float
        Spearman's, of the order in which both bring all other images.
    """

    name: str
    dim: int
    precision: float
    overlap: float
    correlation: float


def benchmark_layers(model: str, data: Path) -> Report:
    """Measure every layer of a model, and the colour layout itself.

    Parameters
    ----------
    model : str
        See `sonolux.encoders.registry.network_called`.
    data : Path
        Labelled images, see `sonolux.training.data.images.read_images`.

    Raises
    ------
    SonoluxError
        Where the model has no layers, or the images no labels.
    """
    whole = network_called(model)
    side = whole.folder.images.width if isinstance(whole, TrainedEncoder) else SIDE
    images = read_images(data, side)
    check_classes(images)
    images = take_first_of_each_class(images)
    layers = [encoder_at(whole, layer.name) for layer in layers_of(whole)]
    measured = measure_agreements([*layers, *resolve(VISUAL)], images)
    return Report(
        name="layers",
        title="Layers: from colours to classes",
        command=f"sonolux bench layers --model {Path(model).name}",
        about=(
            f"{len(images):,} labelled pictures of {data.parent.name}/{data.name}, the first"
            f" {len(images) // len(images.classes)} of each of {len(images.classes)} classes; each asks among all"
            " others; layers are pooled by their mean and compared by cosine. By chance: precision"
            f" {1 / len(images.classes):.3f}, overlap {NEAREST / (len(images) - 1):.3f}, correlation 0."
        ),
        columns=COLUMNS,
        rows=[_row(one) for one in measured],
    )


def measure_agreements(encoders: Sequence[Encoder], images: ImageSet) -> list[Agreement]:
    """Compare encoders with the labels of images and with their colour layout."""
    [visual] = resolve(VISUAL)
    seen = _others(_scores(visual, images))
    near, order = top_k(seen, NEAREST), _ranks(seen)
    assert images.labels is not None
    # Labels of all other images, in the order of the scores.
    n = len(images)
    others = _others(np.broadcast_to(images.labels, (n, n)))
    right = others == images.labels[:, None]
    return [_agreement(encoder, _others(_scores(encoder, images)), right, near, order) for encoder in encoders]


def take_first_of_each_class(images: ImageSet, most: int = MOST) -> ImageSet:
    """Return at most so many images in all, the first of each class, in the order of the classes."""
    share = most // len(images.classes)
    firsts = [np.flatnonzero(images.labels == label)[:share] for label in range(len(images.classes))]
    return images.subset(np.concatenate(firsts))


def _agreement(
    encoder: Encoder,
    scores: NDArray[np.float32],
    right: NDArray[np.bool_],
    near: NDArray[np.intp],
    order: NDArray[np.float64],
) -> Agreement:
    nearest = top_k(scores, NEAREST)
    shared = (nearest[:, :, None] == near[:, None, :]).any(axis=2)
    return Agreement(
        encoder.spec.rpartition("@")[2],
        encoder.dim,
        float(precision_at_k(np.take_along_axis(right, nearest, axis=1), NEAREST).mean()),
        float(shared.mean()),
        float(_correlations(_ranks(scores), order).mean()),
    )


def _scores(encoder: Encoder, images: ImageSet) -> NDArray[np.float32]:
    rows = np.asarray(encoder.encode(list(images.pixels)))
    return similarities(encoder.as_space(), rows, rows)


def _others(square: NDArray[Any]) -> NDArray[Any]:
    """Leave out the diagonal of (n, n), each image's own column: (n, n - 1)."""
    n = len(square)
    return square[~np.eye(n, dtype=bool)].reshape(n, n - 1)


def _ranks(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    from scipy.stats import rankdata

    return np.asarray(rankdata(scores, axis=1), np.float64)


def _correlations(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's correlation of each pair of rows; 0 where a row does not vary."""
    one, other = (rows - rows.mean(axis=1, keepdims=True) for rows in (one, other))
    lengths = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.asarray(np.divide((one * other).sum(axis=1), lengths, out=np.zeros(len(one)), where=lengths > 0))


def _row(one: Agreement) -> list[str]:
    return [one.name, f"{one.dim:,}", f"{one.precision:.3f}", f"{one.overlap:.3f}", f"{one.correlation:.3f}"]
