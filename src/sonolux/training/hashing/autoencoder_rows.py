"""Semantic hashing of what is no image: bags of words, and rows of numbers.

A dense autoencoder, its layers trained first, then the whole (Salakhutdinov and Hinton 2009, "Semantic hashing",
International Journal of Approximate Reasoning 50, where the items are texts). What comes in has some of its numbers
left out, what is drawn is the whole row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.errors import TrainingError
from sonolux.training.data.numbers import RowSet
from sonolux.training.hashing.autoencoder import UNITS, Drawing, autoencoder_of
from sonolux.training.hashing.pretraining import pretrain
from sonolux.training.loop.fit import TrainingProgress, fit, remove_unfinished
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.save import Trained, code_descriptor, write_model_folder
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

INPUTS = ("words", "numbers")
"""Values of option ``inputs`` that are learned from here."""

HIDDEN = (512, 256)
"""Widths between row and code, unless the arguments give ``sizes``."""

LEFT_OUT = 0.2
"""Share of the numbers of a row that the encoder does not see."""

FEWEST = 2
"""Rows held out, at least."""


class RowDrawing(Drawing):
    """A learner that draws rows of numbers, see `Drawing`."""

    def __init__(
        self, network: nn.Module, learned: RowSet, held_out: RowSet, recipe: Recipe, depth: int | None = None
    ) -> None:
        Learner.__init__(self, network, recipe, learned.fingerprint(), len(learned))
        self.depth = depth
        self.rows, self.held_out = torch.from_numpy(learned.rows), torch.from_numpy(held_out.rows)

    def whole_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """Draw rows from codes of what is left of them."""
        wanted = self.inputs(rows)
        return functional.mse_loss(self.network(functional.dropout(wanted, LEFT_OUT)), wanted)

    def inputs(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the rows of a batch, by their numbers."""
        return self.rows[rows.cpu()].to(self.device)

    def held_out_inputs(self) -> Iterable[torch.Tensor]:
        """Return the rows held out."""
        return [self.held_out.to(self.device)]


def train_rows(
    rows: RowSet, recipe: Recipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train an autoencoder of bags of words or rows of numbers, and write it as a model folder.

    A training that was stopped goes on when it is called again with the same arguments.

    Parameters
    ----------
    rows : RowSet
    recipe : Recipe
        Of method ``ae``. Its network is dense, whatever it says. Options: ``pretrained``; ``inputs``, for the card.
    folder : Path
        Of the model; new, or holding an unfinished training.
    licence : str
        Of the weights.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Raises
    ------
    TrainingError
        For another method, a network that cannot be built, or a folder that holds something else.
    """
    check_free(folder)
    check_rows_recipe(recipe)
    recipe = replace(recipe, architecture="dense-autoencoder")
    learned, held_out = parted(rows, recipe)
    sizes = [rows.rows.shape[1], *HIDDEN, recipe.bits]
    architecture = Architecture(name=recipe.architecture, arguments={"mode": UNITS, "sizes": sizes, **recipe.arguments})
    network = autoencoder_of(architecture, recipe)
    pretrain(
        network, lambda alone, depth: RowDrawing(network, learned, held_out, alone, depth), recipe, folder, progress
    )
    learner = RowDrawing(network.train(), learned, held_out, recipe)
    fit(learner, folder, progress)
    scores = {"held-out": round(max(epoch.score for epoch in learner.history), 4)}
    trained = Trained(learner.network, architecture, learner.history, scores, rows.preprocessing)
    descriptor = code_descriptor(folder.name, recipe.bits, "code")
    data = learned.described() | {"held_out": len(held_out)}
    saved = write_model_folder(trained, descriptor, recipe, data, folder, licence)
    remove_unfinished(folder)
    return saved


def check_rows_recipe(recipe: Recipe) -> str:
    """Return what kind of rows a recipe asks for, "words" or "numbers".

    Raises
    ------
    TrainingError
        For another method than ``ae``, or other inputs.
    """
    inputs = str(recipe.options.get("inputs", "numbers"))
    if inputs not in INPUTS:
        raise TrainingError(f"there are no inputs {inputs!r}: {', '.join(INPUTS)} or pictures")
    if recipe.method != "ae":
        raise TrainingError(f"{recipe.method} learns from pictures: {inputs} take the method ae")
    return inputs


def parted(rows: RowSet, recipe: Recipe) -> tuple[RowSet, RowSet]:
    """Part rows into those to learn from and those held out."""
    order = np.random.default_rng(recipe.seed).permutation(len(rows))
    held = max(FEWEST, round(recipe.held_out * len(rows)))
    return rows.subset(np.sort(order[held:])), rows.subset(np.sort(order[:held]))
