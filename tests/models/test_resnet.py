"""Residual networks for photos."""

from __future__ import annotations

import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models.resnet import BasicBlock, Bottleneck, ResNet

PUBLISHED = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}


@pytest.mark.parametrize(("depth", "count"), PUBLISHED.items())
def test_published_parameter_counts_and_depths(depth: int, count: int) -> None:
    network = weightless(f"resnet{depth}")
    assert parameters(network) == count
    weights = [name for name, tensor in network.named_parameters() if tensor.ndim > 1 and "downsample" not in name]
    assert len(weights) == depth


@pytest.mark.parametrize("depth", [18, 50])
def test_shapes(depth: int) -> None:
    network = weightless(f"resnet{depth}", channels=1, classes=7)
    assert output_shape(network, 2, 1, 224, 224) == (2, 7)
    assert output_shape(network, 2, 1, 96, 128) == (2, 7)


def test_names_are_those_of_published_weights() -> None:
    names = weightless("resnet50").state_dict()
    assert len(names) == 320
    for name, shape in {
        "conv1.weight": (64, 3, 7, 7),
        "bn1.running_var": (64,),
        "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "layer3.5.conv2.weight": (256, 256, 3, 3),
        "layer4.0.downsample.1.num_batches_tracked": (),
        "fc.bias": (1000,),
    }.items():
        assert tuple(names[name].shape) == shape


@pytest.mark.parametrize("block", [BasicBlock(4, 4), Bottleneck(16, 4)])
def test_a_block_without_correction_copies(block: BasicBlock | Bottleneck) -> None:
    last = block.bn2 if isinstance(block, BasicBlock) else block.bn3
    torch.nn.init.zeros_(last.weight)
    inputs = torch.rand(2, 16 if isinstance(block, Bottleneck) else 4, 5, 5)
    torch.testing.assert_close(block(inputs), inputs)


def test_another_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="depth must be one of 18, 34, 50, 101, 152, not 20"):
        ResNet(20)
