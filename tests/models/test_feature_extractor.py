"""Cuts: what comes out at a layer, and no more work than that takes."""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from sonolux.models import registry
from sonolux.models.feature_extractor import FeatureExtractor, LayerDescriptor, layer_names
from sonolux.models.pooling import POOLINGS

SMALL = {"widths": (4, 6), "strides": (1, 2), "blocks": 2}


class Parallel(nn.Module):
    """No chain: two layers side by side, and one that is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Conv2d(3, 4, 3)
        self.right = nn.Conv2d(3, 5, 3)
        self.idle = nn.Conv2d(3, 6, 3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.left(inputs), self.right(inputs)], dim=1)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return registry.build("small-resnet", SMALL).eval()


@pytest.mark.parametrize("pooling", sorted(POOLINGS))
@pytest.mark.parametrize("layer", ["stem", "stem.1", "stage1", "stage1.1", "stage2.0.conv1", "stage2.0.relu2", "pool"])
def test_it_gives_what_the_layer_gives(layer: str, pooling: str, network: nn.Module, images: torch.Tensor) -> None:
    heard = []
    network.get_submodule(layer).register_forward_hook(lambda _layer, _inputs, output: heard.append(output.clone()))
    network(images)
    torch.testing.assert_close(LayerDescriptor(network, layer, pooling)(images), POOLINGS[pooling](heard[0]))


@pytest.mark.parametrize("layer", ["flatten", "linear"])
def test_vectors_pass_as_they_are(layer: str, network: nn.Module, images: torch.Tensor) -> None:
    descriptors = LayerDescriptor(network, layer, "max")(images)
    whole = network(images)
    torch.testing.assert_close(network.linear(descriptors) if layer == "flatten" else descriptors, whole)


def test_nothing_after_the_layer_is_computed(network: nn.Module, images: torch.Tensor) -> None:
    ran = []
    for name, module in network.named_modules():
        module.register_forward_hook(lambda *_, name=name: ran.append(name))
    LayerDescriptor(network, "stage1.0")(images)
    assert ran[-1] == "stage1.0"
    assert not [name for name in ran if name.startswith(("stage1.1", "stage2", "linear"))]


def test_any_network_can_be_cut(images: torch.Tensor) -> None:
    network = Parallel()
    torch.testing.assert_close(LayerDescriptor(network, "right")(images), network(images)[:, 4:].mean(dim=(2, 3)))
    with pytest.raises(ValueError, match="layer idle does not take part"):
        LayerDescriptor(network, "idle")(images)


def test_threads_hear_their_own_images_only(images: torch.Tensor) -> None:
    network = Parallel()
    network.right.register_forward_hook(lambda *_: time.sleep(0.005))  # Others run now, if anything lets them.
    cut = LayerDescriptor(network, "left")
    inputs = [images * factor for factor in range(1, 17)]
    with torch.no_grad(), ThreadPoolExecutor(8) as pool:
        together = list(pool.map(cut, inputs))
        for one, found in zip(inputs, together, strict=True):
            torch.testing.assert_close(found, cut(one))


def test_a_layer_that_is_used_twice_counts_each_time(images: torch.Tensor) -> None:
    relu = nn.ReLU()
    network = nn.Sequential(nn.Conv2d(3, 4, 3), relu, nn.Conv2d(4, 4, 3), relu)
    torch.testing.assert_close(LayerDescriptor(network, "3")(images), network(images).mean(dim=(2, 3)))


def test_a_cut_is_built_by_name_and_learns(images: torch.Tensor) -> None:
    cut = registry.build("feature-extractor", {"architecture": "small-resnet", "arguments": SMALL, "layer": "stage2"})
    assert cut(images).shape == (3, 6)
    cut(images).sum().backward()
    assert cut.network.stem[0].weight.grad is not None
    torch.testing.assert_close(copy.deepcopy(cut).eval()(images), cut.eval()(images))


def test_a_cut_can_be_cut(network: nn.Module, images: torch.Tensor) -> None:
    inner = LayerDescriptor(network, "stage2.0.conv1")
    outer = LayerDescriptor(inner, "network.stage1.0.conv1")
    torch.testing.assert_close(outer(images), LayerDescriptor(network, "stage1.0.conv1")(images))


@pytest.mark.parametrize("layer", ["", "stage3", "stage2.", "stage2.0.conv9"])
def test_a_wrong_layer_is_answered_with_those_there_are(layer: str) -> None:
    with pytest.raises(ValueError, match=r"no layer '.*': there are stem, .*, stage1, stage1.0, stage1.1, stage2, .*"):
        FeatureExtractor("small-resnet", SMALL, layer)


def test_a_wrong_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match="pooling must be one of avg, max, gem, flatten, not 'sum'"):
        FeatureExtractor("small-resnet", SMALL, "stem", "sum")


def test_layers_that_give_no_vectors_or_maps_are_refused() -> None:
    network = nn.Sequential(nn.Unflatten(1, (2, 4)))
    with pytest.raises(ValueError, match="layer 0 gives neither vectors nor maps"):
        LayerDescriptor(network, "0")(torch.zeros(3, 8))


def test_layers_are_named_in_the_order_in_which_they_run(network: nn.Module, images: torch.Tensor) -> None:
    ran: list[str] = []
    names = layer_names(network)
    for name in names:
        network.get_submodule(name).register_forward_pre_hook(lambda *_, name=name: ran.append(name))
    network(images)
    assert ran == names
    assert names[:8] == ["stem", "stem.0", "stem.1", "stem.2", "stage1", "stage1.0", "stage1.1", "stage2"]


def test_shared_layers_are_named_once() -> None:
    relu = nn.ReLU()
    assert layer_names(nn.Sequential(nn.Linear(2, 2), relu, nn.Linear(2, 2), relu)) == ["0", "1", "2"]


def test_what_the_next_layer_does_in_place_does_not_reach_back() -> None:
    network = registry.build("efficientnet-lite", {"variant": 0}).eval()
    images = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        before = network.stem.normalisation(network.stem.convolution(images))
        assert before.min() < 0, "or an activation in place would change nothing"
        taken = LayerDescriptor(network, "stem.normalisation", "flatten")(images)
    assert torch.equal(taken, before.flatten(1))
