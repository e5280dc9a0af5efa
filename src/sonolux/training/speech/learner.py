"""Speech recognisers on their way: networks of frames that learn with CTC what is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sonolux.decoding.ctc import decode_greedy
from sonolux.features.speech_cepstra import utterance
from sonolux.metrics.edit_distance import error_rate
from sonolux.training.augmentation.spectrograms import masked
from sonolux.training.data.utterances import UtteranceSet
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.losses.ctc import ctc_loss
from sonolux.training.speech.recipe import SpeechRecipe

ALIKE = 8
"""Batches whose utterances are sorted by length, so that little is filled up."""


class SpeechLearner(Learner):
    """A network that writes down what it hears, on its way.

    Parameters
    ----------
    network : torch module
        From what is heard (n, frames, numbers) to scores (n, fewer frames, 1 + units).
    learned, held_out : UtteranceSet
    targets, held_out_targets : sequence of list of int
        Units of each, numbered from 1.
    recipe : SpeechRecipe
    """

    def __init__(
        self,
        network: nn.Module,
        sets: tuple[UtteranceSet, UtteranceSet],
        targets: tuple[Sequence[list[int]], Sequence[list[int]]],
        recipe: SpeechRecipe,
    ) -> None:
        super().__init__(network, recipe, sets[0].fingerprint(), len(sets[0]))
        self.learned, self.held_out = (list(part.cepstra) for part in sets)
        self.targets, self.held_out_targets = targets
        self.views, self.speed, self.noise = recipe.views, recipe.speed, recipe.noise

    def order(self, generator: torch.Generator) -> torch.Tensor:
        """Return the utterances of an epoch, those of a batch of like length, the batches in any order."""
        rows = super().order(generator)
        size = self.recipe.batch_size
        whole = rows[: len(rows) - len(rows) % size] if len(rows) >= size else rows
        batches: list[torch.Tensor] = []
        for part in torch.split(whole, size * ALIKE):
            lengths = torch.tensor([len(self.learned[row]) for row in part.tolist()])
            batches += torch.split(part[lengths.argsort()], size)
        shuffled = torch.randperm(len(batches), generator=generator).tolist()
        return torch.cat([*(batches[number] for number in shuffled), rows[len(whole) :]])

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Return the negative log likelihood of what is said in a batch, a unit."""
        heard = [utterance(self._at_a_speed(self.learned[row])) for row in rows.tolist()]
        lengths = torch.tensor([len(frames) for frames in heard])
        frames = nn.utils.rnn.pad_sequence(heard, batch_first=True).to(self.device)
        seen = masked(frames + self.noise * torch.randn_like(frames), self.views)
        scores = self.network(seen).float().log_softmax(dim=2)
        wanted = [torch.tensor(self.targets[row]) for row in rows.tolist()]
        kept = (lengths * scores.shape[1] / frames.shape[1]).ceil().long().clamp(max=scores.shape[1])
        return ctc_loss(scores, kept, wanted)

    @torch.no_grad()
    def score(self) -> float:
        """Return 1 less the errors in the units of the utterances held out, over their number."""
        return 1 - error_rate(map(decode_greedy, self.held_out_scores()), self.held_out_targets)

    @in_eval_mode
    def held_out_scores(self) -> list[NDArray[np.float32]]:
        """Return the log probabilities of each utterance held out, (frames, 1 + units)."""
        return [log_probabilities(self.network, cepstra, self.device) for cepstra in self.held_out]

    def _at_a_speed(self, cepstra: torch.Tensor) -> torch.Tensor:
        """Return cepstra (frames, numbers) a little faster or slower, drawn from torch's global generator."""
        frames = round(len(cepstra) * (1 + self.speed * (2 * float(torch.rand(())) - 1)))
        return functional.interpolate(cepstra.T[None], size=max(frames, 1), mode="linear")[0].T


def log_probabilities(network: nn.Module, cepstra: torch.Tensor, device: torch.device) -> NDArray[np.float32]:
    """Return what a network hears in an utterance, natural logarithms (frames, 1 + units)."""
    scores = network(utterance(cepstra)[None].to(device))[0].float().log_softmax(dim=1)
    heard: NDArray[np.float32] = scores.cpu().numpy()
    return heard
