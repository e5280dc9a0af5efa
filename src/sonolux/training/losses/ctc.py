"""CTC loss: the likelihood of what is said, summed over all times at which it could have been said.

A. Graves, S. Fernández, F. Gomez and J. Schmidhuber 2006, "Connectionist temporal classification: labelling unsegmented
sequence data with recurrent neural networks", ICML.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from sonolux.decoding.ctc import BLANK


def ctc_loss(log_probabilities: torch.Tensor, frames: torch.Tensor, targets: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the mean negative log likelihood of a batch, each by the length of its target.

    Parameters
    ----------
    log_probabilities : tensor, shape (n, frames, 1 + units)
        Natural logarithms.
    frames : tensor of int, shape (n,)
        That each utterance has.
    targets : sequence of tensor of int
        Units of each, numbered from 1.
    """
    lengths = torch.tensor([len(target) for target in targets])
    wanted = torch.cat(list(targets)).to(log_probabilities.device)
    scores = log_probabilities.transpose(0, 1)
    return functional.ctc_loss(scores, wanted, frames, lengths, BLANK, "mean", zero_infinity=True)
