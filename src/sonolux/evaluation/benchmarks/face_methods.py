"""Face recognition methods: eigenfaces, Fisherfaces and a learned code, each fitted to a gallery alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from sonolux.encoders.base import Encoder, normalised
from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.encoders.trained.layers import LayerEncoder
from sonolux.evaluation.descriptors import Described, DescribeImageSet, describe_by_encoder, describe_by_pixels
from sonolux.evaluation.protocols.faces import Faces
from sonolux.evaluation.scorecard import Scorecard
from sonolux.models.projection import Projection
from sonolux.training.augmentation.images import ImageViews
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.projection import inputs_of
from sonolux.training.hashing.recipes import SupervisedRecipe
from sonolux.training.hashing.train import train_codes
from sonolux.training.projections.fisher import fit_fisher
from sonolux.training.projections.pca import fit_pca
from sonolux.types import Metric, Space

EIGENFACES = 50
"""Principal components of faces: nine tenths of what varies."""

LEARNED = SupervisedRecipe(
    architecture="hypercolumn-resnet",
    image_size=64,
    epochs=150,
    batch_size=75,
    validation=0.02,
    views=ImageViews(smallest=0.6, light=0.4, saturation=0, hue=0, grey=0, turn=10),
)
"""Found on the gallery alone: learned from three images of each person, asked with the other two."""

UNITS = "logits"
"""Layer of the units before they become bits."""


def measure_face_methods(protocol: Faces) -> list[Scorecard]:
    """Measure all of them; the last trains for some minutes."""
    return [
        protocol.score("Euclidean, pixels", describe_by_pixels),
        protocol.score_learned(f"eigenfaces, {EIGENFACES}, Euclidean", _eigenfaces),
        protocol.score_learned(f"eigenfaces, {EIGENFACES}, whitened, cosine", _whitened),
        protocol.score_learned("Fisherfaces, cosine", _fisherfaces),
        protocol.score_learned(f"learned, {LEARNED.epochs} epochs, cosine", _learned, LEARNED.seed),
    ]


def _eigenfaces(gallery: ImageSet) -> DescribeImageSet:
    return _by_projection(fit_pca(inputs_of(gallery), EIGENFACES), "euclidean")


def _whitened(gallery: ImageSet) -> DescribeImageSet:
    return _by_projection(fit_pca(inputs_of(gallery), EIGENFACES, whiten=True), "cosine")


def _fisherfaces(gallery: ImageSet) -> DescribeImageSet:
    assert gallery.labels is not None
    return _by_projection(fit_fisher(inputs_of(gallery), gallery.labels), "cosine")


def _learned(gallery: ImageSet) -> DescribeImageSet:
    with tempfile.TemporaryDirectory() as folder:
        train_codes(gallery, LEARNED, Path(folder) / "faces")
        encoder: Encoder = LayerEncoder(TrainedEncoder(Path(folder) / "faces"), UNITS)
        encoder.encode([gallery.pixels[0]])  # loads the weights before the folder goes
    return describe_by_encoder(encoder)


def _by_projection(projection: Projection, metric: Metric) -> DescribeImageSet:
    """Describe by a projection of the pixels; all of a gallery went into it, for it is small."""

    def describe(images: ImageSet) -> Described:
        rows = projection(torch.from_numpy(inputs_of(images))).numpy()
        return Described(normalised(rows) if metric == "cosine" else rows, Space("faces", rows.shape[1], metric))

    return describe
