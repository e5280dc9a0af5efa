"""Content to factors: an item that nobody has played yet gets the factors that its sound, picture or words foretell.

A. van den Oord, S. Dieleman and B. Schrauwen, "Deep content-based music recommendation", NeurIPS 2013, whose methods
these are. A map that metric learning to rank has found gives no factors, but descriptors that lie near one another
where listeners are shared; all others give factors, which are asked with the vector of a user, by inner product.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.audio_input import parts_of
from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Sounds, Words
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.models.mlp import Mlp
from sonolux.training.data.images import ImageSet
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.sounds import SoundSet, standardise_input
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.projections.pca import projection
from sonolux.training.recommendation.content import (
    ChainLink,
    ItemContent,
    chain,
    fit_rows,
    network_inputs,
    preprocessing_of,
    rows_through,
    scaled,
)
from sonolux.training.recommendation.metric_learning import learn_metric
from sonolux.training.recommendation.network_learner import FactorLearner
from sonolux.training.recommendation.recipe import ContentNetworkRecipe, ContentRecipe
from sonolux.training.recommendation.ridge import choose_ridge, fit_ridge
from sonolux.training.recommendation.targets import Targets

FEWEST = 20
"""Items with content and plays, from which anything can be learned."""

SMALL = {
    "sound-cnn": {"arguments": {"widths": [8, 16, 32, 64], "strides": [2, 2, 2, 1]}, "dropout": 0.3},
    "small-resnet": {"widths": [16, 32, 64], "strides": [2, 2, 2], "dropout": 0.3},
}
"""Networks of the size that a few thousand items on two cores are enough for."""


@dataclass(frozen=True, slots=True)
class TasteSet:
    """Content of items, and the factors that it is to foretell, item for item.

    Attributes
    ----------
    content : SoundSet, ImageSet or RowSet
    targets : Targets
    """

    content: ItemContent
    targets: Targets

    def __len__(self) -> int:
        return len(self.targets)

    def check(self) -> None:
        """Raise TrainingError where there is too little to learn from."""
        if len(self.content) != len(self.targets):
            raise TrainingError(f"{len(self.content)} items have content, {len(self.targets)} factors: give each both")
        if len(self) < FEWEST:
            raise TrainingError(
                f"{self.content.source}: {len(self)} items have content and plays; at least {FEWEST} are needed"
            )

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any content or factor."""
        digest = hashlib.blake2b(self.content.fingerprint().encode(), digest_size=8)
        digest.update(np.ascontiguousarray(self.targets.factors.items).tobytes())
        return digest.hexdigest()

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        users, items = self.targets.confidences.shape
        return {"source": self.content.source, "items": items, "users": users, "fingerprint": self.fingerprint()}


def learn_from_rows(
    tastes: TasteSet, recipe: ContentRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Fit ridge regression or a metric to bags of words; see `sonolux.training.methods.LearnMethod`."""
    began = time.monotonic()
    tastes.check()
    links = fit_rows(tastes.content, recipe.words, recipe.kept, recipe.seed)
    rows, targets = rows_through(links, tastes.content), tastes.targets
    if progress is not None:
        progress(0.5, f"{rows.shape[1]} components of {len(rows):,} items")
    if recipe.method == "taste-mlr":
        count = min(recipe.neighbours, len(rows) // 4)
        mapped = learn_metric(rows.astype(np.float64), targets.similar(count), recipe.slack, recipe.rounds)
        head = ChainLink(projection(rows.mean(axis=0), mapped), "projection", _sizes(mapped))
        scores: dict[str, Any] = {}
    else:
        ridge = recipe.ridge or choose_ridge(
            rows, targets.factors.items, targets.weights, targets.factors.users, recipe.seed
        )
        found = fit_ridge(rows, targets.factors.items, targets.weights, ridge)
        head, mapped = linear_link(found.matrix, found.offset), found.matrix
        recipe, scores = replace(recipe, ridge=ridge), {"ridge": ridge}
    network, architecture = chain([*links, head])
    return Trained(
        network,
        architecture,
        preprocessing_of(tastes.content),
        Descriptor(
            space=folder.name, dim=mapped.shape[1], metric="euclidean" if recipe.method == "taste-mlr" else "dot"
        ),
        recipe,
        tastes.described(),
        scores | {"components": rows.shape[1], "seconds": round(time.monotonic() - began)},
    )


def learn_network(
    tastes: TasteSet, recipe: ContentNetworkRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a network from bags of words, levels or pixels to factors; see `sonolux.training.methods.LearnMethod`."""
    tastes.check()
    content = tastes.content
    factors = tastes.targets.factors.items
    links: list[ChainLink] = []
    if recipe.method == "taste-mlp":
        links = fit_rows(content, recipe.words, recipe.kept, recipe.seed)
        rows = rows_through(links, content)
        links[-1] = scaled(links[-1], 1 / max(float(rows.std()), 1e-6))
        inputs, owners = torch.from_numpy(rows_through(links, content)), np.arange(len(rows))
        built, how = mlp_architecture(rows.shape[1], factors.shape[1], recipe), preprocessing_of(content)
    else:
        built, how = _network_for(content, recipe, factors.shape[1])
        inputs, owners = _parts(content, how)
    learner = fit_factors(built, inputs, owners, tastes, recipe, folder, progress)
    network, architecture = chain([*links, ChainLink(learner.network, built.name, built.arguments)])
    return Trained(
        network,
        architecture,
        how,
        Descriptor(space=folder.name, dim=factors.shape[1], metric="dot"),
        recipe,
        tastes.described() | {"held_out": _held_out(len(tastes), recipe)},
        {"explained": learner.best_score()} | learner.duration(),
        history=learner.history,
    )


class Foretold(Protocol):
    """Items whose factors are to be foretold."""

    @property
    def targets(self) -> Targets:
        """These factors."""
        ...

    def fingerprint(self) -> str:
        """Return what changes with anything that is learned from."""
        ...


def fit_factors(
    architecture: Architecture,
    inputs: torch.Tensor,
    owners: NDArray[np.intp],
    tastes: Foretold,
    recipe: ContentNetworkRecipe,
    folder: Path,
    progress: TrainingProgress | None,
) -> FactorLearner:
    """Train a network from inputs to factors, and return it with what it reached on items held out.

    Parameters
    ----------
    architecture : Architecture
    inputs : tensor, shape (m, ...)
    owners : ndarray of int, shape (m,)
        The item that each belongs to.
    tastes : TasteSet or FusedTasteSet
    recipe : ContentNetworkRecipe
    folder : Path
        In which an unfinished training is kept.
    progress : callable or None
    """
    order = np.random.default_rng(recipe.seed).permutation(len(tastes.targets))
    held_out, learned = np.split(order, [_held_out(len(order), recipe)])
    built = build_network(architecture, recipe)
    _start_at_mean(built, tastes.targets.factors.items[learned])
    train, judge = (np.flatnonzero(np.isin(owners, some)) for some in (learned, held_out))
    learner = FactorLearner(
        built,
        (inputs[train], owners[train]),
        (inputs[judge], owners[judge]),
        tastes.targets,
        recipe,
        tastes.fingerprint(),
    )
    fit(learner, folder, progress)
    return learner


def mlp_architecture(inputs: int, outputs: int, recipe: ContentNetworkRecipe) -> Architecture:
    """Return the network of ``taste-mlp``."""
    return Architecture(name="mlp", arguments={"sizes": [inputs, recipe.hidden, outputs], "dropout": recipe.dropout})


def _held_out(items: int, recipe: ContentNetworkRecipe) -> int:
    return max(2, round(recipe.validation * items))


def _network_for(content: ItemContent, recipe: ContentNetworkRecipe, dim: int) -> tuple[Architecture, Any]:
    if isinstance(content, RowSet):
        what = "words" if isinstance(content.preprocessing, Words) else "descriptors"
        raise TrainingError(f"{recipe.method} takes sounds or pictures, not {what}: use taste-linear or taste-mlp")
    name = recipe.architecture or ("sound-cnn" if isinstance(content, SoundSet) else "small-resnet")
    arguments = {"classes": dim} | SMALL.get(name, {}) | recipe.arguments
    if isinstance(content, SoundSet):
        if content.how.coefficients:
            raise TrainingError(f"{recipe.method} takes levels of sounds, not cepstra")
        heard = {"bands": content.how.width} | arguments
        return Architecture(name=name, arguments=heard), standardise_input(content)
    return Architecture(name=name, arguments=arguments), preprocessing_of(content)


def _parts(content: ItemContent, how: Any) -> tuple[torch.Tensor, NDArray[np.intp]]:
    """Return the inputs of a network, (m, ...), and the item that each belongs to, (m,)."""
    if isinstance(content, SoundSet):
        assert isinstance(how, Sounds)
        parts = [parts_of((frames.float() - how.mean) / how.deviation, how) for frames in content.frames]
        return torch.cat(parts), np.repeat(np.arange(len(parts)), [len(some) for some in parts])
    assert isinstance(content, ImageSet)
    return network_inputs(content), np.arange(len(content))


def _start_at_mean(network: torch.nn.Module, factors: NDArray[np.float32]) -> None:
    """Let the last layer begin with the mean factors, near which all predictions lie."""
    last = [layer for layer in network.modules() if isinstance(layer, torch.nn.Linear)][-1]
    with torch.no_grad():
        last.weight.mul_(float(factors.std()))
        last.bias.copy_(torch.from_numpy(factors.mean(axis=0)))


def linear_link(matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> ChainLink:
    """Return the map ``rows @ matrix + offset`` as a network."""
    layer = Mlp(matrix.shape)
    weights = {"layers.0.weight": torch.from_numpy(matrix.T), "layers.0.bias": torch.from_numpy(offset)}
    layer.load_state_dict(weights)
    return ChainLink(layer, "mlp", {"sizes": list(matrix.shape)})


def _sizes(matrix: NDArray[np.float64]) -> dict[str, int]:
    return {"inputs": matrix.shape[0], "outputs": matrix.shape[1]}
