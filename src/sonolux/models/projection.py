"""Linear projection: the coordinates of an input along some directions.

Eigenfaces, Fisherfaces, random hyperplanes (LSH) and ITQ differ in how the directions are found; in use all of them
are ``(x - mean) @ matrix``. Signs of the coordinates are the bits of a code.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import normalize


class Projection(nn.Module):
    """Subtract a mean, multiply by a matrix.

    Whoever finds the directions fills the buffers; at first the mean is 0 and the matrix copies coordinates.

    Parameters
    ----------
    inputs : int
        Numbers an input, after flattening.
    outputs : int
        Directions.
    root_inputs : bool
        Take the square root of inputs first, with its sign, so that a few large numbers do not outweigh all others (R.
        Arandjelovic and A. Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012).
    normalise_inputs : bool
        Scale inputs to length 1 first, so that the brightness or loudness of a whole does not count.
    normalise_outputs : bool
        Scale outputs to length 1.

    Attributes
    ----------
    mean : tensor, shape (inputs,)
    matrix : tensor, shape (inputs, outputs)
        One direction a column.
    """

    mean: torch.Tensor
    matrix: torch.Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        normalise_inputs: bool = False,
        normalise_outputs: bool = False,
        root_inputs: bool = False,
    ) -> None:
        super().__init__()
        self.root_inputs = root_inputs
        self.normalise_inputs = normalise_inputs
        self.normalise_outputs = normalise_outputs
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("matrix", torch.eye(inputs, outputs))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, ...) with `inputs` numbers a row, in any shape, to (n, outputs)."""
        rows = inputs.flatten(start_dim=1)
        rows = rows.sign() * rows.abs().sqrt() if self.root_inputs else rows
        rows = normalize(rows) if self.normalise_inputs else rows
        coordinates = (rows - self.mean) @ self.matrix
        return normalize(coordinates) if self.normalise_outputs else coordinates
