"""Networks that describe by all their levels, and the colours among them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models import registry
from sonolux.models.feature_extractor import LayerDescriptor, layer_names
from sonolux.models.hypercolumn import EPSILON, Hypercolumn, channel_statistics
from sonolux.models.soft_colour_histogram import EPSILON as RARE
from sonolux.models.soft_colour_histogram import ColourWords

SMALL: dict[str, Any] = {"widths": [4, 6], "strides": [1, 2]}
NETWORKS = [
    ("hypercolumn-resnet", "small-resnet", SMALL, (4, 4, 6)),
    ("hypercolumn-resnet20", "resnet20", {}, (16, 16, 32, 64)),
]


@pytest.mark.parametrize(("name", "plain", "arguments", "widths"), NETWORKS)
def test_there_is_a_plain_network_within(
    name: str, plain: str, arguments: dict[str, Any], widths: tuple[int, ...]
) -> None:
    outputs = 64 + 2 * sum(widths)
    colours = 3 * 64 + 64
    without, within = weightless(plain, **arguments), weightless(name, **arguments)
    assert parameters(within) == parameters(without) + colours + 10 * (outputs - widths[-1])
    assert output_shape(within, 2, 3, 64, 48) == (2, 10)


@pytest.mark.parametrize(("name", "plain", "arguments", "widths"), NETWORKS)
def test_weights_of_the_plain_network_fit(
    name: str, plain: str, arguments: dict[str, Any], widths: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    without, within = registry.build(plain, arguments).eval(), registry.build(name, arguments).eval()
    own = {key: tensor for key, tensor in without.state_dict().items() if not key.startswith("linear")}
    missing = within.load_state_dict(own, strict=False).missing_keys
    assert all(key.startswith(("linear", "levels")) for key in missing)
    images = torch.randn(2, 3, 12, 12)
    last = [layer for layer in layer_names(without) if "." not in layer and layer.startswith(("stage", "layer"))][-1]
    means = LayerDescriptor(within, "flatten")(images)[:, -2 * widths[-1] : -widths[-1]]
    # Fresh norms change next to nothing; the share of a level is one over the root of its size.
    expected = LayerDescriptor(without, last)(images) / (2 * widths[-1]) ** 0.5
    torch.testing.assert_close(means, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "arguments"), [(name, arguments) for name, _, arguments, _ in NETWORKS])
def test_every_layer_that_is_listed_takes_part(name: str, arguments: dict[str, Any]) -> None:
    network = registry.build(name, arguments).eval()
    for layer in ("conv1", "stem", "stage2", "layer3", "levels", "flatten", "linear"):
        if layer in layer_names(network):
            assert LayerDescriptor(network, layer)(torch.randn(2, 3, 8, 8)).shape[0] == 2


def test_levels_have_the_same_share() -> None:
    torch.manual_seed(0)
    levels = Hypercolumn((3, 50), shades=2).train()
    outputs = levels(torch.rand(200, 3, 4, 4) * 4 - 2, [torch.randn(200, 3, 4, 4), torch.randn(200, 50, 2, 2)])
    shares = [part.square().sum(1).mean() for part in outputs.split([8, 6, 100], dim=1)]
    torch.testing.assert_close(torch.stack(shares), torch.ones(3), rtol=0.05, atol=0)


def test_statistics_are_mean_and_deviation() -> None:
    maps = torch.randn(3, 5, 4, 4, dtype=torch.float64)
    flat = maps.float().flatten(2)
    expected = torch.cat([flat.mean(2), (flat.var(2, correction=0) + EPSILON).sqrt()], dim=1)
    torch.testing.assert_close(channel_statistics(maps), expected)


def test_a_flat_map_has_a_gradient() -> None:
    maps = torch.ones(1, 2, 4, 4, requires_grad=True)
    channel_statistics(maps).sum().backward()
    assert maps.grad is not None
    assert torch.isfinite(maps.grad).all()


def test_every_colour_counts_for_the_word_nearest_to_it() -> None:
    words = ColourWords(3, 4)
    colours = words.nearness.weight.detach().flatten(1) * 0.4**2
    assert colours.abs().max() == pytest.approx(1.5)
    image = colours[[5, 5, 5, 60]].T.reshape(1, 3, 2, 2)
    shares = words(image).detach().square() - RARE
    assert shares.sum().item() == pytest.approx(1, abs=1e-4)
    assert shares[0].topk(2).indices.tolist() == [5, 60]
    assert shares[0, 5] == pytest.approx(3 * shares[0, 60].item(), rel=0.1)


def test_colours_need_shades() -> None:
    with pytest.raises(ValueError, match="at least 2 shades a channel, not 1"):
        ColourWords(3, 1)
