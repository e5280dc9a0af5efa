"""The classical methods behind the same command as the deep ones: pixels to a projection, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.encoders.model_folder import Architecture
from sonolux.errors import TrainingError
from sonolux.models.binary_code import signs
from sonolux.training.finishing import Trained
from sonolux.training.held_out import label_precision
from sonolux.training.learner import prepared
from sonolux.training.pictures import PictureSet, check_classes
from sonolux.training.projections.fisher import fit_fisher
from sonolux.training.projections.itq import fit_itq
from sonolux.training.projections.lsh import fit_lsh
from sonolux.training.projections.pca import fit_pca
from sonolux.training.projections.spectral import fit_spectral
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

    from sonolux.training.fitting import Progress

FLOAT = ("pca", "whiten", "fisher")
"""Methods whose descriptors are float vectors; the others give binary codes."""


def train(
    learned: PictureSet, held_out: PictureSet, recipe: Recipe, folder: Path, progress: Progress | None = None
) -> Trained:
    """Fit a projection of the pixels; see `sonolux.training.codes.Method`.

    Raises
    ------
    TrainingError
        For labels that are missing, more bits than the pictures can give, or weights to start from.
    """
    if recipe.start:
        raise TrainingError(f"{recipe.method} starts from pixels, not from {recipe.start}")
    network = _fitted(inputs_of(learned), learned, recipe)
    return Trained(network, _architecture(network), scores=_scores(network, learned, held_out, recipe))


def inputs_of(pictures: PictureSet) -> NDArray[np.float32]:
    """Return pictures as a network takes them, flat: (n, 3 side side)."""
    pixels = torch.from_numpy(pictures.pixels).permute(0, 3, 1, 2).float() / 255
    return np.asarray(prepared(pixels).flatten(start_dim=1).numpy())


def _fitted(rows: NDArray[np.float32], learned: PictureSet, recipe: Recipe) -> nn.Module:
    if recipe.method in ("pca", "whiten"):
        return fit_pca(rows, recipe.bits, whiten=recipe.method == "whiten")
    if recipe.method == "fisher":
        check_classes(learned)
        assert learned.labels is not None
        return fit_fisher(rows, learned.labels)
    if recipe.method == "spectral":
        return fit_spectral(rows, recipe.bits)
    fit = {"lsh": fit_lsh, "itq": fit_itq}[recipe.method]
    return fit(rows, recipe.bits, recipe.seed)


def _architecture(network: nn.Module) -> Architecture:
    from sonolux.models.projection import Projection
    from sonolux.models.spectral_projection import SpectralHash

    if isinstance(network, SpectralHash):
        components, bits = network.frequency.shape
        arguments = {"inputs": len(network.projection.mean), "bits": bits, "components": components}
        return Architecture(name="spectral-hash", arguments=arguments)
    assert isinstance(network, Projection)
    inputs, outputs = network.matrix.shape
    return Architecture(name="projection", arguments={"inputs": inputs, "outputs": outputs})


@torch.no_grad()
def _scores(network: nn.Module, learned: PictureSet, held_out: PictureSet, recipe: Recipe) -> dict[str, float]:
    if learned.labels is None or held_out.labels is None:
        return {}
    gallery, asked = (network(torch.from_numpy(inputs_of(pictures))) for pictures in (learned, held_out))
    if recipe.method not in FLOAT:
        gallery, asked = signs(gallery), signs(asked)
    labels = torch.from_numpy(held_out.labels), torch.from_numpy(learned.labels)
    return {"held-out": round(label_precision(asked, labels[0], gallery, labels[1]), 4)}
