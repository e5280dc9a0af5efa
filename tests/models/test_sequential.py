"""Chains: networks one after the other."""

from __future__ import annotations

import pytest
import torch

from sonolux.models import registry

LINKS = [
    {
        "name": "feature-extractor",
        "arguments": {"architecture": "small-resnet", "arguments": {"widths": [4], "strides": [1]}, "layer": "stage1"},
    },
    {"name": "unit-length", "arguments": {}},
    {"name": "projection", "arguments": {"inputs": 4, "outputs": 2}},
]


def test_each_link_takes_what_the_one_before_gives() -> None:
    chain = registry.build("sequential", {"links": LINKS}).eval()
    images = torch.randn(3, 3, 8, 8)
    features = chain[0](images)
    directions = features / features.norm(dim=1, keepdim=True)
    torch.testing.assert_close(chain(images), directions[:, :2])  # A new projection copies coordinates.


def test_rows_of_zeros_stay_zero() -> None:
    rows = registry.build("unit-length", {})(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    torch.testing.assert_close(rows, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_no_links_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one link"):
        registry.build("sequential", {"links": []})
