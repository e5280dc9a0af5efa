"""Classifiers on descriptors that installed packages bring, or classical ones: a model of one's own in seconds.

Candidates differ in descriptor, head and whether mirror images are learned from (`.heads`); all are compared in the
same folds (`.choosing`). The model is a projection, in whose space items of one class lie as near to each other in all
directions, and a linear head; the projection alone is a descriptor.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.familiarity import SHRINKAGE, Familiarity
from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import SourceDescriptors
from sonolux.checkpoints.outputs import Descriptor, Labels
from sonolux.models import registry
from sonolux.training.classification.balance import UNEQUAL
from sonolux.training.classification.choosing import (
    LabelledDescriptors,
    Selection,
    select_by_folds,
    select_by_part,
    without_items,
)
from sonolux.training.classification.heads import HeadCandidate, HeadFitter, Preparation
from sonolux.training.classification.recipes import FeaturesRecipe
from sonolux.training.data.described import DescribedSet
from sonolux.training.data.sources import check_classes
from sonolux.training.data.splits import CHOOSE, draw_parts, fold_numbers, named_parts
from sonolux.training.loop.trained import KnownItems, Trained, TrainingProgress
from sonolux.training.scoring.labelled import score_predictions, usual_class

MANY = 1_000
"""Items from which a part scores instead of a cross-validation."""

LARGEST_PART, SCORED = 0.2, 400
"""Share of the items that scores, at most, and how many that are to be."""

COMPARING = 0.5
"""Share of the work that comparing heads is, about, where a network is trained as well."""

FAMILIAR = 10
"""Folds in which it is told how unfamiliar an item is that was left out."""

STRENGTHS = (("discriminant", 0.1), ("discriminant", 1.0), ("logistic", 100.0))

WHITENED = "0"
"""Layer of the network that is the descriptor."""


def learn_features(
    items: DescribedSet, recipe: FeaturesRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Choose a classifier of descriptors and fit it; see `sonolux.training.methods.LearnMethod`."""
    began = time.monotonic()
    check_classes(items)
    compared = None if progress is None else lambda done, line: progress(done * COMPARING, line)
    selection, described = select(items, recipe, compared)
    network: dict[str, Any] = {}
    if items.rival is not None:
        told = None if progress is None else lambda done, line: progress(COMPARING + done * (1 - COMPARING), line)
        found, selection = _beside_network(items, recipe, selection, described, folder, told)
        if isinstance(found, Trained):
            return found
        network = {"network": found}
    scores = selection_scores(selection, items) | network
    fitted = fit_selected(selection, described)
    source = selection.best.source
    return Trained(
        fitted.network,
        fitted.architecture,
        SourceDescriptors(source=source, digests=dict(items.digests[source])),
        Descriptor(space=folder.name, dim=fitted.dim, layer=WHITENED),
        recipe,
        items.described() | {"scored_by": scored_by(items, recipe), "licences": dict(items.licences)},
        scores | {"seconds": round(time.monotonic() - began)},
        Labels(names=items.classes, temperature=round(selection.temperature, 4)),
        known=KnownItems(fitted.familiarity, selection.left_out, empty=_some_empty(items.rows[source])),
    )


def _beside_network(
    items: DescribedSet,
    recipe: FeaturesRecipe,
    selection: Selection,
    described: LabelledDescriptors,
    folder: Path,
    progress: TrainingProgress | None,
) -> tuple[Trained | dict[str, Any], Selection]:
    """Return the network where it is better held out; else what is to be said of it, and what scores then."""
    from sonolux.training.classification.rival import with_candidates

    share = part_share(recipe, len(items))
    rival = items.rival
    trained = rival.try_it(max(selection.reached.values()), share, recipe.seed, folder, progress)
    if isinstance(trained, str):
        return {"name": rival.name, "not_tried": trained}, selection
    parts = draw_parts(items.labels, items.groups, named_parts(items), share, recipe.seed)
    reached = max(epoch.score for epoch in trained.history)
    others = select_by_part(described, candidates_of(items), parts).reached
    if reached > max(others.values()):
        told = {str(one): round(share, 4) for one, share in others.items()}
        return with_candidates(trained, told, rival.name, round(reached, 4)), selection
    said = {"name": rival.name, "reached": round(reached, 4), "beside": round(max(others.values()), 4)}
    return said, without_items(selection, np.flatnonzero(parts == CHOOSE))


def part_share(recipe: FeaturesRecipe, count: int) -> float:
    """Return the share of items that chooses, and that scores: of fewer a larger one."""
    return max(recipe.validation, min(LARGEST_PART, SCORED / count))


def select(
    items: DescribedSet, recipe: FeaturesRecipe, progress: TrainingProgress | None = None
) -> tuple[Selection, LabelledDescriptors]:
    """Choose among all candidates, by cross-validation or, of many items or where there are parts, by a part."""
    assert items.labels is not None
    counts = np.bincount(items.labels)
    balanced = bool(counts.max() > UNEQUAL * counts.min()) if recipe.balanced is None else recipe.balanced
    described = LabelledDescriptors(items.rows, items.mirrored, items.labels, len(items.classes), balanced)
    candidates = candidates_of(items)
    named = named_parts(items)
    if named is not None or len(items) > MANY:
        parts = draw_parts(items.labels, items.groups, named, part_share(recipe, len(items)), recipe.seed)
        return select_by_part(described, candidates, parts), described
    folds, halves, tenths = (
        fold_numbers(items.labels, items.groups, count, recipe.repeats, recipe.seed)
        for count in (recipe.folds, 2, FAMILIAR)
    )

    def report(done: float) -> None:
        if progress is not None:
            progress(done, f"comparing {len(candidates)} models in {recipe.folds} folds")

    return select_by_folds(described, candidates, folds, halves, tenths[0], report), described


def candidates_of(items: DescribedSet) -> list[HeadCandidate]:
    """Return what is compared: every head on every descriptor, with mirror images too where there are any."""
    plain = [HeadCandidate(source, *strength) for source in items.rows for strength in STRENGTHS]
    return plain + [HeadCandidate(source, *strength, True) for source in items.mirrored for strength in STRENGTHS]


def selection_scores(selection: Selection, items: DescribedSet) -> dict[str, Any]:
    """Return the scores of what was chosen, and under ``candidates`` what each would have reached, best first."""
    assert items.labels is not None
    groups = None if items.groups is None else items.groups[selection.items]
    labels = items.labels[selection.items]
    usual = usual_class(items.labels[selection.learned])
    scores = score_predictions(selection.probabilities, labels, items.classes, usual, groups, selection.crossed)
    order = sorted(selection.reached.items(), key=lambda one: -one[1])
    return scores | {"candidates": {str(candidate): round(reached, 4) for candidate, reached in order}}


def scored_by(items: DescribedSet, recipe: FeaturesRecipe) -> str:
    """Say how scores were told."""
    if named_parts(items) is not None:
        return "the part of the data that is for it"
    if len(items) > MANY:
        return f"a part of {part_share(recipe, len(items)):.2g} that chose nothing"
    return f"cross-validation, {recipe.folds} folds, {recipe.repeats} times"


@dataclass(frozen=True, slots=True)
class FittedFeatures:
    """A network of a projection and a head, and where learned items lie in its projection."""

    network: torch.nn.Module
    architecture: Architecture
    dim: int
    familiarity: Familiarity


def fit_selected(selection: Selection, described: LabelledDescriptors) -> FittedFeatures:
    """Fit what was chosen to all items that it is to learn from."""
    best = selection.best
    rows, labels = described.learned(best, selection.learned)
    prepare = Preparation.of(rows, rooted=described.rooted(best.source))
    prepared = prepare(rows)
    head = HeadFitter(prepared, labels, described.classes, balanced=described.balanced).fit(best)
    middle = prepared.mean(axis=0)
    own = prepare(described.rows[best.source][selection.learned])
    own_labels = described.labels[selection.learned]
    # A class may be in the parts alone that choose and score: nothing is known of it then.
    learned = Familiarity.of(own - middle, np.unique(own_labels, return_inverse=True)[1], SHRINKAGE)
    whiten, unwhiten = _whitening(learned)
    means = (learned.means.astype(np.float64) @ whiten).astype(np.float32)
    dim = rows.shape[1]
    projection = {"inputs": dim, "outputs": dim, "root_inputs": prepare.rooted, "normalise_inputs": prepare.rooted}
    links = [
        {"name": "projection", "arguments": projection},
        {"name": "mlp", "arguments": {"sizes": [dim, described.classes]}},
    ]
    architecture = Architecture(name="sequential", arguments={"links": links})
    network = registry.build(architecture.name, architecture.arguments)
    state = {
        "0.mean": prepare.mean + middle * prepare.deviation,
        "0.matrix": whiten / prepare.deviation[:, None],
        "1.layers.0.weight": (unwhiten @ head.weights).T,
        "1.layers.0.bias": head.bias + middle @ head.weights,
    }
    network.load_state_dict({name: torch.from_numpy(np.asarray(part, np.float32)) for name, part in state.items()})
    still = Familiarity(np.zeros((0, dim), np.float32), np.zeros(0, np.float32), 1.0, means)
    return FittedFeatures(network.eval(), architecture, dim, still)


def _some_empty(rows: NDArray[np.float32]) -> bool:
    """Say whether descriptors hold rows of zeros."""
    return bool((~rows.any(axis=1)).any())


def _whitening(learned: Familiarity) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the symmetric matrix that makes the variance within classes 1 in all directions, and its inverse."""
    axes = learned.axes.astype(np.float64)
    variances = learned.variances.astype(np.float64)
    across = np.eye(axes.shape[1]) - axes.T @ axes
    whiten = (axes.T / np.sqrt(variances)) @ axes + across / np.sqrt(learned.rest)
    unwhiten = (axes.T * np.sqrt(variances)) @ axes + across * np.sqrt(learned.rest)
    return whiten, unwhiten
