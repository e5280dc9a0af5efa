"""Fused models, learned: a network over towers that stay as they are, or with the tower of images learning on."""

from __future__ import annotations

from pathlib import Path

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Labels
from sonolux.encoders.trained.fused import ARCHITECTURE
from sonolux.errors import TrainingError
from sonolux.training.data.splits import split_items
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.learn import choose_passes, fit_fusion, network_arguments, score_fusion
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.fusion.thawed import tune_fusion
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.towers.start import with_own_tower


def learn_fusion(items: FusionSet, recipe: FuseRecipe, folder: Path, progress: TrainingProgress | None) -> Trained:
    """Learn, and score on what was held out; see `sonolux.training.methods.LearnMethod`."""
    items.check()
    if items.towers is None:
        raise TrainingError(f"{items.source}: descriptors from elsewhere make no model folder: name towers")
    if recipe.adversarial and len(items.widths) < 2:
        alone = next(iter(items.widths))
        raise TrainingError(f"{items.source}: an adversary tells modalities apart, and there is {alone} alone")
    learned, held_out = split_items(items, recipe.validation, recipe.seed) if recipe.validation else (items, None)
    towers, told, candidates = items.towers, {}, {}
    tuned = tune_fusion(learned, recipe, folder, progress) if recipe.thawed else None
    if tuned is not None:
        candidates = {"candidates": tuned.candidates}
        told = tuned.told
    if tuned is not None and tuned.helps:
        assert items.maps is not None
        network, learned, epochs = tuned.network, tuned.learned, tuned.epochs
        held_out = None if held_out is None else tuned.seen(held_out)
        saved = items.maps.tower.save(folder, f"{folder.name}-image", recipe.resolved())
        towers = with_own_tower(towers, items.maps.tower.encoder, saved)
    else:
        epochs = choose_passes(learned, recipe)
        network = fit_fusion(learned, recipe, epochs)
    if progress is not None:
        progress(1.0, f"learned from {len(learned):,} items")
    return Trained(
        network,
        Architecture(name=ARCHITECTURE, arguments=network_arguments(items, recipe)),
        towers,
        Descriptor(space=folder.name, dim=len(items.names), metric="dot"),
        recipe,
        learned.described() | {"kind": items.kind, "epochs": epochs} | told,
        ({} if held_out is None else score_fusion(network, held_out)) | candidates,
        Labels(names=items.names) if items.kind == "class" else None,
        history=tuned.learner.history if tuned is not None and tuned.helps else (),
    )
