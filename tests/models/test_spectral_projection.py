"""Spectral hashing, against its formula and against what it stands for."""

from __future__ import annotations

import numpy as np
import torch

from sonolux.models.spectral_projection import SpectralHash


def test_each_bit_is_the_sign_of_its_wave() -> None:
    random = np.random.default_rng(0)
    x, mean, axes = random.normal(size=(50, 6)), random.normal(size=6), random.normal(size=(6, 2))
    lowest, highest = np.array([-4.0, -3.0]), np.array([5.0, 2.0])
    modes = [(0, 1), (0, 2), (1, 1), (0, 3)]
    network = SpectralHash(6, 4, components=2).double()
    network.projection.mean.copy_(torch.tensor(mean))
    network.projection.matrix.copy_(torch.tensor(axes))
    network.lowest.copy_(torch.tensor(lowest))
    for bit, (axis, halves) in enumerate(modes):
        network.frequency[axis, bit] = halves * np.pi / (highest - lowest)[axis]
    coordinates = (x - mean) @ axes
    expected = np.column_stack(
        [
            np.sin(np.pi / 2 + halves * np.pi * (coordinates[:, a] - lowest[a]) / (highest[a] - lowest[a]))
            for a, halves in modes
        ]
    )
    np.testing.assert_allclose(network(torch.tensor(x)), expected, atol=1e-12)


def test_bits_of_an_evenly_filled_box_are_balanced_and_uncorrelated() -> None:
    line = torch.linspace(0, 8, 10_001)[:-1, None]
    network = SpectralHash(1, 3)
    network.frequency.copy_(torch.tensor([[1.0, 2.0, 4.0]]) * torch.pi / 8)
    bits = (network(line) > 0).double() * 2 - 1
    np.testing.assert_allclose(bits.mean(dim=0), 0, atol=1e-2)
    np.testing.assert_allclose(bits.T @ bits / len(bits), np.eye(3), atol=1e-2)


def test_axes_are_as_many_as_bits_or_inputs() -> None:
    assert SpectralHash(3, 8).frequency.shape == (3, 8)
    assert SpectralHash(30, 8).frequency.shape == (8, 8)
    assert SpectralHash(30, 8, components=5)(torch.zeros(2, 5, 6)).shape == (2, 8)
