"""Residual networks for CIFAR-10, and the published weights of one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.models.cifar_resnet import CifarResNet, PaddedShortcut

PUBLISHED = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962}


@pytest.mark.parametrize(("depth", "count"), PUBLISHED.items())
def test_published_parameter_counts_and_depths(depth: int, count: int) -> None:
    network = weightless(f"resnet{depth}")
    assert parameters(network) == count
    assert len([name for name, tensor in network.named_parameters() if tensor.ndim > 1]) == depth
    assert output_shape(network, 2, 3, 32, 32) == (2, 10)


def test_other_images() -> None:
    assert output_shape(weightless("resnet20", channels=1, classes=7), 2, 1, 28, 30) == (2, 7)


def test_shortcuts_skip_and_fill_up() -> None:
    maps = torch.randn(2, 4, 6, 6)
    filled = PaddedShortcut(4, stride=2)(maps)
    assert torch.equal(filled[:, 2:6], maps[:, :, ::2, ::2])
    assert not filled[:, [0, 1, 6, 7]].any()
    assert PaddedShortcut(3, stride=1)(maps).shape == (2, 7, 6, 6)


@pytest.mark.parametrize("depth", [2, 21, -4])
def test_another_depth_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="depth must be 6 n"):
        CifarResNet(depth)


def test_published_weights_fit_and_recognise_photos(data: Path) -> None:
    """On every tenth test photo; 81.0 % on all of them, as the data's README.md says of these re-encoded ones."""
    parquet = pytest.importorskip("pyarrow.parquet")
    from PIL import Image

    saved = torch.load(data / "weights/resnet20_cifar10/resnet20-12fca82f.th", "cpu", weights_only=True)["state_dict"]
    network = CifarResNet(20).eval()
    network.load_state_dict({name.removeprefix("module."): tensor for name, tensor in saved.items()}, strict=True)
    rows = parquet.read_table(data / "cifar10/test.parquet").to_pylist()[::10]
    photos = np.stack([np.asarray(Image.open(io.BytesIO(row["image"]))) for row in rows])
    inputs = (photos / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.inference_mode():
        scores = network(torch.tensor(inputs, dtype=torch.float32).permute(0, 3, 1, 2)).numpy()
    classes = np.unique([row["label"] for row in rows])
    right = classes[scores.argmax(axis=1)] == [row["label"] for row in rows]
    assert right.mean() == pytest.approx(0.81, abs=0.03)
