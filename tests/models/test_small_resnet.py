"""The small residual network."""

from __future__ import annotations

import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models.small_resnet import SmallResNet


def expected_parameters(widths: tuple[int, ...], blocks: int, channels: int, classes: int, strides: list[int]) -> int:
    count, before = 9 * channels * widths[0] + 2 * widths[0], widths[0]
    for width, stride in zip(widths, strides, strict=True):
        for block in range(blocks):
            inputs = before if block == 0 else width
            count += 9 * inputs * width + 9 * width * width + 4 * width
            if block == 0 and (stride > 1 or inputs != width):
                count += inputs * width + 2 * width
        before = width
    return count + (widths[-1] + 1) * classes


@pytest.mark.parametrize(
    ("widths", "blocks", "channels", "strides"),
    [((32, 64, 128, 256), 1, 3, [2, 2, 2, 2]), ((8, 16), 3, 1, [1, 2]), ((8, 8, 8), 2, 3, [1, 1, 2])],
)
def test_parameter_count(widths: tuple[int, ...], blocks: int, channels: int, strides: list[int]) -> None:
    network = weightless("small-resnet", widths=widths, blocks=blocks, channels=channels, strides=strides, classes=7)
    assert parameters(network) == expected_parameters(widths, blocks, channels, 7, strides)


def test_the_documented_count() -> None:
    assert parameters(weightless("small-resnet")) == 1_230_058


@pytest.mark.parametrize("side", [32, 33, 64, 96])
def test_images_of_any_size_are_taken(side: int) -> None:
    assert output_shape(weightless("small-resnet", channels=1), 2, 1, side, side) == (2, 10)


def test_every_stage_halves() -> None:
    network = weightless("small-resnet")
    maps = network.stem(torch.empty(2, 3, 32, 32, device="meta"))
    for stage, side in zip(
        (network.stage1, network.stage2, network.stage3, network.stage4), (16, 8, 4, 2), strict=True
    ):
        maps = stage(maps)
        assert maps.shape[2:] == (side, side)


def test_it_computes_the_same_with_channels_last() -> None:
    torch.manual_seed(0)
    network = SmallResNet((4, 8), strides=(1, 2)).eval()
    images = torch.randn(2, 3, 16, 16)
    usual = network(images)
    last = network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(last(images.to(memory_format=torch.channels_last)), usual)


def test_it_learns_two_colours_apart() -> None:
    torch.manual_seed(0)
    network = SmallResNet((4, 8), classes=2, strides=(2, 2))
    labels = torch.arange(64) % 2
    images = 0.5 * torch.randn(64, 3, 8, 8)
    images[labels == 1, 0] += 1
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.02)
    for _ in range(30):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    assert (network.eval()(images).argmax(dim=1) == labels).all()


@pytest.mark.parametrize("arguments", [{"widths": ()}, {"widths": (8, 0)}, {"blocks": 0}, {"strides": (1, 2)}])
def test_bad_arguments_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must have"):
        SmallResNet(**arguments)
