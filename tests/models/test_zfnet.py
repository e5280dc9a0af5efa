"""ZFNet."""

from __future__ import annotations

import numpy as np
import pytest

from models.counting import output_shape, parameters, weightless
from sonolux.models.feature_extractor import LayerDescriptor


def test_parameter_count() -> None:
    assert parameters(weightless("zfnet")) == 62_357_608


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("conv1", (96, 110, 110)),
        ("norm1", (96, 55, 55)),
        ("conv2", (256, 26, 26)),
        ("norm2", (256, 13, 13)),
        ("conv3", (384, 13, 13)),
        ("pool5", (256, 6, 6)),
    ],
)
def test_maps_are_those_of_figure_3(layer: str, shape: tuple[int, int, int]) -> None:
    cut = LayerDescriptor(weightless("zfnet"), layer, "flatten")
    assert output_shape(cut, 1, 3, 224, 224) == (1, int(np.prod(shape)))


def test_other_images() -> None:
    assert output_shape(weightless("zfnet", channels=1, classes=7, side=96), 2, 1, 96, 96) == (2, 7)
    with pytest.raises(ValueError, match="the picture must be larger"):
        weightless("zfnet", side=20)
