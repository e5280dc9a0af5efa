"""Autoencoders."""

from __future__ import annotations

import pytest
import torch

from models.counting import parameters, weightless
from sonolux.models.autoencoder import Autoencoder, ConvAutoencoder, DenseAutoencoder
from sonolux.models.feature_extractor import LayerDescriptor


def small(kind: type[Autoencoder]) -> Autoencoder:
    torch.manual_seed(0)
    if kind is DenseAutoencoder:
        return DenseAutoencoder((48, 32, 8))
    return ConvAutoencoder(bits=8, side=4, depth=1, width=4)


def test_parameter_counts() -> None:
    dense = weightless("dense-autoencoder", sizes=[3072, 1024, 256])
    assert parameters(dense) == 2 * (3072 * 1024 + 1024 * 256) + 2 * 1024 + 256 + 3072
    conv = weightless("conv-autoencoder", bits=64, side=16, depth=2, width=8)
    kernels = 2 * (16 * 3 * 8 + 16 * 8 * 16)
    dense_layers = 256 * 64 + 64 + 64 * 256 + 256
    assert parameters(conv) == kernels + dense_layers + 2 * 8 + 2 * 16 + 2 * 8 + 3


@pytest.mark.parametrize(("channels", "side", "depth"), [(3, 32, 3), (1, 28, 2), (3, 96, 5)])
def test_images_come_back_in_their_own_shape(channels: int, side: int, depth: int) -> None:
    network = weightless("conv-autoencoder", bits=32, channels=channels, side=side, depth=depth, width=8)
    images = torch.empty(2, channels, side, side, device="meta")
    assert network(images).shape == images.shape
    assert network.encode(images).shape == (2, 32)


@pytest.mark.parametrize("kind", [DenseAutoencoder, ConvAutoencoder])
def test_in_use_everything_passes_through_bits(kind: type[Autoencoder]) -> None:
    network = small(kind).eval()
    images = torch.randn(5, 3, 4, 4)
    codes = network.encode(images)
    assert codes.shape == (5, 8)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    torch.testing.assert_close(network(images), network.decode(codes))
    torch.testing.assert_close(LayerDescriptor(network, "code")(images), codes)


@pytest.mark.parametrize("kind", [DenseAutoencoder, ConvAutoencoder])
def test_it_learns_to_draw_again(kind: type[Autoencoder]) -> None:
    network = small(kind)
    images = torch.randn(4, 3, 4, 4, generator=torch.Generator().manual_seed(1)).repeat(16, 1, 1, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        (network(images).flatten(1) - images.flatten(1)).square().mean().backward()
        optimizer.step()
    network.eval()
    left = (network(images).flatten(1) - images.flatten(1)).square().mean() / images.var()
    assert left < 0.3
    assert len(network.encode(images).unique(dim=0)) == 4


@pytest.mark.parametrize("arguments", [{"side": 30}, {"side": 0}, {"depth": 0}, {"mode": "round"}])
def test_bad_arguments_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        ConvAutoencoder(**arguments)


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="sizes must be"):
        DenseAutoencoder((48,))
