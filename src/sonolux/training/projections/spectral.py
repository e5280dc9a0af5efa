"""Spectral hashing: bits from the smoothest waves along the principal axes.

Y. Weiss, A. Torralba and R. Fergus, "Spectral hashing", NIPS 2008; see `sonolux.models.spectral_projection`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.models.spectral_projection import SpectralHash
from sonolux.training.projections.pca import principal_axes, projection


def fit_spectral(rows: NDArray[np.float32], bits: int) -> SpectralHash:
    """Return the network of the `bits` waves of smallest eigenvalue over the box that the inputs (n, d) fill."""
    mean, axes, _ = principal_axes(rows, bits)
    coordinates = (rows - mean) @ axes
    lowest, extent = coordinates.min(axis=0), np.ptp(coordinates, axis=0)
    frequency = waves(extent, bits)
    made = SpectralHash(rows.shape[1], bits, axes.shape[1])
    made.projection.load_state_dict(projection(mean, axes).state_dict())
    made.lowest.copy_(torch.from_numpy(lowest.astype(np.float32)))
    made.frequency.copy_(torch.from_numpy(frequency.astype(np.float32)))
    return made


def waves(extent: NDArray[np.floating], bits: int) -> NDArray[np.float64]:
    """Return the frequencies (axes, bits) of the smoothest waves: k pi / extent, smallest over all axes and k first."""
    halves = np.arange(1, bits + 1)[:, None] * np.pi / np.maximum(extent, np.finfo(float).tiny)[None, :]
    order = np.argsort(halves, axis=None, kind="stable")[:bits]
    numbers, axes = np.unravel_index(order, halves.shape)
    frequency = np.zeros((len(extent), bits))
    frequency[axes, np.arange(bits)] = halves[numbers, axes]
    return frequency
