"""Layers as descriptors: the same numbers as by hand, under the contract of every encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import sonolux as sx
from contracts.encoder_contract import EncoderContract, images
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.registry import network_called
from sonolux.encoders.trained.encoder import network_input
from sonolux.encoders.trained.layers import encoder_at, layers_of
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


class HubLayerContract(EncoderContract):
    """A layer of a checkpoint folder; altered by pooling otherwise."""

    fixture: str
    layer: str

    @pytest.fixture
    def encoder(self, request: pytest.FixtureRequest) -> Encoder:
        return resolve(f"{request.getfixturevalue(self.fixture)}@{self.layer}")[0]

    @pytest.fixture
    def altered(self, request: pytest.FixtureRequest) -> Encoder:
        return resolve(f"{request.getfixturevalue(self.fixture)}@{self.layer}:max")[0]


class TestResNetLayer(HubLayerContract):
    fixture, layer = "resnet", "encoder.stages.2"


class TestConvNextLayer(HubLayerContract):
    fixture, layer = "convnext", "encoder.stages.1.layers.1"


class TestDinov2Layer(HubLayerContract):
    fixture, layer = "dinov2", "encoder.layer.1"


class TestDinov3Layer(HubLayerContract):
    fixture, layer = "dinov3", "model.layer.0"


class TestDinov3ConvNextLayer(HubLayerContract):
    fixture, layer = "dinov3_convnext", "model.stages.1"


@pytest.mark.parametrize(("pooling", "pooled"), [("avg", torch.Tensor.mean), ("max", torch.Tensor.amax)])
def test_it_is_the_pooled_output_of_the_layer(tmp_path: Path, pooling: str, pooled: object) -> None:
    folder = saved(tmp_path / "codes")
    [encoder] = resolve(f"{tmp_path}/codes@{LAYER}:{pooling}")
    backbone = folder.network().get_submodule("backbone")
    inputs = torch.from_numpy(network_input(images(), folder.preprocessing))
    with torch.no_grad():
        maps = backbone.stage1(backbone.stem(inputs))
    expected = torch.nn.functional.normalize(pooled(maps, (2, 3))).numpy()
    np.testing.assert_allclose(encoder.encode(images()), expected, atol=1e-5)
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
        resolve(f"{tmp_path}/codes{suffix}")[0].as_space()


def test_no_library_is_made_where_one_of_its_spaces_cannot_be(tmp_path: Path) -> None:
    saved(tmp_path / "codes")
    with sx.Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(EncoderError, match="no layer 'stage9'"):
            library.create(resolve("hog") + resolve(f"{tmp_path}/codes@stage9"))
        assert not (tmp_path / "l.sonolux").exists()
        library.create(resolve("hog"))
        assert list(library.spaces.names()) == ["hog"]


def test_asking_a_layer_that_is_not_there_says_so(tmp_path: Path, resnet: Path) -> None:
    saved(tmp_path / "codes")
    for folder in (tmp_path / "codes", resnet):
        with pytest.raises(EncoderError, match="no layer 'stage9': there are"):
            resolve(f"{folder}@stage9")[0].encode(images())


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no encoder"):
        resolve(f"{tmp_path}/nothing@layer1")


def test_a_library_holds_code_and_layer_side_by_side(tmp_path: Path) -> None:
    from PIL import Image

    saved(tmp_path / "codes")
    (tmp_path / "pictures").mkdir()
    for number, pixels in enumerate(images()):
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number}.png")
    specs = [str(tmp_path / "codes"), f"{tmp_path}/codes@{LAYER}"]
    with sx.Library(tmp_path / "l.sonolux") as library:
        library.add(tmp_path / "pictures", spaces=specs)
    with sx.Library(tmp_path / "l.sonolux") as library:
        hits = library.search(image=tmp_path / "pictures" / "3.png", space=f"codes@{LAYER}", k=1)
    assert hits[0].path.endswith("3.png")


POOLED = {
    "avg": lambda maps: maps.mean(dim=(2, 3)),
    "max": lambda maps: maps.amax(dim=(2, 3)),
    "gem": lambda maps: maps.clamp(min=1e-6).pow(3).mean(dim=(2, 3)).pow(1 / 3),
    "flatten": lambda maps: maps.flatten(1),
}


def hidden(folder: Path, number: int) -> torch.Tensor:
    """Return what transformers itself calls the hidden state of a stage or block."""
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder).eval()
    seen = resolve(str(folder))[0].images.tensors(images())
    with torch.no_grad():
        return model(**seen, output_hidden_states=True).hidden_states[number]


@pytest.mark.parametrize("pooling", sorted(POOLED))
@pytest.mark.parametrize(
    ("family", "layer", "number"),
    [
        ("resnet", "embedder", 0),
        ("resnet", "encoder.stages.1", 2),
        ("convnext", "encoder.stages.1", 2),
        ("convnext", "encoder.stages.3.layers.0", 4),
    ],
)
def test_maps_of_the_hub_are_pooled(
    family: str, layer: str, number: int, pooling: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(family)
    [encoder] = resolve(f"{folder}@{layer}:{pooling}")
    expected = normalised(POOLED[pooling](hidden(folder, number)).numpy())
    np.testing.assert_allclose(encoder.encode(images()), expected, atol=1e-5)
    assert encoder.dim == expected.shape[1]


@pytest.mark.parametrize("pooling", sorted(POOLED))
@pytest.mark.parametrize(
    ("family", "layer", "number", "apart"), [("dinov2", "encoder.layer.0", 1, 1), ("dinov3", "model.layer.0", 1, 3)]
)
def test_tokens_are_pooled_without_those_that_stand_for_no_place(
    family: str, layer: str, number: int, apart: int, pooling: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(family)
    [encoder] = resolve(f"{folder}@{layer}:{pooling}")
    tokens = hidden(folder, number)[:, apart:]
    assert tokens.shape[1] == 16
    expected = normalised(POOLED[pooling](tokens.transpose(1, 2)[..., None]).numpy())
    np.testing.assert_allclose(encoder.encode(images()), expected, atol=1e-5)


def test_inner_layers_of_the_hub_can_be_named(resnet: Path) -> None:
    [encoder] = resolve(f"{resnet}@encoder.stages.1.layers.0.layer.0.convolution")
    assert encoder.encode(images()).shape == (5, 12)


def test_weights_of_the_hub_wait_and_are_shared(resnet: Path) -> None:
    whole = network_called(str(resnet))
    layers = [encoder_at(whole, f"encoder.stages.{number}") for number in range(4)]
    assert [layer.dim for layer in layers] == [8, 12, 16, 20]
    assert not whole.network.loaded
    layers[0].encode(images())
    assert all(layer.whole.network is whole.network for layer in layers)
    np.testing.assert_allclose(layers[3].encode(images()), whole.encode(images()), atol=1e-5)


def test_layers_are_listed_as_they_are_done(resnet: Path, dinov2: Path, tmp_path: Path) -> None:
    listed = {layer.name: layer for layer in layers_of(network_called(str(resnet)))}
    assert list(listed)[:4] == [
        "embedder",
        "encoder.stages.0.layers.0",
        "encoder.stages.0",
        "encoder.stages.1.layers.0",
    ]
    assert (listed["encoder.stages.1"].shape, listed["pooler"].shape) == ((12, 8, 8), (20, 1, 1))
    # Two blocks of 3x3 kernels, the first from 8 channels with a 1x1 shortcut; a scale and a shift for each channel.
    assert listed["encoder.stages.1"].parameters == 9 * 12 * (8 + 3 * 12) + 8 * 12 + 5 * 2 * 12
    tokens = [(layer.name, layer.shape) for layer in layers_of(network_called(str(dinov2)))]
    assert tokens == [(name, (17, 16)) for name in ("embeddings", "encoder.layer.0", "encoder.layer.1", "layernorm")]
    saved(tmp_path / "codes")
    own = [(layer.name, layer.shape) for layer in layers_of(network_called(str(tmp_path / "codes")))]
    assert own[0] == ("backbone.stem.0", (8, 32, 32)) and own[-1] == ("code", (16,))
    assert own[-5][0] == "backbone"
    assert ("backbone.stage2", (16, 8, 8)) in own


@pytest.mark.parametrize(
    ("family", "suffix", "why"),
    [
        ("resnet", "@stage9", "no layer 'stage9': there are embedder, encoder.stages.0.layers.0, .*, pooler"),
        ("resnet", "@embedder:sum", "pooling must be one of avg, max, gem, flatten, not 'sum'"),
        ("resnet", "@encoder", "layer encoder gives neither vectors nor maps"),
        ("convnext", "@encoder.stages.1.layers.0.pwconv1", "no layer '.*pwconv1': there are embeddings, "),
        ("dinov2", "@encoder.layer.0.attention", "layer encoder.layer.0.attention gives neither"),
        ("clip", "@vision_model", "tiny-clip has no layers to choose from"),
        ("dinov2", "@encoder.layer.0@norm", "has no layers to choose from"),
    ],
)
def test_what_a_checkpoint_has_not_is_refused(
    family: str, suffix: str, why: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(EncoderError, match=why) as refused:
        resolve(f"{request.getfixturevalue(family)}{suffix}")[0].as_space()
    assert "\n" not in str(refused.value)


def test_what_is_no_network_has_no_layers() -> None:
    with pytest.raises(EncoderError, match="hog has no layers to choose from"):
        resolve("hog@layer1")
