"""Captions learned: a map from photos, and one from sentences, to where both meet (DeViSE's task).

A. Frome et al., "DeViSE: a deep visual-semantic embedding model", NeurIPS 2013, learned such a map of images alone,
into the space of words; here both sides are mapped, by canonical correlation analysis, whose solution is found at once
and needs hundreds of photos instead of a million. A direction counts by its canonical correlation (Y. Gong et al.,
"A multi-view embedding space for modeling internet images, tags, and their semantics", IJCV 2014). Photos that are
near to any sentence are corrected by the sentences that were learned from (`sonolux.models.query_bank`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import PhotosAndSentences
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.trained.captions import (
    ARCHITECTURE,
    CORRECTION,
    correct_photos,
    correct_sentences,
    join_views,
    mapped,
    source_digests,
)
from sonolux.metrics.intervals import share_interval
from sonolux.metrics.ranking import top_k
from sonolux.models.projection import Projection
from sonolux.models.query_bank import QueryBank
from sonolux.models.two_view_projection import TwoViewProjection
from sonolux.training.alignment.cca import fit_cca
from sonolux.training.alignment.data import CaptionSet
from sonolux.training.alignment.recipe import CaptionsRecipe
from sonolux.training.data.splits import split_items
from sonolux.training.loop.trained import Trained, TrainingProgress

TOP = 10

WEIGHTS = (4.0, 2.0, 1.0, 0.5)
"""Of concepts, among which cross-validation chooses; of two that do as well, the first."""

FOLDS = 5

JUDGED = 2_000
"""Photos of a fold that are asked for, at most."""

BANK = 2_000
"""Sentences of the query bank, at most."""


def learn_captions(
    captions: CaptionSet, recipe: CaptionsRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Fit both maps, and score them on photos held out; see `sonolux.training.methods.LearnMethod`."""
    captions.check()
    learned, held_out = split_items(captions, recipe.validation, recipe.seed) if recipe.validation else (captions, None)
    learned.check(2)
    weight = choose_weight(learned, recipe, progress) if recipe.concepts is None else recipe.concepts
    network = fit_network(learned, recipe)
    network.bank = fit_bank(network, learned, weight)
    if progress is not None:
        progress(1.0, f"learned from {len(learned):,} photos")
    known = learned.image_concepts.shape[1] if weight else 0
    views = {
        "images": learned.features.shape[1],
        "texts": learned.vectors.shape[1],
        "outputs": network.outputs,
        "questions": len(network.bank.questions),
        "beside": known,
    }
    return Trained(
        network,
        Architecture(name=ARCHITECTURE, arguments=views),
        PhotosAndSentences(digests=source_digests(), concepts=weight),
        Descriptor(space=folder.name, dim=network.outputs + known + CORRECTION),
        replace(recipe, concepts=weight),
        learned.described() | {"held_out": 0 if held_out is None else len(held_out)},
        {} if held_out is None else score_captions(network, held_out, weight),
    )


def fit_network(captions: CaptionSet, recipe: CaptionsRecipe) -> TwoViewProjection:
    """Return the two maps that photos and their sentences agree under, each direction scaled by how much they do."""
    ridges = (recipe.image_ridge, recipe.text_ridge)
    found = fit_cca(captions.features, captions.vectors, captions.owners, ridges, recipe.dim)
    network = TwoViewProjection(len(found.first), len(found.second), len(found.correlations))
    _fill(network.images, found.first_mean, found.first * found.correlations)
    _fill(network.texts, found.second_mean, found.second * found.correlations)
    return network


def fit_bank(network: TwoViewProjection, captions: CaptionSet, weight: float) -> QueryBank:
    """Return the bank of sentences by which hubs among photos are told, evenly taken of those learned from."""
    photos = join_views(mapped(network.images, captions.features), captions.image_concepts, weight)
    taken = np.unique(np.linspace(0, len(captions.owners) - 1, BANK).round().astype(int))
    questions = join_views(mapped(network.texts, captions.vectors[taken]), captions.sentence_concepts[taken], weight)
    bank = QueryBank(*questions.shape)
    bank.fill(torch.from_numpy(questions), torch.from_numpy(photos))
    return bank


def choose_weight(captions: CaptionSet, recipe: CaptionsRecipe, progress: TrainingProgress | None = None) -> float:
    """Return the weight of concepts under which sentences find photos best that the maps were not learned from.

    By the mean reciprocal rank over the folds of a cross-validation, each photo asked for by its first sentence.
    """
    order = np.random.default_rng(recipe.seed).permutation(len(captions))
    totals = np.zeros(len(WEIGHTS))
    folds = min(FOLDS, len(captions) // 2)
    for fold in range(folds):
        judged = np.sort(order[fold::folds])
        learned, asked = captions.subset(np.setdiff1d(order, judged)), captions.subset(judged[:JUDGED])
        network = fit_network(learned, recipe)
        for place, weight in enumerate(WEIGHTS):
            network.bank = fit_bank(network, learned, weight)
            totals[place] += _reciprocal_ranks(corrected_similarities(network, asked, weight)).sum()
        if progress is not None:
            progress((fold + 1) / (folds + 1), f"fold {fold + 1} of {folds}")
    return WEIGHTS[int(totals.argmax())]


def score_captions(network: TwoViewProjection, captions: CaptionSet, weight: float) -> dict[str, float]:
    """Return how often the first sentence of each photo finds it, among all photos of a set, and the intervals."""
    known = captions.sentence_concepts[first_sentences(captions)] @ captions.image_concepts.T
    scores: dict[str, float] = {}
    for name, similarity in (("", corrected_similarities(network, captions, weight)), ("-concepts", known)):
        found = top_k(similarity, TOP) == np.arange(len(captions))[:, None]
        for k in (1, TOP):
            right = found[:, :k].any(axis=1)
            low, high = share_interval(right.astype(float))
            scores |= {
                f"recall-{k}{name}": round(float(right.mean()), 4),
                f"recall-{k}{name}_low": round(low, 4),
                f"recall-{k}{name}_high": round(high, 4),
            }
    return scores | {"baseline": round(1 / len(captions), 4), "scored_on": len(captions)}


def corrected_similarities(network: TwoViewProjection, captions: CaptionSet, weight: float) -> NDArray[np.float32]:
    """Return those of the first sentence of each photo with each photo, (n, n), as an encoder of the model has them."""
    assert network.bank is not None
    first = first_sentences(captions)
    photos = join_views(mapped(network.images, captions.features), captions.image_concepts, weight)
    asked = join_views(mapped(network.texts, captions.vectors[first]), captions.sentence_concepts[first], weight)
    return correct_sentences(asked) @ correct_photos(photos, network.bank).T


def first_sentences(captions: CaptionSet) -> NDArray[np.int64]:
    """Return the row of the first sentence of each photo, (n,)."""
    return np.unique(captions.owners, return_index=True)[1]


def _reciprocal_ranks(similarity: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return 1 / rank of each item for the question of the same number, (n,); of equal ones the others rank first."""
    return np.asarray(1 / (similarity >= similarity.diagonal()[:, None]).sum(axis=1))


def _fill(projection: Projection, mean: NDArray[np.float64], matrix: NDArray[np.float64]) -> None:
    projection.mean = torch.from_numpy(mean.astype(np.float32))
    projection.matrix = torch.from_numpy(matrix.astype(np.float32))
