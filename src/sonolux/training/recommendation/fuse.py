"""Several contents to factors: features side by side (early), or the mean of what each predicts (late).

Every combination of contents that items have gets a head of its own, so that an item is described from whatever is
there of it, and nothing is imagined in place of what is missing. Heads of late fusion are weighed means; heads of early
fusion are fitted to the items that have all of the combination. A metric has to be one for all items: what is missing
of an item lies at its mean there.

A. van den Oord et al. 2013 use sound alone; words and sound fused so, S. Oramas et al., "A deep multimodal approach for
cold-start music recommendation", DLRS 2017.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import FusedContents
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.models import registry
from sonolux.models.content_fusion import BETWEEN
from sonolux.training.data.numbers import RowSet
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.loop.workspace import UNFINISHED
from sonolux.training.projections.pca import projection
from sonolux.training.recommendation.content import (
    ChainLink,
    chain,
    fit_rows,
    heard_as,
    outputs_of,
    preprocessing_of,
    rows_through,
    scaled,
)
from sonolux.training.recommendation.fused_tastes import FusedTasteSet
from sonolux.training.recommendation.late_fusion import foretell_folds, mean_factors, weigh_contents
from sonolux.training.recommendation.learn import (
    FEWEST,
    TasteSet,
    fit_factors,
    learn_from_rows,
    learn_network,
    linear_link,
    mlp_architecture,
)
from sonolux.training.recommendation.metric_learning import learn_metric
from sonolux.training.recommendation.recipe import ContentNetworkRecipe, ContentRecipe
from sonolux.training.recommendation.ridge import choose_ridge, fit_ridge

CHOOSING = 0.1
"""Share of the items, of networks, that choose the weights of contents and that no network learns from."""

AnyRecipe = ContentRecipe | ContentNetworkRecipe


@dataclass(frozen=True, slots=True)
class FusedParts:
    """What a fused model consists of.

    Attributes
    ----------
    contents : dict of str to (torch module, list of dict, preprocessing)
        Of each content its network, the links that build it, and what it takes.
    heads : dict of str to ChainLink
        By combination.
    dim : int
        Numbers that the heads give.
    scores : dict
        For the card.
    """

    contents: dict[str, tuple[nn.Module, list[dict[str, Any]], Any]]
    heads: dict[str, ChainLink]
    dim: int
    scores: dict[str, Any]


def learn_taste(
    tastes: TasteSet | FusedTasteSet, recipe: AnyRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Learn from one content or several; see `sonolux.training.methods.LearnMethod`."""
    if isinstance(tastes, FusedTasteSet):
        return _learn_fused(tastes, recipe, folder, progress)
    return _learn_one(tastes, recipe, folder, progress)


def _learn_one(tastes: TasteSet, recipe: AnyRecipe, folder: Path, progress: TrainingProgress | None) -> Trained:
    if isinstance(recipe, ContentRecipe):
        return learn_from_rows(tastes, recipe, folder, progress)
    return learn_network(tastes, recipe, folder, progress)


def _learn_fused(tastes: FusedTasteSet, recipe: AnyRecipe, folder: Path, progress: TrainingProgress | None) -> Trained:
    began = time.monotonic()
    tastes.check()
    recipe = replace(recipe, fusion=_fusion_of(recipe))
    parts = (_late if recipe.fusion == "late" else _early)(tastes, recipe, folder, progress)
    arguments = {
        "contents": {name: links for name, (_, links, _) in parts.contents.items()},
        "heads": {name: {"name": head.name, "arguments": head.arguments} for name, head in parts.heads.items()},
    }
    network: Any = registry.build("content-fusion", arguments)
    for name, (fitted, _, _) in parts.contents.items():
        network.contents[name].load_state_dict(fitted.state_dict())
    for name, head in parts.heads.items():
        network.heads[name].load_state_dict(head.network.state_dict())
    metric = recipe.method == "taste-mlr"
    return Trained(
        network.eval(),
        Architecture(name="content-fusion", arguments=arguments),
        FusedContents(contents={name: how for name, (_, _, how) in parts.contents.items()}),
        Descriptor(space=folder.name, dim=parts.dim, metric="euclidean" if metric else "dot"),
        recipe,
        tastes.described(),
        parts.scores | {"seconds": round(time.monotonic() - began)},
    )


def _fusion_of(recipe: AnyRecipe) -> str:
    """Return how contents are fused; TrainingError where they cannot be so."""
    fusion = recipe.fusion or ("early" if recipe.method == "taste-mlr" else "late")
    if recipe.method == "taste-mlr" and fusion == "late":
        raise TrainingError("taste-mlr learns a metric, and has no factors that could be averaged: fuse early")
    if recipe.method.startswith("taste-cnn") and fusion == "early":
        raise TrainingError(f"{recipe.method} makes no features that could stand side by side: fuse late")
    return fusion


def _late(tastes: FusedTasteSet, recipe: AnyRecipe, folder: Path, progress: TrainingProgress | None) -> FusedParts:
    """Learn from each content alone, and weigh what they predict."""
    choosing = np.empty(0, np.intp)
    learned = tastes
    if isinstance(recipe, ContentNetworkRecipe):
        order = np.random.default_rng(recipe.seed + 1).permutation(len(tastes))
        choosing = np.sort(order[: max(2, round(CHOOSING * len(tastes)))])
        learned = tastes.subset(np.setdiff1d(order, choosing))
    contents: dict[str, tuple[nn.Module, list[dict[str, Any]], Any]] = {}
    predicted: dict[str, NDArray[np.float64]] = {}
    scores: dict[str, Any] = {}
    for place, name in enumerate(tastes.contents):
        one = learned.only(name)
        how = _recipe_of(recipe, one)
        told = _part_of(progress, place, len(tastes.contents), name)
        trained = _learn_one(one, how, folder / UNFINISHED / name, told)
        contents[name] = trained.network, trained.architecture.arguments["links"], trained.preprocessing
        scores |= {f"{name}-{key}": value for key, value in trained.scores.items() if key != "seconds"}
        if isinstance(recipe, ContentRecipe):
            body = nn.Sequential(*list(trained.network.children())[:-1])
            found = foretell_folds(outputs_of(body, one.content).numpy(), one.targets, recipe.seed)
        else:
            content = heard_as(tastes.contents[name], trained.preprocessing)
            found = outputs_of(trained.network, content).numpy().astype(np.float64)
        predicted[name] = tastes.spread(name, found)
    judged = np.arange(len(tastes)) if isinstance(recipe, ContentRecipe) else choosing
    heads = _weighed_heads(tastes, predicted, judged, scores)
    return FusedParts(contents, heads, tastes.targets.factors.items.shape[1], scores)


def _weighed_heads(
    tastes: FusedTasteSet,
    predicted: Mapping[str, NDArray[np.float64]],
    judged: NDArray[np.intp],
    scores: dict[str, Any],
) -> dict[str, ChainLink]:
    """Return the heads of weighed means, and note the weights; alike where too few items could tell them."""
    middle = mean_factors(tastes.targets)
    heads = {}
    for names in tastes.combinations():
        having = np.intersect1d(tastes.having(names), judged)
        shares = np.full(len(names), 1 / len(names))
        if len(names) > 1 and len(having) >= FEWEST:
            shares = weigh_contents([predicted[name][having] for name in names], tastes.targets.subset(having))
            scores[f"{BETWEEN.join(names)}-weights"] = [round(float(share), 3) for share in shares]
        mixed = np.concatenate([share * np.eye(len(middle)) for share in shares])
        heads[BETWEEN.join(names)] = linear_link(mixed, (1 - shares.sum()) * middle)
    return heads


def _early(tastes: FusedTasteSet, recipe: AnyRecipe, folder: Path, progress: TrainingProgress | None) -> FusedParts:
    """Put the rows of all contents side by side, each content of the same variance, and learn from them."""
    links = {name: fit_rows(one, recipe.words, recipe.kept, recipe.seed) for name, one in tastes.contents.items()}
    rows = {name: rows_through(links[name], one) for name, one in tastes.contents.items()}
    # So that a number has a variance of about 1, as networks like it.
    size = sum(each.shape[1] for each in rows.values()) / len(rows)
    for name, each in rows.items():
        links[name][-1] = scaled(links[name][-1], float(np.sqrt(size / max(float(each.var(axis=0).sum()), 1e-12))))
        rows[name] = rows_through(links[name], tastes.contents[name])
    contents = {}
    for name, some in links.items():
        network, architecture = chain(some)
        contents[name] = network, architecture.arguments["links"], preprocessing_of(tastes.contents[name])
    scores: dict[str, Any] = {f"{name}-components": each.shape[1] for name, each in rows.items()}
    spread = {name: tastes.spread(name, each) for name, each in rows.items()}
    if recipe.method == "taste-mlr":
        assert isinstance(recipe, ContentRecipe)
        heads, dim = _metric_heads(tastes, spread, recipe)
        return FusedParts(contents, heads, dim, scores)
    heads = {}
    every = tastes.combinations()
    for place, names in enumerate(every):
        having, combination = tastes.having(names), BETWEEN.join(names)
        joined = np.concatenate([spread[name][having] for name in names], axis=1).astype(np.float32)
        targets = tastes.targets.subset(having)
        if isinstance(recipe, ContentRecipe):
            given = joined, targets.factors.items, targets.weights
            ridge = recipe.ridge or choose_ridge(*given, targets.factors.users, recipe.seed)
            found = fit_ridge(*given, ridge)
            heads[combination], scores[f"{combination}-ridge"] = linear_link(found.matrix, found.offset), ridge
        else:
            built = mlp_architecture(joined.shape[1], targets.factors.items.shape[1], recipe)
            learner = fit_factors(
                built,
                torch.from_numpy(joined),
                np.arange(len(joined)),
                tastes.subset(having),
                recipe,
                folder / UNFINISHED / combination,
                _part_of(progress, place, len(every), combination),
            )
            heads[combination] = ChainLink(learner.network, built.name, built.arguments)
            scores[f"{combination}-explained"] = learner.best_score()
    return FusedParts(contents, heads, tastes.targets.factors.items.shape[1], scores)


def _metric_heads(
    tastes: FusedTasteSet, spread: Mapping[str, NDArray[np.float64]], recipe: ContentRecipe
) -> tuple[dict[str, ChainLink], int]:
    """Return the parts of one metric for every combination, and its numbers."""
    joined = np.concatenate(list(spread.values()), axis=1)
    similar = tastes.targets.similar(min(recipe.neighbours, len(joined) // 4))
    mapped = learn_metric(joined, similar, recipe.slack, recipe.rounds)
    ends = np.cumsum([each.shape[1] for each in spread.values()])
    parts = dict(zip(spread, np.split(mapped, ends[:-1]), strict=True))
    heads = {}
    for names in tastes.combinations():
        matrix = np.concatenate([parts[name] for name in names])
        sizes = {"inputs": matrix.shape[0], "outputs": matrix.shape[1]}
        heads[BETWEEN.join(names)] = ChainLink(projection(np.zeros(len(matrix)), matrix), "projection", sizes)
    return heads, mapped.shape[1]


def _recipe_of(recipe: AnyRecipe, one: TasteSet) -> AnyRecipe:
    """Return the recipe of one content: a network on sounds and pixels leaves words and descriptors to regression."""
    if isinstance(recipe, ContentNetworkRecipe) and recipe.method != "taste-mlp" and isinstance(one.content, RowSet):
        return ContentRecipe(words=recipe.words, kept=recipe.kept, seed=recipe.seed)
    return recipe


def _part_of(progress: TrainingProgress | None, place: int, parts: int, name: str) -> TrainingProgress | None:
    if progress is None:
        return None
    return lambda done, line: progress((place + done) / parts, f"{name}: {line}")
