"""Linear projections and classical hashing (PCA, whitening, Fisher, LSH, ITQ, spectral): of pixels, in seconds.

Or of the outputs of a model folder, or of one of its layers: scaled to length 1, as descriptors are compared; the
model that comes out holds that network as well. Or of the descriptors of any other encoder of images, which the model
names, and needs. Whitening is the best known of these uses (H. Jégou and O. Chum, "Negative evidences and
co-occurrences in image retrieval: the benefit of PCA and whitening", ECCV 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import AnyPreprocessing, SourceDescriptors
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.packaged.photo import PackagedFolder
from sonolux.encoders.trained.encoder import TrainedEncoder, network_input
from sonolux.encoders.trained.projected import unpacked
from sonolux.errors import TrainingError
from sonolux.models.binary_code import binarise
from sonolux.models.feature_extractor import LayerDescriptor
from sonolux.models.projection import Projection
from sonolux.models.spectral_projection import SpectralHash
from sonolux.models.unit_length import UnitLength
from sonolux.training.data.images import ImageSet
from sonolux.training.data.memory import check_memory
from sonolux.training.data.sources import check_classes
from sonolux.training.data.splits import split_items
from sonolux.training.hashing.recipes import ProjectionRecipe
from sonolux.training.loop.image_inputs import DESCRIBED, image_preprocessing
from sonolux.training.loop.trained import Trained, code_descriptor
from sonolux.training.loop.validation import label_precisions
from sonolux.training.loop.warm_start import describe_start, image_encoders
from sonolux.training.projections.fisher import fit_fisher
from sonolux.training.projections.itq import fit_itq
from sonolux.training.projections.lsh import fit_lsh
from sonolux.training.projections.pca import fit_pca
from sonolux.training.projections.spectral import fit_spectral
from sonolux.training.scoring.descriptors import PRECISION, chance_precision, score_values

if TYPE_CHECKING:
    from sonolux.training.loop.trained import TrainingProgress

FLOAT = ("pca", "whiten", "fisher")
"""Methods whose descriptors are float vectors; the others give binary codes."""

DescribeImages = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What comes before the projection.

    Attributes
    ----------
    preprocessing : Preprocessing or SourceDescriptors
        How images become inputs.
    describe : callable
        Images (h, w, 3) to what is projected, float32 (n, d).
    network : sequence of torch module
        Through what inputs go until they are projected; kept with the projection.
    links : sequence of dict
        The architecture of each.
    """

    preprocessing: AnyPreprocessing
    describe: DescribeImages
    network: Sequence[nn.Module] = ()
    links: Sequence[dict[str, Any]] = ()


EXACT = 32
"""Bytes that a number of a pixel takes where pixels are projected: in single precision, and three times in double."""


def learn_projection(
    images: ImageSet, recipe: ProjectionRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Fit a projection of the pixels, or of what the encoder gives that the recipe starts from.

    See `sonolux.training.methods.LearnMethod`.

    Raises
    ------
    TrainingError
        For labels that are missing, more bits than the images can give, or a start that sees no images.
    """
    sets = learned, held_out = split_items(images, recipe.validation, recipe.seed)
    if not recipe.pretrained:
        check_memory(images.source, len(images), images.pixels.shape[1], EXACT)
    inputs = encoder_inputs(recipe) if recipe.pretrained else pixel_inputs(learned.pixels.shape[1])
    rows, asked = (inputs_of(part, inputs) for part in sets)
    fitted = _fitted(rows, learned, recipe)
    scores = _scores(fitted, (rows, learned.labels), (asked, held_out.labels), recipe, held_out.groups)
    network, architecture = fitted, _architecture(fitted)
    outputs = int(architecture.arguments["bits" if isinstance(fitted, SpectralHash) else "outputs"])
    if inputs.network:
        network = nn.Sequential(*inputs.network, fitted)
        links = [*inputs.links, architecture.model_dump()]
        architecture = Architecture(name="sequential", arguments={"links": links})
    descriptor = (
        Descriptor(space=folder.name, dim=outputs)
        if recipe.method in FLOAT
        else code_descriptor(folder.name, recipe.bits)
    )
    data = learned.described() | {"held_out": len(held_out)} | describe_start(recipe.pretrained)
    return Trained(network, architecture, inputs.preprocessing, descriptor, recipe, data, scores, sets=sets)


def inputs_of(images: ImageSet, inputs: Inputs | None = None) -> NDArray[np.float32]:
    """Return what is projected of each image, by default its pixels: float32 (n, d)."""
    inputs = inputs or pixel_inputs(images.pixels.shape[1])
    starts = range(0, len(images), DESCRIBED)
    return np.concatenate([inputs.describe(list(images.pixels[start : start + DESCRIBED])) for start in starts])


def pixel_inputs(side: int) -> Inputs:
    """Return what comes before a projection of pixels: nothing but their preparation."""
    how = image_preprocessing(side)
    return Inputs(how, lambda batch: network_input(batch, how).reshape(len(batch), -1))


def encoder_inputs(recipe: ProjectionRecipe) -> Inputs:
    """Return what comes before a projection of what an encoder gives.

    Raises
    ------
    TrainingError
        Where the start sees no images, or is a model folder that takes larger ones than the recipe has.
    """
    encoders = image_encoders(recipe.pretrained, recipe.method)
    seeing = encoders[0]
    if isinstance(seeing, TrainedEncoder) and not isinstance(seeing.folder, PackagedFolder):
        return model_inputs(seeing, recipe)
    source = SourceDescriptors(source=seeing.spec, digests={encoder.name: encoder.digest for encoder in encoders})
    return Inputs(source, lambda batch: unpacked(np.asarray(seeing.encode(batch))))


def model_inputs(encoder: TrainedEncoder, recipe: ProjectionRecipe) -> Inputs:
    """Return what comes before a projection of a model folder or one of its layers: the network, up to there.

    It is shown images of the recipe's size, which may be larger than those that it was trained on, where it averages
    over all places in the end.

    Raises
    ------
    TrainingError
        Where the model does not take images of the recipe's size.
    """
    trained = encoder.folder.images
    side = max(trained.width, trained.height)
    refusal = f"{recipe.pretrained} takes pictures of {side} pixels, not {recipe.image_size}: say --image-size {side}"
    if side > recipe.image_size:
        raise TrainingError(refusal)
    how = trained.model_copy(update={"width": recipe.image_size, "height": recipe.image_size})
    network, link = _cut(encoder)
    both = nn.Sequential(network, UnitLength())

    def describe(batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        try:
            with torch.inference_mode():
                described: NDArray[np.float32] = both(torch.from_numpy(network_input(batch, how))).numpy()
        except RuntimeError as error:  # shapes that do not fit
            raise TrainingError(refusal) from error
        return described

    return Inputs(how, describe, tuple(both), (link, {"name": "unit-length", "arguments": {}}))


def _cut(encoder: TrainedEncoder) -> tuple[nn.Module, dict[str, Any]]:
    """Return the network as far as it describes images, and its architecture."""
    whole, descriptor = encoder.folder.architecture, encoder.descriptor
    if not descriptor.layer:
        return encoder.network, whole.model_dump()
    cut = {"architecture": whole.name, "layer": descriptor.layer, "pooling": descriptor.pooling}
    link = {"name": "feature-extractor", "arguments": cut | {"arguments": whole.arguments}}
    return LayerDescriptor(encoder.network, descriptor.layer, descriptor.pooling), link


def _fitted(rows: NDArray[np.float32], learned: ImageSet, recipe: ProjectionRecipe) -> nn.Module:
    if recipe.method in ("pca", "whiten"):
        fitted = fit_pca(rows, recipe.bits, whiten=recipe.method == "whiten")
        if fitted.matrix.shape[1] < recipe.bits:
            most = fitted.matrix.shape[1]
            raise TrainingError(
                f"{recipe.method}: {len(rows)} inputs of {rows.shape[1]} numbers give at most {most} numbers:"
                f" say --bits {most}"
            )
        return fitted
    if recipe.method == "fisher":
        check_classes(learned)
        assert learned.labels is not None
        return fit_fisher(rows, learned.labels)
    if recipe.method == "spectral":
        return fit_spectral(rows, recipe.bits)
    fit = {"lsh": fit_lsh, "itq": fit_itq}[recipe.method]
    return fit(rows, recipe.bits, recipe.seed)


def _architecture(network: nn.Module) -> Architecture:
    if isinstance(network, SpectralHash):
        components, bits = network.frequency.shape
        arguments = {"inputs": len(network.projection.mean), "bits": bits, "components": components}
        return Architecture(name="spectral-hash", arguments=arguments)
    assert isinstance(network, Projection)
    inputs, outputs = network.matrix.shape
    return Architecture(name="projection", arguments={"inputs": inputs, "outputs": outputs})


@torch.inference_mode()
def _scores(
    fitted: nn.Module,
    learned: tuple[NDArray[np.float32], NDArray[np.int64] | None],
    held_out: tuple[NDArray[np.float32], NDArray[np.int64] | None],
    recipe: ProjectionRecipe,
    groups: NDArray[np.int64] | None,
) -> dict[str, Any]:
    """Score by rows and labels of the images learned from and of those held out."""
    (gallery, labels), (asked, asked_labels) = learned, held_out
    if labels is None or asked_labels is None:
        return {}
    described = [fitted(torch.from_numpy(rows)) for rows in (asked, gallery)]
    if recipe.method not in FLOAT:
        described = [binarise(rows) for rows in described]
    values = label_precisions(described[0], torch.from_numpy(asked_labels), described[1], torch.from_numpy(labels))
    return score_values(PRECISION, values, chance_precision(asked_labels, labels), groups)
