"""Autoencoder of rows: bags of words, and rows of numbers, squeezed through a few bits (semantic hashing).

A dense autoencoder, its layers trained first, then the whole (Salakhutdinov and Hinton 2009, "Semantic hashing",
International Journal of Approximate Reasoning 50, where the items are texts). What comes in has some of its numbers
left out, what is drawn is the whole row.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from sonolux.checkpoints.folder import Architecture
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.splits import split_parts
from sonolux.training.hashing.autoencoder import CODE, UNITS, AutoencoderLearner, autoencoder_of, score_drawing
from sonolux.training.hashing.pretraining import pretrain
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.trained import Trained, TrainingProgress, code_descriptor
from sonolux.training.losses.reconstruction import squared_error

HIDDEN = (512, 256)
"""Widths between row and code, unless the arguments give ``sizes``."""

LEFT_OUT = 0.2
"""Share of the numbers of a row that the encoder does not see."""


class RowLearner(AutoencoderLearner):
    """A learner that draws rows of numbers, see `AutoencoderLearner`."""

    def __init__(
        self, network: nn.Module, learned: RowSet, held_out: RowSet, recipe: AutoencoderRecipe, depth: int | None = None
    ) -> None:
        Learner.__init__(self, network, recipe, learned.fingerprint(), len(learned))
        self.depth = depth
        self.rows, self.held_out = torch.from_numpy(learned.rows), torch.from_numpy(held_out.rows)

    def whole_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """Draw rows from codes of what is left of them."""
        wanted = self.inputs(rows)
        return squared_error(self.network(functional.dropout(wanted, LEFT_OUT)), wanted)

    def inputs(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the rows of a batch, by their numbers."""
        return self.rows[rows.cpu()].to(self.device)

    def held_out_inputs(self) -> Iterable[torch.Tensor]:
        """Return the rows held out."""
        return [self.held_out.to(self.device)]


def learn_row_autoencoder(
    rows: RowSet, recipe: AutoencoderRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a dense autoencoder of bags of words or rows of numbers."""
    parts = split_parts(rows, recipe.validation, recipe.seed)
    learned, held_out, scored = parts.learned, parts.chosen, parts.scored
    sizes = [rows.rows.shape[1], *HIDDEN, recipe.bits]
    architecture = Architecture(name=recipe.architecture, arguments={"mode": UNITS, "sizes": sizes, **recipe.arguments})
    network = autoencoder_of(architecture, recipe)
    pretrain(
        network, lambda alone, depth: RowLearner(network, learned, held_out, alone, depth), recipe, folder, progress
    )
    learner = RowLearner(network.train(), learned, held_out, recipe)
    fit(learner, folder, progress)
    return Trained(
        learner.network,
        architecture,
        rows.preprocessing,
        code_descriptor(folder.name, recipe.bits, CODE),
        recipe,
        learned.described() | {"chosen_by": len(held_out), "held_out": len(scored)},
        score_drawing(learner, RowLearner(learner.network, learned, scored, recipe).held_out),
        history=learner.history,
    )
