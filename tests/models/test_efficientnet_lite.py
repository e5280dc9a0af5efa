"""EfficientNet-Lite: sizes as published, and folding."""

from __future__ import annotations

import pytest
import torch

from sonolux.models.efficientnet_lite import EfficientNetLite, NormalisedConvolution


@pytest.mark.parametrize(("variant", "parameters"), [(0, 4_652_008), (2, 6_092_072)])
def test_it_has_as_many_parameters_as_published(variant: int, parameters: int) -> None:
    with torch.device("meta"):
        network = EfficientNetLite(variant)
    assert sum(weights.numel() for weights in network.parameters()) == parameters


def test_it_takes_images_of_any_size() -> None:
    network = EfficientNetLite(0, classes=7).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 96)).shape == (2, 7)
        assert network.features(torch.zeros(1, 3, 32, 32)).shape == (1, 1280)


def test_folded_it_gives_the_same() -> None:
    torch.manual_seed(0)
    network = EfficientNetLite(0, classes=5).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        before = network(images)
        after = network.fold().fold()(images)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert any(isinstance(module, NormalisedConvolution) for module in network.modules())
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="no EfficientNet-Lite7"):
        EfficientNetLite(7)
