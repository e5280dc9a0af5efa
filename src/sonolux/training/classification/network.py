"""Image classifiers: any registered network, with one output a class, trained by cross entropy.

Its head, the last linear layer, is always new: what the outputs of other weights meant is not ours to guess. The layer
before it gives the descriptor.
"""

from __future__ import annotations

import inspect
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Labels
from sonolux.errors import EncoderError, TrainingError
from sonolux.metrics.classification import accuracy
from sonolux.models import registry
from sonolux.models.feature_extractor import OutputWithLayer, layer_names
from sonolux.training.classification.balance import decide_balance
from sonolux.training.classification.calibration import Outputs, calibrate, known_items
from sonolux.training.classification.probe import probe_head
from sonolux.training.classification.recipes import LabelsRecipe
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sources import check_classes
from sonolux.training.data.splits import split_parts
from sonolux.training.loop.fit import fit
from sonolux.training.loop.image_inputs import described_at_once, image_preprocessing, normalise
from sonolux.training.loop.image_learner import ImageLearner
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import in_eval_mode
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.loop.warm_start import describe_start, start_from
from sonolux.training.loop.workspace import UNFINISHED
from sonolux.training.scoring.labelled import usual_class

CHANNELS = 3
"""Of every image that is learned from."""

LARGEST_SIDE = 512
"""Pixels, up to which the side that a network needs is looked for."""

LOOKED_AT = 5_000
"""Images learned from, of which it is told where they lie, about."""

UNBUILDABLE = (EncoderError, KeyError, TypeError, ValueError, RuntimeError)
"""What networks raise for arguments or images that they do not take."""

RELYING = {
    "frozen": "frozen, nothing but the head learns",
    "thawed": "what is not thawed would stay random",
    "probe": "of random weights a probe learns nothing",
}
"""Options that make sense for what has learned before, and why."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last linear layer of a network.

    Attributes
    ----------
    name : str
    layer : str
        Whose output it takes.
    width : int
        How many numbers that is.
    """

    name: str
    layer: str
    width: int


class LabelLearner(ImageLearner):
    """A classifier; of a ``frozen`` one the head alone learns, of a ``balanced`` one every class counts as much."""

    weights: torch.Tensor | None

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: LabelsRecipe) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.settled = recipe.frozen or recipe.probe or bool(recipe.thawed)
        weights = class_weights(learned) if recipe.balanced else None
        self.register_buffer("weights", weights, persistent=False)

    def on_train_epoch_start(self) -> None:
        """Begin an epoch; in what is frozen, in part or whole, or was probed, normalisation stays as it is."""
        super().on_train_epoch_start()
        if self.settled:
            self.network.eval()

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare the scores of one view of each image with its label."""
        assert self.labels is not None
        scores = self.network(normalise(self.views(self.pixels(rows)))).float()
        return functional.cross_entropy(scores, self.labels[rows.cpu()].to(scores.device), self.weights)

    @torch.no_grad()
    def score(self) -> float:
        """Return the accuracy on the images held out."""
        assert self.held_out_labels is not None
        return accuracy(self.held_out_scores().argmax(dim=1).numpy(), self.held_out_labels.numpy())

    @in_eval_mode
    def held_out_scores(self) -> torch.Tensor:
        """Return the score of each class for each image that chooses, (n, classes) on the CPU."""
        return self._described(self.held_out)

    def outputs_of(self, images: ImageSet, layer: str) -> Outputs:
        """Return what the network makes of images with labels, and a layer of it."""
        both = OutputWithLayer(self.network, layer).eval()
        assert images.labels is not None
        found: list[torch.Tensor] = []
        with torch.no_grad():
            at_once = described_at_once(images.pixels.shape[1])
            for start in range(0, len(images), at_once):
                pixels = torch.from_numpy(images.pixels[start : start + at_once]).permute(0, 3, 1, 2)
                found.append(both(normalise(pixels.to(self.device).float() / 255)).float().cpu())
        return Outputs.of(torch.cat(found).numpy(), images.labels, len(images.classes))


class RefitLearner(LabelLearner):
    """A classifier that learns from what was held out too: nothing is left to judge it, and its last epoch counts."""

    def score(self) -> float:
        """Return how much of the training is done, so that of all epochs the last is kept."""
        return (self.current_epoch + 1) / self.recipe.epochs


def class_weights(images: ImageSet) -> torch.Tensor:
    """Return how much an image of each class counts, so that all classes count the same; 1 on average."""
    assert images.labels is not None
    counts = np.bincount(images.labels, minlength=len(images.classes))
    return torch.from_numpy((len(images) / (len(counts) * counts)).astype(np.float32))


def learn_labels(images: ImageSet, recipe: LabelsRecipe, folder: Path, progress: TrainingProgress | None) -> Trained:
    """Train a classifier of images, and calibrate it; see `sonolux.training.methods.LearnMethod`."""
    check_classes(images)
    for option, doing in RELYING.items():
        if getattr(recipe, option) and not recipe.pretrained:
            raise TrainingError(f"{doing}: name a model that has learned with --from")
    recipe = decide_balance(recipe, images)
    parts = split_parts(images, recipe.validation, recipe.seed)
    learned, chosen, scored = parts.learned, parts.chosen, parts.scored
    architecture, head = classifier_of(recipe, len(images.classes))
    learner = LabelLearner(start_network(architecture, head, recipe, learned), learned, chosen, recipe)
    fit(learner, folder, _half(progress, 0) if recipe.refit else progress)
    assert learned.labels is not None
    choosing, scoring = (learner.outputs_of(part, head.layer) for part in (chosen, scored))
    usual = usual_class(learned.labels)
    temperature, scores = calibrate(choosing, scoring, images.classes, usual, parts.groups)
    network = learner.network
    # Of a network that has learned from all, nothing is left out to tell what is unfamiliar.
    known = None if recipe.refit else known_items(learner.outputs_of(some_of(learned), head.layer), choosing)
    if recipe.refit:
        again = RefitLearner(start_network(architecture, head, recipe, images), images, scored, recipe)
        fit(again, folder / UNFINISHED / "refit", _half(progress, 1))
        network = again.network
    return Trained(
        network,
        architecture,
        image_preprocessing(recipe.image_size),
        Descriptor(space=folder.name, dim=head.width, layer=head.layer),
        recipe,
        (images if recipe.refit else learned).described()
        | {"chosen_by": len(chosen), "held_out": len(scored)}
        | describe_start(recipe.pretrained),
        scores,
        Labels(names=images.classes, temperature=temperature),
        learner.history,
        (learned, scored),
        known,
    )


def label_learner_of(images: ImageSet, recipe: LabelsRecipe) -> LabelLearner:
    """Return the network of a recipe, before it has learned anything of these images."""
    parts = split_parts(images, recipe.validation, recipe.seed)
    architecture, head = classifier_of(recipe, len(images.classes))
    network = start_network(architecture, head, replace(recipe, probe=False), parts.learned)
    return LabelLearner(network, parts.learned, parts.chosen, recipe)


def some_of(images: ImageSet) -> ImageSet:
    """Return images by which it is told where learned ones lie: all, or `LOOKED_AT` of them at even distances."""
    if len(images) <= LOOKED_AT:
        return images
    assert images.labels is not None
    order = np.argsort(images.labels, kind="stable")
    first = np.unique(images.labels[order], return_index=True)[1]  # every class is there
    rows = np.union1d(order[np.linspace(0, len(images) - 1, LOOKED_AT).astype(int)], order[first])
    return images.subset(rows)


def _half(progress: TrainingProgress | None, number: int) -> TrainingProgress | None:
    """Return what reports one half of a training, 0 or 1; of the second there is no score to tell."""
    if progress is None:
        return None

    def report(share: float, line: str) -> None:
        said = f"all pictures, {line.partition(', held-out')[0]}" if number else line
        progress((number + share) / 2, said)

    return report


def classifier_of(recipe: LabelsRecipe, classes: int) -> tuple[Architecture, Head]:
    """Return the architecture that a recipe names, for so many classes, and its head.

    Raises
    ------
    TrainingError
        Where no such network can be built, it is no classifier, or it takes only larger images than the recipe's.
    """
    if recipe.architecture not in registry.ARCHITECTURES:
        raise TrainingError(f"no network {recipe.architecture!r}: there are {', '.join(registry.available())}")
    try:
        return _tried(recipe, classes, recipe.image_size)
    except UNBUILDABLE as error:
        needed = _size_needed(recipe, classes)
        if needed is None:
            message = f"no classifier can be built of {recipe.architecture} {recipe.arguments}: {error}"
        else:
            message = f"{recipe.architecture} takes pictures of {needed} pixels or more, not {recipe.image_size}"
            message += f": say --image-size {needed}"
        raise TrainingError(message) from error


def start_network(architecture: Architecture, head: Head, recipe: LabelsRecipe, images: ImageSet) -> nn.Module:
    """Return the network with its first weights; where the recipe says so, of its head those that a probe finds.

    Parameters
    ----------
    architecture : Architecture
    head : Head
    recipe : LabelsRecipe
    images : ImageSet
        That will be learned from.

    Raises
    ------
    TrainingError
        Where the weights to start from cannot be read or do not fit, or lack a part of what is frozen.
    """
    network = build_network(architecture, recipe)
    own = {f"{head.name}.{name}" for name in network.get_submodule(head.name).state_dict()}
    missing = start_from(network, recipe.pretrained, leave=own) if recipe.pretrained else []
    stays = _untouched(network, recipe, own)
    lacking = [name for name in missing if name in stays and not name.endswith("num_batches_tracked")]
    if lacking:
        raise TrainingError(f"{recipe.pretrained} lacks {lacking[0]}, which would stay as random as it is: not frozen")
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in stays)
    if recipe.probe:
        probe_head(network, head.name, images, balanced=bool(recipe.balanced))
    return network


def _untouched(network: nn.Module, recipe: LabelsRecipe, head: Collection[str]) -> set[str]:
    """Return the names of the weights that do not learn; layers are registered in the order in which they run."""
    names = list(network.state_dict())
    if recipe.frozen:
        return set(names).difference(head)
    if not recipe.thawed:
        return set()
    first = [place for place, name in enumerate(names) if name.startswith(f"{recipe.thawed}.")]
    if not first:
        raise TrainingError(f"no layer {recipe.thawed!r} to thaw from: there are {', '.join(layer_names(network))}")
    return set(names[: first[0]])


def _tried(recipe: LabelsRecipe, classes: int, side: int) -> tuple[Architecture, Head]:
    """Build a network without memory, and run it to see whether it takes images of this side."""
    with torch.device("meta"):
        takes = inspect.signature(type(registry.build(recipe.architecture, recipe.arguments))).parameters
        wanted = {"channels": CHANNELS, "classes": classes, "side": side}
        arguments = {name: value for name, value in wanted.items() if name in takes} | recipe.arguments
        head = _head(registry.build(recipe.architecture, arguments), classes, side)
    return Architecture(name=recipe.architecture, arguments=arguments), head


def _head(network: nn.Module, classes: int, side: int) -> Head:
    """Run a network, and find its last linear layer and the layer that this one listens to."""
    linear = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError("it has no linear layer")
    name, last = linear[-1]
    outputs: list[tuple[str, Any]] = []
    for layer, module in network.named_modules():
        module.register_forward_hook(lambda _module, _inputs, output, layer=layer: outputs.append((layer, output)))
    taken: list[torch.Tensor] = []
    last.register_forward_pre_hook(lambda _module, inputs: taken.append(inputs[0]))
    scores = network(torch.empty(2, CHANNELS, side, side))
    if not isinstance(scores, torch.Tensor) or scores.shape != (2, classes):
        raise ValueError(f"it does not give one number for each of {classes} classes")
    before = [layer for layer, output in outputs if taken and output is taken[-1]]
    if not before:
        raise ValueError(f"its last linear layer, {name}, listens to no other layer")
    return Head(name, before[-1], last.in_features)


def _size_needed(recipe: LabelsRecipe, classes: int) -> int | None:
    """Return the smallest side above the recipe's that the network takes, None where it takes none."""
    sides = range(recipe.image_size + 1, LARGEST_SIDE + 1)

    def takes(side: int) -> bool:
        try:
            _tried(recipe, classes, side)
        except UNBUILDABLE:
            return False
        return True

    if not sides or not takes(sides[-1]):
        return None
    return sides[bisect_left(sides, True, key=takes)]
