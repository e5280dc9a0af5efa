"""One command to learned fingerprints: recordings, or music that is made up, in, a model folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Contrast
from sonolux.errors import TrainingError
from sonolux.fingerprints.constellation import BANDS
from sonolux.training.data.clips import ClipSet
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.fit import TrainingProgress

HOW = Contrast(frames=32, pooled=3, deviation=3.0)
"""A second, in semitones."""


def train_fingerprints(
    clips: ClipSet, recipe: Recipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train a network that takes fingerprints, and write it as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    clips : ClipSet
    recipe : Recipe
        Option: ``temperature``.
    folder : Path
        Of the model; new, or holding an unfinished training.
    licence : str
        Of the weights; those of the recordings may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Returns
    -------
    model : ModelFolder
        Its ``scores``: ``again``, the share of distorted seconds of held-out clips whose nearest of a batch was right.

    Raises
    ------
    TrainingError
        Where the folder holds something else, no such network can be built, or its bits do not fill bytes.
    """
    check_free(folder)
    if recipe.bits % 8:
        raise TrainingError(f"codes are whole bytes, not {recipe.bits} bits: say --set bits={-(-recipe.bits // 8) * 8}")
    order = np.random.default_rng(recipe.seed).permutation(len(clips))
    count = max(2, round(recipe.held_out * len(clips)))
    learned, held_out = clips.subset(np.sort(order[count:])), clips.subset(np.sort(order[:count]))
    arguments = {"frames": HOW.frames, "bands": BANDS // HOW.pooled, "bits": recipe.bits} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    network = build_network(architecture, recipe)

    from sonolux.training.fingerprints.learner import FingerprintLearner
    from sonolux.training.loop.fit import fit, remove_unfinished
    from sonolux.training.loop.save import Trained, code_descriptor, write_model_folder

    learner = FingerprintLearner(network, learned, held_out, recipe, HOW)
    fit(learner, folder, progress)
    scores = {"again": round(max(epoch.score for epoch in learner.history), 4)} | learner.duration()
    trained = Trained(learner.network, architecture, learner.history, scores, HOW)
    descriptor = code_descriptor(folder.name, recipe.bits)
    data = learned.described() | {"held_out": count}
    saved = write_model_folder(trained, descriptor, recipe, data, folder, licence)
    remove_unfinished(folder)
    return saved
