"""Semantic hashing: a stacked autoencoder squeezes a picture through a few bits and draws it again from them.

Layers are trained one after the other, each to draw again what the ones before it made of the picture, from a noisy
version of it (Vincent et al. 2008, "Extracting and composing robust features with denoising autoencoders", ICML); then
all together, with the binary units between (Krizhevsky and Hinton 2011, "Using very deep autoencoders for content-based
image retrieval", ESANN). The picture that comes in is a random view, the picture to be drawn is the whole: so a code
tells what the views have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from sonolux.encoders.model_folder import Architecture
from sonolux.errors import TrainingError
from sonolux.models import registry
from sonolux.models.autoencoder import Autoencoder, ConvAutoencoder
from sonolux.training.drawings import draw_pairs
from sonolux.training.finishing import Trained
from sonolux.training.fitting import UNFINISHED, Progress, fit
from sonolux.training.learner import DEVIATION, MEAN, Learner, prepared
from sonolux.training.pictures import PictureSet
from sonolux.training.recipe import Recipe

CODE = "code"
"""Layer of the network whose output is the descriptor."""

PRETRAINED = 3
"""Epochs a layer is trained alone, unless option ``pretrained`` says otherwise."""

NOISE = 0.2
"""Standard deviation of what is added to a layer's inputs while it is trained alone, in units of their own."""

PART = 500
"""Pictures that are drawn at once."""

DRAWN = 12
"""Held-out pictures whose reconstructions are shown."""

HIDDEN = (1024, 512)
"""Widths of a dense autoencoder between pixels and code, unless its arguments give ``sizes``."""


class Drawing(Learner):
    """A learner whose held-out score is the share of the variance of held-out pictures that it draws again.

    Below 0 where it draws worse than the mean picture would.
    """

    def drawn(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what is to be drawn, and what is drawn, of the same shape."""
        raise NotImplementedError

    @torch.no_grad()
    def score(self) -> float:
        """Return 1 less the squared error over the variance."""
        training = self.training
        self.eval()
        pairs = [self.drawn(prepared(part.to(self.device).float() / 255)) for part in torch.split(self.held_out, PART)]
        self.train(training)
        wanted, drawn = (torch.cat(parts).float() for parts in zip(*pairs, strict=True))
        return float(1 - functional.mse_loss(drawn, wanted) / wanted.var(dim=0).mean())


class Layer(Drawing):
    """One layer of the encoder and its mirror image in the decoder, after the layers that are trained already.

    Parameters
    ----------
    network, learned, held_out, recipe
        See `Learner`; the network is the whole autoencoder.
    depth : int
        Number of the layer, from the picture.
    """

    def __init__(
        self, network: nn.Module, learned: PictureSet, held_out: PictureSet, recipe: Recipe, depth: int
    ) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.depth = depth

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Draw again what the layers before made of the pictures, from a noisy version of it."""
        pairs = layer_pairs(self.network)
        with torch.no_grad():
            seen = through([encode for encode, _ in pairs[: self.depth]], prepared(self.pixels(rows)))
        noisy = seen + NOISE * seen.std() * torch.randn_like(seen)
        encode, decode = pairs[self.depth]
        return functional.mse_loss(decode(encode(noisy)).reshape(seen.shape), seen)

    def drawn(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what the layer is to draw again, and what it draws."""
        pairs = layer_pairs(self.network)
        seen = through([encode for encode, _ in pairs[: self.depth]], inputs)
        encode, decode = pairs[self.depth]
        return seen, decode(encode(seen)).reshape(seen.shape)


class Reconstruction(Drawing):
    """The whole autoencoder, binary units included."""

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Draw pictures from codes of their views."""
        pictures = self.pixels(rows)
        drawn = self.network(prepared(self.views(pictures)))
        return functional.mse_loss(drawn.reshape(pictures.shape), prepared(pictures))

    def drawn(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return pictures, and what their codes draw."""
        return inputs, self.network(inputs).reshape(inputs.shape)


def train(
    learned: PictureSet, held_out: PictureSet, recipe: Recipe, folder: Path, progress: Progress | None = None
) -> Trained:
    """Train an autoencoder, labels unseen; see `sonolux.training.codes.Method`."""
    sets = learned.unlabelled(), held_out.unlabelled()
    architecture = architecture_of(recipe)
    torch.manual_seed(recipe.seed)
    try:
        network = registry.build(architecture.name, architecture.arguments)
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"no autoencoder can be built of {architecture}: {error}") from error
    _pretrain(network, sets, recipe, folder, progress)
    learner = Reconstruction(network.train(), *sets, recipe)
    fit(learner, folder, progress)
    drawn = reconstructions(learner.network, held_out)
    squared = float(functional.mse_loss(drawn, _pixels(held_out)))
    draw_pairs(held_out.pixels[:DRAWN], _as_bytes(drawn[:DRAWN]), folder / "reconstructions.png")
    scores = {"held-out": round(max(e.score for e in learner.history), 4), "squared error": round(squared, 4)}
    return Trained(learner.network, architecture, learner.history, scores)


def architecture_of(recipe: Recipe) -> Architecture:
    """Return the autoencoder of a recipe, convolutional unless it asks for the dense one."""
    if recipe.architecture == "dense-autoencoder":
        sizes = [3 * recipe.side**2, *HIDDEN, recipe.bits]
        return Architecture(name="dense-autoencoder", arguments={"sizes": sizes, **recipe.arguments})
    if recipe.architecture == "conv-autoencoder":
        arguments = {"bits": recipe.bits, "side": recipe.side, **recipe.arguments}
        return Architecture(name="conv-autoencoder", arguments=arguments)
    raise TrainingError(f"{recipe.architecture} is no autoencoder: dense-autoencoder or conv-autoencoder")


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


@torch.no_grad()
def reconstructions(network: nn.Module, pictures: PictureSet) -> torch.Tensor:
    """Return pictures as their codes draw them, in [0, 1], (n, 3, side, side)."""
    pixels = _pixels(pictures)
    drawn = torch.cat([network(prepared(part)).reshape(part.shape) for part in torch.split(pixels, PART)])
    return (drawn * DEVIATION + MEAN).clamp(0, 1)


def _pretrain(
    network: nn.Module,
    sets: tuple[PictureSet, PictureSet],
    recipe: Recipe,
    folder: Path,
    progress: Progress | None,
) -> None:
    """Train the layers one by one; each is a training of its own, and taken up like one."""
    epochs = recipe.options.get("pretrained", PRETRAINED)
    if not epochs:
        return
    alone = replace(recipe, epochs=epochs, patience=0)
    for depth in range(len(layer_pairs(network))):
        learner = Layer(network.train(), *sets, alone, depth)
        fit(learner, folder / UNFINISHED / f"layer{depth + 1}", progress)


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


def _pixels(pictures: PictureSet) -> torch.Tensor:
    return torch.from_numpy(pictures.pixels).permute(0, 3, 1, 2).float() / 255


def _as_bytes(pictures: torch.Tensor) -> Any:
    return (pictures * 255).round().byte().permute(0, 2, 3, 1).numpy()
