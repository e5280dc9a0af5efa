"""Autoencoder of images: it squeezes an image through a few bits and draws it again from them (semantic hashing).

Layers are trained first (`sonolux.training.hashing.pretraining`), then all together, with the binary units between
(Krizhevsky and Hinton 2011, "Using very deep autoencoders for content-based image retrieval", ESANN). The image that
comes in is a random view, the image to be drawn is the whole: so a code tells what the views have in common.

Pixels alone make codes of colours and light. So a code has to tell a classical descriptor of the whole image as well,
by one linear layer that is thrown away afterwards: of the oriented gradients, unless the recipe's ``descriptor`` says
otherwise (predicting these is what C. Wei et al. 2022, "Masked feature prediction", CVPR, found best to learn from).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.folder import Architecture
from sonolux.encoders import resolve
from sonolux.errors import TrainingError
from sonolux.metrics.intervals import bootstrap_interval
from sonolux.models.autoencoder import Autoencoder
from sonolux.training.data.images import ImageSet
from sonolux.training.data.splits import split_parts
from sonolux.training.hashing.network import describe_data
from sonolux.training.hashing.pretraining import NOISE, draw_layer, pretrain
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.image_inputs import DEVIATION, MEAN, image_preprocessing, normalise
from sonolux.training.loop.image_learner import ImageLearner, image_tensors
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import in_eval_mode
from sonolux.training.loop.plots import draw_pairs
from sonolux.training.loop.trained import Trained, TrainingProgress, code_descriptor
from sonolux.training.losses.reconstruction import explained_variance, squared_error
from sonolux.training.scoring.descriptors import score_interval
from sonolux.types import Modality

PART = 500
"""Images that are drawn at once."""

DRAWN = 12
"""Held-out images whose reconstructions are shown."""

HIDDEN = (1024, 512)
"""Widths of a dense autoencoder between pixels and code, unless its arguments give ``sizes``."""

CODE = "code"
"""Layer of an autoencoder whose output is the code."""

UNITS = "straight-through"
"""Mode of the binary units, unless the arguments give ``mode``; see `sonolux.models.binary_code`."""


class AutoencoderLearner(ImageLearner):
    """A learner whose held-out score is the share of the variance of held-out images that it draws again.

    Below 0 where it draws worse than the mean image would.

    Parameters
    ----------
    network, learned, held_out, recipe
        See `ImageLearner`; the network is the whole autoencoder.
    depth : int, optional
        Number of the layer that learns alone, from the image; None for the whole.
    """

    def __init__(
        self,
        network: nn.Module,
        learned: ImageSet,
        held_out: ImageSet,
        recipe: AutoencoderRecipe,
        depth: int | None = None,
    ) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.depth = depth

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Draw again what came in, or what the layers before made of it."""
        if self.depth is None:
            return self.whole_loss(rows)
        wanted, drawn = draw_layer(self.network, self.depth, self.inputs(rows), NOISE)
        return squared_error(drawn, wanted)

    def shared(self) -> list[nn.Module]:
        """Return the network; a layer that learns alone takes little and is not shared."""
        return [self.network] if self.depth is None else []

    def whole_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """Draw images from codes of their views."""
        wanted = self.inputs(rows)
        drawn = self.network(normalise(self.views(self.pixels(rows))))
        return squared_error(drawn, wanted)

    def inputs(self, rows: torch.Tensor) -> torch.Tensor:
        """Return what the network takes of the items of a batch, by their row numbers."""
        return normalise(self.pixels(rows))

    def held_out_inputs(self) -> Iterable[torch.Tensor]:
        """Return what the network takes of the items held out, part by part."""
        return (normalise(part.to(self.device).float() / 255) for part in torch.split(self.held_out, PART))

    @in_eval_mode
    def pairs(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return what is to be drawn of the items held out, and what is drawn, part by part."""
        return [self.drawn(part) for part in self.held_out_inputs()]

    def score(self) -> float:
        """Return 1 less the squared error over the variance."""
        pairs = self.pairs()
        wanted, drawn = (torch.cat(parts).float() for parts in zip(*pairs, strict=True))
        return explained_variance(drawn, wanted)

    def drawn(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what is to be drawn, and what is drawn, of the same shape."""
        if self.depth is None:
            return inputs, self.network(inputs).reshape(inputs.shape)
        return draw_layer(self.network, self.depth, inputs)


class DescribingLearner(AutoencoderLearner):
    """The whole autoencoder, whose codes tell descriptors (n, dim) of the images as well."""

    def __init__(
        self,
        network: nn.Module,
        learned: ImageSet,
        held_out: ImageSet,
        recipe: AutoencoderRecipe,
        descriptors: torch.Tensor,
    ) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.descriptors = descriptors
        self.teller = nn.Linear(recipe.bits, descriptors.shape[1])

    def shared(self) -> list[nn.Module]:
        """Return both halves of the network, which are asked one after the other."""
        return [self.network.get_submodule("encoder"), self.network.get_submodule("decoder")]

    def whole_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """Draw images, and tell their descriptors, from codes of their views."""
        assert isinstance(self.network, Autoencoder)
        wanted = self.inputs(rows)
        codes = self.network.encode(normalise(self.views(self.pixels(rows))))
        drawn = self.network.decode(codes)
        described = self.descriptors[rows.cpu()].to(codes.device)
        return squared_error(drawn, wanted) + squared_error(self.teller(codes), described)


def learn_image_autoencoder(
    images: ImageSet, recipe: AutoencoderRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train an autoencoder, labels unseen, and draw what is left of images into ``reconstructions.png``."""
    parts = split_parts(images, recipe.validation, recipe.seed)
    sets = parts.learned, parts.scored
    learned, held_out, scored = (part.unlabelled() for part in (parts.learned, parts.chosen, parts.scored))
    architecture = architecture_of(recipe)
    network = autoencoder_of(architecture, recipe)
    descriptors = descriptors_of(learned, recipe.descriptor) if recipe.descriptor else None
    pretrain(
        network,
        lambda alone, depth: AutoencoderLearner(network, learned, held_out, alone, depth),
        recipe,
        folder,
        progress,
    )
    network.train()
    learner = (
        AutoencoderLearner(network, learned, held_out, recipe)
        if descriptors is None
        else DescribingLearner(network, learned, held_out, recipe, descriptors)
    )
    fit(learner, folder, progress)
    drawn = reconstructions(learner.network, scored)
    draw_pairs(scored.pixels[:DRAWN], _as_bytes(drawn[:DRAWN]), folder / "reconstructions.png")
    squared = float(squared_error(drawn, _pixels(scored)))
    return Trained(
        learner.network,
        architecture,
        image_preprocessing(recipe.image_size),
        code_descriptor(folder.name, recipe.bits, CODE),
        recipe,
        describe_data(sets) | {"chosen_by": len(held_out)},
        score_drawing(learner, image_tensors(scored)[0]) | {"squared error": round(squared, 4)},
        history=learner.history,
        sets=sets,
    )


def score_drawing(learner: AutoencoderLearner, scored: torch.Tensor) -> dict[str, Any]:
    """Return the share of the variance of items that chose nothing that an autoencoder draws again."""
    learner.held_out = scored
    pairs = learner.pairs()
    wanted, drawn = (torch.cat(parts).float().flatten(1) for parts in zip(*pairs, strict=True))
    missed = (wanted - drawn).square().sum(dim=1).numpy()
    spread = (wanted - wanted.mean(dim=0)).square().sum(dim=1).numpy()

    def explained(rows: NDArray[np.intp]) -> float:
        return 1 - float(missed[rows].sum()) / max(float(spread[rows].sum()), 1e-12)

    count = len(missed)
    interval = bootstrap_interval(explained, count, learner.recipe.seed)
    return score_interval("explained variance", explained(np.arange(count)), interval, count)


def architecture_of(recipe: AutoencoderRecipe) -> Architecture:
    """Return the autoencoder of a recipe, convolutional or dense."""
    if recipe.architecture == "dense-autoencoder":
        decided: dict[str, Any] = {"sizes": [3 * recipe.image_size**2, *HIDDEN, recipe.bits]}
    elif recipe.architecture == "conv-autoencoder":
        decided = {"bits": recipe.bits, "side": recipe.image_size}
    else:
        raise TrainingError(f"{recipe.architecture} is no autoencoder: dense-autoencoder or conv-autoencoder")
    return Architecture(name=recipe.architecture, arguments={"mode": UNITS, **decided, **recipe.arguments})


def autoencoder_of(architecture: Architecture, recipe: AutoencoderRecipe) -> nn.Module:
    """Return an autoencoder with its first weights, drawn by the seed of the recipe.

    Raises
    ------
    TrainingError
        Where its arguments make no sense, or it has another number of bits than the recipe.
    """
    network = build_network(architecture, recipe)
    arguments = architecture.arguments
    bits = arguments["sizes"][-1] if "sizes" in arguments else arguments["bits"]
    if bits != recipe.bits:
        raise TrainingError(f"the autoencoder ends in {bits} bits, not in {recipe.bits}: say --bits {bits}")
    return network


def descriptors_of(images: ImageSet, name: str) -> torch.Tensor:
    """Return the descriptors of images by an encoder, float32 (n, dim), of mean 0 and standard deviation 1 overall.

    Raises
    ------
    TrainingError
        Where the encoder gives no float vectors of images.
    EncoderError
        Where there is no such encoder.
    """
    seeing = [e for e in resolve(name) if e.kind == "float" and e.modality is Modality.IMAGE]
    if not seeing:
        raise TrainingError(f"{name} gives no float vectors of pictures, so no code can tell them")
    rows = torch.from_numpy(np.asarray(seeing[0].encode(list(images.pixels))))
    centred = rows - rows.mean(dim=0)
    return centred / centred.std().clamp_min(1e-6)


@torch.no_grad()
def reconstructions(network: nn.Module, images: ImageSet) -> torch.Tensor:
    """Return images as their codes draw them, in [0, 1], (n, 3, side, side)."""
    pixels = _pixels(images)
    drawn = torch.cat([network(normalise(part)).reshape(part.shape) for part in torch.split(pixels, PART)])
    return (drawn * DEVIATION + MEAN).clamp(0, 1)


def _pixels(images: ImageSet) -> torch.Tensor:
    return torch.from_numpy(images.pixels).permute(0, 3, 1, 2).float() / 255


def _as_bytes(images: torch.Tensor) -> Any:
    return (images * 255).round().byte().permute(0, 2, 3, 1).numpy()
