"""The small residual network that describes by all its stages."""

from __future__ import annotations

import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models.cut import LayerDescriptor, layer_names
from sonolux.models.levels_resnet import EPSILON, LevelsResNet, statistics
from sonolux.models.small_resnet import SmallResNet

SMALL = {"widths": [4, 6], "strides": [1, 2]}


def test_it_has_a_small_resnet_within_and_a_wider_last_layer() -> None:
    plain, levels = weightless("small-resnet", **SMALL), weightless("levels-resnet", **SMALL)
    assert parameters(levels) == parameters(plain) + 10 * (2 * (4 + 4 + 6) - 6)


def test_weights_of_a_small_resnet_fit() -> None:
    torch.manual_seed(0)
    plain, levels = SmallResNet(**SMALL).eval(), LevelsResNet(**SMALL).eval()
    own = {name: tensor for name, tensor in plain.state_dict().items() if not name.startswith("linear")}
    assert levels.load_state_dict(own, strict=False).missing_keys == ["linear.weight", "linear.bias"]
    pictures = torch.randn(2, 3, 12, 12)
    for stage, level in (("stage1", slice(8, 12)), ("stage2", slice(16, 22))):
        described = LayerDescriptor(levels, "flatten")(pictures)[:, level]
        torch.testing.assert_close(described, LayerDescriptor(plain, stage)(pictures))


def test_pictures_of_any_size_are_taken() -> None:
    assert output_shape(weightless("levels-resnet"), 2, 3, 64, 48) == (2, 10)


def test_every_layer_that_is_listed_takes_part() -> None:
    network = LevelsResNet(**SMALL).eval()
    for layer in layer_names(network):
        LayerDescriptor(network, layer)(torch.randn(1, 3, 8, 8))


def test_statistics_are_mean_and_deviation() -> None:
    maps = torch.randn(3, 5, 4, 4, dtype=torch.float64)
    flat = maps.float().flatten(2)
    expected = torch.cat([flat.mean(2), (flat.var(2, correction=0) + EPSILON).sqrt()], dim=1)
    torch.testing.assert_close(statistics(maps), expected)


def test_a_flat_map_has_a_gradient() -> None:
    maps = torch.ones(1, 2, 4, 4, requires_grad=True)
    statistics(maps).sum().backward()
    assert maps.grad is not None
    assert torch.isfinite(maps.grad).all()
