"""VGG networks."""

from __future__ import annotations

import pytest

from models.counting import output_shape, parameters, weightless
from sonolux.models.vgg import Vgg


@pytest.mark.parametrize(
    ("depth", "batch_norm", "count"),
    [
        (11, False, 132_863_336),
        (13, False, 133_047_848),
        (16, False, 138_357_544),
        (19, False, 143_667_240),
        (16, True, 138_365_992),
        (19, True, 143_678_248),
    ],
)
def test_published_parameter_counts_and_depths(depth: int, batch_norm: bool, count: int) -> None:
    network = weightless(f"vgg{depth}", batch_norm=batch_norm)
    assert parameters(network) == count
    assert len([name for name, tensor in network.named_parameters() if tensor.ndim > 1]) == depth


def test_shapes() -> None:
    assert output_shape(weightless("vgg16", channels=1, classes=7), 1, 1, 224, 224) == (1, 7)
    assert output_shape(weightless("vgg11", side=64, batch_norm=True), 2, 3, 64, 64) == (2, 1000)


def test_layers_have_the_names_of_the_literature() -> None:
    names = [name for name, _ in weightless("vgg16").named_children()]
    assert names[28:33] == ["conv5_3", "relu5_3", "pool5", "flatten", "fc6"]
    assert names[-1] == "fc8"


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="depth must be one of 11, 13, 16, 19, not 12"):
        Vgg(12)
    with pytest.raises(ValueError, match="the picture must be larger"):
        weightless("vgg16", side=31)
