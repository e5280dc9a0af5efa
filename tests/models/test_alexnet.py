"""AlexNet."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models.alexnet import response_normalisation
from sonolux.models.feature_extractor import LayerDescriptor


def test_published_parameter_count() -> None:
    assert parameters(weightless("alexnet")) == 60_965_224


@pytest.mark.parametrize(
    ("layer", "shape"),
    [("conv1", (96, 55, 55)), ("conv2", (256, 27, 27)), ("conv4", (384, 13, 13)), ("pool5", (256, 6, 6))],
)
def test_maps_are_those_of_the_paper(layer: str, shape: tuple[int, int, int]) -> None:
    cut = LayerDescriptor(weightless("alexnet"), layer, "flatten")
    assert output_shape(cut, 1, 3, 227, 227) == (1, int(np.prod(shape)))


def test_other_images() -> None:
    assert output_shape(weightless("alexnet", channels=1, classes=7, side=99), 2, 1, 99, 99) == (2, 7)
    with pytest.raises(ValueError, match="the picture must be larger"):
        weightless("alexnet", side=60)


def test_response_normalisation_is_the_formula_of_the_paper() -> None:
    a = np.random.default_rng(0).normal(scale=30, size=(2, 9, 3, 3))
    expected = np.empty_like(a)
    for i in range(9):
        neighbours = a[:, max(0, i - 2) : min(8, i + 2) + 1]
        expected[:, i] = a[:, i] / (2 + 1e-4 * (neighbours**2).sum(axis=1)) ** 0.75
    np.testing.assert_allclose(response_normalisation()(torch.tensor(a)), expected)
