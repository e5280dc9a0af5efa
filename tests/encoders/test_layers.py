"""Layers as descriptors: the same numbers as by hand, under the contract of every encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import sonolux as sx
from contracts.encoder_contract import EncoderContract, pictures
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.model_folder import Architecture, Descriptor, ModelFolder, Preprocessing
from sonolux.encoders.trained import network_input
from sonolux.errors import EncoderError
from sonolux.models.code_network import CodeNetwork

ARGUMENTS = {"backbone": "small-resnet", "backbone_arguments": {"widths": [8, 16], "strides": [2, 2]}, "bits": 16}
LAYER = "backbone.stage1"


def saved(path: Path, seed: int = 0) -> ModelFolder:
    torch.manual_seed(seed)
    record = ModelFolder(
        architecture=Architecture(name="code-network", arguments=ARGUMENTS),
        preprocessing=Preprocessing(width=32, height=32),
        descriptor=Descriptor(space="codes", dim=16, kind="binary", metric="hamming"),
        licence="CC0-1.0",
    )
    return record.save(path, CodeNetwork(**ARGUMENTS))


class TestLayer(EncoderContract):
    tolerance = 1e-4

    @pytest.fixture
    def encoder(self, tmp_path: Path) -> Encoder:
        saved(tmp_path / "codes")
        return resolve(f"{tmp_path}/codes@{LAYER}")[0]

    @pytest.fixture
    def altered(self, tmp_path: Path) -> Encoder:
        saved(tmp_path / "codes")
        return resolve(f"{tmp_path}/codes@{LAYER}:max")[0]


@pytest.mark.parametrize(("pooling", "pooled"), [("avg", torch.Tensor.mean), ("max", torch.Tensor.amax)])
def test_it_is_the_pooled_output_of_the_layer(tmp_path: Path, pooling: str, pooled: object) -> None:
    folder = saved(tmp_path / "codes")
    [encoder] = resolve(f"{tmp_path}/codes@{LAYER}:{pooling}")
    backbone = folder.network().get_submodule("backbone")
    inputs = torch.from_numpy(network_input(pictures(), folder.preprocessing))
    with torch.no_grad():
        maps = backbone.stage1(backbone.stem(inputs))
    expected = torch.nn.functional.normalize(pooled(maps, (2, 3))).numpy()
    np.testing.assert_allclose(encoder.encode(pictures()), expected, atol=1e-5)
    assert encoder.dim == 8


def test_flattened_maps_keep_their_places(tmp_path: Path) -> None:
    saved(tmp_path / "codes")
    assert resolve(f"{tmp_path}/codes@{LAYER}:flatten")[0].dim == 8 * 16 * 16


def test_the_space_names_model_and_layer(tmp_path: Path) -> None:
    saved(tmp_path / "codes")
    assert resolve(f"{tmp_path}/codes@{LAYER}")[0].space == f"codes@{LAYER}"
    assert resolve(f"{tmp_path}/codes@{LAYER}:gem")[0].space == f"codes@{LAYER}:gem"


@pytest.mark.parametrize(
    ("suffix", "why"),
    [("@stage9", "no layer 'stage9': there are .*stage1"), (f"@{LAYER}:sum", "pooling must be one of")],
)
def test_what_is_not_there_is_refused(tmp_path: Path, suffix: str, why: str) -> None:
    saved(tmp_path / "codes")
    with pytest.raises(EncoderError, match=why):
        resolve(f"{tmp_path}/codes{suffix}")


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no encoder"):
        resolve(f"{tmp_path}/nothing@layer1")


def test_a_library_holds_code_and_layer_side_by_side(tmp_path: Path) -> None:
    from PIL import Image

    saved(tmp_path / "codes")
    (tmp_path / "pictures").mkdir()
    for number, pixels in enumerate(pictures()):
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number}.png")
    specs = [str(tmp_path / "codes"), f"{tmp_path}/codes@{LAYER}"]
    with sx.Library(tmp_path / "l.sonolux") as library:
        library.add(tmp_path / "pictures", spaces=specs)
    with sx.Library(tmp_path / "l.sonolux") as library:
        hits = library.search(image=tmp_path / "pictures" / "3.png", space=f"codes@{LAYER}", k=1)
    assert hits[0].path.endswith("3.png")
