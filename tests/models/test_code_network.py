"""Code networks: any backbone, then bits."""

from __future__ import annotations

import pytest
import torch

from models.counting import parameters
from sonolux.models import registry
from sonolux.models.code_network import CodeNetwork

SMALL = {"widths": [4, 6], "strides": [1, 2]}


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_features_are_what_the_classifier_saw(images: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = CodeNetwork("small-resnet", SMALL, bits=16).eval()
    whole = registry.build("small-resnet", SMALL).eval()
    whole.load_state_dict(network.backbone.state_dict(), strict=False)
    torch.testing.assert_close(whole.linear(network.features(images)), whole(images))
    assert network.features(images).shape == (16, 6)


def test_codes_are_the_signs_of_their_inputs(images: torch.Tensor) -> None:
    network = CodeNetwork("small-resnet", SMALL, bits=16, hidden=10)
    network(images)
    network.eval()
    codes = network(images)
    logits = network.logits(network.hidden(network.features(images)))
    assert codes.shape == (16, 16)
    assert torch.equal(codes > 0, logits > 0)
    assert codes.abs().min() > 0


def test_bits_are_balanced_in_training(images: torch.Tensor) -> None:
    network = CodeNetwork("small-resnet", SMALL, bits=16)
    logits = network.logits(network.features(images))
    torch.testing.assert_close(logits.mean(dim=0), torch.zeros(16), atol=1e-6, rtol=0)


@pytest.mark.parametrize("mode", ["straight-through", "noise"])
def test_the_backbone_learns_through_the_bits(mode: str, images: torch.Tensor) -> None:
    network = CodeNetwork("small-resnet", SMALL, bits=16, hidden=10, mode=mode)
    (network(images) * torch.randn(16, 16)).sum().backward()
    assert network.backbone.stem[0].weight.grad.abs().max() > 0


def test_the_classifier_is_gone() -> None:
    network = CodeNetwork("small-resnet", SMALL, bits=16)
    assert parameters(network) == parameters(registry.build("small-resnet", SMALL)) - 7 * 10 + 6 * 16
    assert parameters(CodeNetwork("mlp", {"sizes": [12, 9, 5]}, bits=8)) == 13 * 9 + 9 * 8


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"backbone": "projection", "backbone_arguments": {"inputs": 4, "outputs": 2}}, "no linear layer"),
        ({"backbone": "small-resnet", "bits": 0}, "bits must be"),
        ({"backbone": "small-resnet", "hidden": -1}, "hidden at least 0"),
        ({"backbone": "small-resnet", "mode": "round"}, "mode must be"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        CodeNetwork(**arguments)
