"""LeNet-5."""

from __future__ import annotations

import pytest

from models.counting import output_shape, parameters, weightless
from sonolux.models.feature_extractor import LayerDescriptor


def test_parameter_count_of_the_common_form() -> None:
    network = weightless("lenet5")
    assert parameters(network) == 61_706
    # What the paper has otherwise: a sparse second convolution, weights in pooling, an output without any.
    assert parameters(network) - 2_416 + 1_516 + 12 + 32 - parameters(network.fc5) == 60_000


def test_maps_are_those_of_the_paper() -> None:
    network = weightless("lenet5")
    assert output_shape(network, 2, 1, 28, 28) == (2, 10)
    assert output_shape(LayerDescriptor(network, "conv1", "flatten"), 2, 1, 28, 28) == (2, 6 * 28 * 28)
    assert output_shape(LayerDescriptor(network, "pool2", "flatten"), 2, 1, 28, 28) == (2, 16 * 5 * 5)
    assert output_shape(LayerDescriptor(network, "conv3", "flatten"), 2, 1, 28, 28) == (2, 120)


def test_other_images() -> None:
    assert output_shape(weightless("lenet5", channels=3, classes=7, side=32), 2, 3, 32, 32) == (2, 7)
    with pytest.raises(ValueError, match="the picture must be larger"):
        weightless("lenet5", side=12)
