"""Layer-wise pretraining of an autoencoder: its layers, trained one after the other before the whole is.

Each layer and its mirror image learn to draw again what the layers before make of the data, from a noisy version of it
(Vincent et al. 2008, "Extracting and composing robust features with denoising autoencoders", ICML). Each is a training
of its own with checkpoints of its own, and is taken up like one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from sonolux.models.autoencoder import Autoencoder, ConvAutoencoder
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.trained import TrainingProgress
from sonolux.training.loop.workspace import UNFINISHED

NOISE = 0.2
"""Standard deviation of what is added to a layer's inputs while it is trained alone, in units of their own."""

LearnerOfLayer = Callable[[AutoencoderRecipe, int], Learner]
"""Makes the learner of one layer, by its number from the inputs, for a recipe."""


def pretrain(
    network: nn.Module,
    learner_of: LearnerOfLayer,
    recipe: AutoencoderRecipe,
    folder: Path,
    progress: TrainingProgress | None = None,
) -> None:
    """Train the layers of an autoencoder one by one, the outermost first.

    Parameters
    ----------
    network : Autoencoder
    learner_of : callable
        Of a layer of this network.
    recipe : AutoencoderRecipe
        With ``layer_epochs`` 0, all layers stay as they are.
    folder : Path
        Of the model to be.
    progress : callable, optional
    """
    if not recipe.layer_epochs:
        return
    alone = replace(recipe, epochs=recipe.layer_epochs, patience=0)
    for depth in range(len(layer_pairs(network))):
        network.train()
        fit(learner_of(alone, depth), folder / UNFINISHED / f"layer{depth + 1}", progress)


def draw_layer(
    network: nn.Module, depth: int, inputs: torch.Tensor, noise: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a layer is to draw again of inputs, and what it draws, of the same shape.

    Parameters
    ----------
    network : Autoencoder
    depth : int
        Number of the layer, from the inputs.
    inputs : tensor
        Of the whole network.
    noise : float
        Standard deviation of what is added to what the layer sees, in standard deviations of that.
    """
    pairs = layer_pairs(network)
    with torch.no_grad():
        wanted = through([encode for encode, _ in pairs[:depth]], inputs)
    encode, decode = pairs[depth]
    seen = wanted + noise * wanted.std() * torch.randn_like(wanted) if noise else wanted
    return wanted, decode(encode(seen)).reshape(wanted.shape)


def layer_pairs(network: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
    """Return each layer of an autoencoder with its mirror image, the outermost first; both share the weights."""
    assert isinstance(network, Autoencoder)
    inwards, outwards = _blocks(network, network.encoder), _blocks(network, network.decoder)
    return list(zip(inwards, outwards[::-1], strict=True))


def through(layers: Sequence[nn.Module], inputs: torch.Tensor) -> torch.Tensor:
    """Return what layers make of inputs, one after the other."""
    for layer in layers:
        inputs = layer(inputs)
    return inputs


def _blocks(network: nn.Module, half: nn.Module) -> list[nn.Module]:
    """Return encoder or decoder as blocks that end where a layer's output is complete."""
    if isinstance(network, ConvAutoencoder):
        layers = list(half.children())
    else:
        layers = [nn.Flatten(), *half.get_submodule("layers").children()]
    weighted = [number for number, layer in enumerate(layers) if any(True for _ in layer.parameters())]
    # What has no weights belongs to the layer before it; what comes before the first weights, to the first.
    starts = [0, *weighted[1:]] if half is not network.encoder else _after_flatten(layers, weighted)
    ends = [*starts[1:], len(layers)]
    return [nn.Sequential(*layers[start:end]) for start, end in zip(starts, ends, strict=True)]


def _after_flatten(layers: Sequence[nn.Module], weighted: Sequence[int]) -> list[int]:
    """Return where the blocks of an encoder start: flattening belongs to the dense layer that needs it."""
    return [0, *(n - 1 if isinstance(layers[n - 1], nn.Flatten) else n for n in weighted[1:])]
