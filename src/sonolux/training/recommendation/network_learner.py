"""Networks from content to factors: by mean squared error on the factors, or by the weighted prediction error.

Inputs are rows, pixels or frames, (n, ...), one or several of an item, whose factors are the mean over its own.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.losses.weighted_prediction import weighted_prediction_error
from sonolux.training.recommendation.recipe import ContentNetworkRecipe
from sonolux.training.recommendation.targets import Targets

USERS = 4_096
"""Users by whom a prediction is judged, at most; those who played most."""

AT_ONCE = 128


class FactorLearner(Learner):
    """A network from content to factors on its way.

    Parameters
    ----------
    network : torch module
        From inputs (n, ...) to scaled factors (n, d).
    learned, held_out : (tensor, ndarray of int)
        Inputs, and the item among `targets` that each belongs to.
    targets : Targets
    recipe : ContentNetworkRecipe
    fingerprint : str
        Of all that is learned from.
    """

    def __init__(
        self,
        network: nn.Module,
        learned: tuple[torch.Tensor, NDArray[np.intp]],
        held_out: tuple[torch.Tensor, NDArray[np.intp]],
        targets: Targets,
        recipe: ContentNetworkRecipe,
        fingerprint: str,
    ) -> None:
        super().__init__(network, recipe, fingerprint, len(learned[0]))
        self.inputs, self.owners = learned[0], torch.from_numpy(learned[1])
        self.judges, self.judged = held_out[0], torch.from_numpy(held_out[1])
        self.weighted = recipe.method == "taste-cnn-wpe"
        heard = np.argsort(-np.diff(targets.confidences.indptr), kind="stable")[:USERS]
        self.users = torch.from_numpy(targets.factors.users[heard])
        confidences = torch.from_numpy(targets.confidences[heard].toarray().T.astype(np.float32))
        self.played = (confidences > 0).float()
        self.confidence = confidences.abs().clamp(min=1)
        self.factors = torch.from_numpy(targets.factors.items)
        weights = torch.from_numpy(targets.weights.astype(np.float32))
        self.weights = weights / weights.mean()

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare the factors predicted of a batch with what they should be."""
        items = self.owners[rows.cpu()]
        return self.loss(self.network(self.inputs[rows.cpu()].to(self.device)).float(), items)

    def loss(self, predicted: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Return the loss of factors (n, d) predicted for items."""
        device = predicted.device
        if self.weighted:
            played, confidence = self.played[items].to(device), self.confidence[items].to(device)
            return weighted_prediction_error(predicted, self.users.to(device), played, confidence)
        misses = (predicted - self.factors[items].to(device)).square().mean(dim=1)
        return (self.weights[items].to(device) * misses).mean()

    @in_eval_mode
    def score(self) -> float:
        """Return by how much less items held out are missed than by factors of 0: 1 for not at all."""
        batches = zip(torch.split(self.judges, AT_ONCE), torch.split(self.judged, AT_ONCE), strict=True)
        predicted = [(self.network(inputs.to(self.device)).float().cpu(), items) for inputs, items in batches]
        missed = sum(float(self.loss(rows, items)) * len(items) for rows, items in predicted)
        nothing = sum(float(self.loss(torch.zeros_like(rows), items)) * len(items) for rows, items in predicted)
        return 1 - missed / max(nothing, 1e-12)
