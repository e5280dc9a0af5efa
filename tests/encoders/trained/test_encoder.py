"""Model folders: what is written is what is read, and nothing else is accepted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from contracts.encoder_contract import EncoderContract, images
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.trained.encoder import TrainedEncoder, network_input
from sonolux.errors import EncoderError
from sonolux.models.mlp import Mlp

GREY = {"width": 28, "height": 28, "channels": "grey", "mean": (0.1307,), "deviation": (0.3081,)}


def trained(path: Path, seed: int = 0, kind: str = "float") -> ModelFolder:
    torch.manual_seed(seed)
    arguments = {"sizes": [784, 56, 56, 16], "activation": "tanh"}
    descriptor = Descriptor(space="digits", dim=16, kind=kind, metric="cosine" if kind == "float" else "hamming")
    record = ModelFolder(
        architecture=Architecture(name="mlp", arguments=arguments),
        preprocessing=Preprocessing(**GREY),
        descriptor=descriptor,
        recipe={"epochs": 3, "seed": seed},
        scores={"precision@10": 0.5},
        licence="CC-BY-SA-3.0",
    )
    return record.save(path, Mlp(**arguments))


class TestFloat(EncoderContract):
    kind = "float"

    @pytest.fixture
    def encoder(self, tmp_path: Path) -> Encoder:
        trained(tmp_path / "digits", kind=self.kind)
        return resolve(str(tmp_path / "digits"))[0]

    @pytest.fixture
    def altered(self, tmp_path: Path) -> Encoder:
        trained(tmp_path / "other", seed=1, kind=self.kind)
        return resolve(str(tmp_path / "other"))[0]


class TestBinary(TestFloat):
    kind = "binary"


def test_binary_codes_are_the_signs_of_the_vectors(tmp_path: Path) -> None:
    trained(tmp_path / "float")
    trained(tmp_path / "binary", kind="binary")
    vectors = TrainedEncoder(tmp_path / "float").encode(images())
    codes = TrainedEncoder(tmp_path / "binary").encode(images())
    np.testing.assert_array_equal(np.unpackbits(codes, axis=1), vectors > 0)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    saved = trained(tmp_path / "model")
    loaded = ModelFolder.load(tmp_path / "model")
    assert loaded == saved
    assert len(loaded.digest) == 64
    assert sorted(file.name for file in loaded.path.iterdir()) == ["model.json", "model.safetensors"]
    network = loaded.network()
    assert not network.training
    torch.manual_seed(0)
    fresh = Mlp([784, 56, 56, 16], "tanh").state_dict()
    assert all(torch.equal(fresh[name], tensor) for name, tensor in network.state_dict().items())


def test_the_input_is_scaled_and_normalised(tmp_path: Path) -> None:
    rgb = Preprocessing(width=3, height=2, mean=(0.5, 0.25, 0.0), deviation=(0.5, 0.25, 2.0))
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 10
    values = network_input([pixels], rgb)
    assert values.shape == (1, 3, 2, 3)
    expected = np.moveaxis((pixels / 255 - [0.5, 0.25, 0.0]) / [0.5, 0.25, 2.0], -1, 0)
    np.testing.assert_allclose(values[0], expected, atol=1e-6)
    assert network_input([pixels], Preprocessing(**GREY)).shape == (1, 1, 28, 28)


def refusal(path: Path) -> str:
    with pytest.raises(EncoderError) as refused:
        resolve(str(path))[0].encode(images(1))
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return trained(tmp_path / "model").path


def edit(folder: Path, **changes: object) -> None:
    card = folder / "model.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), **changes}))


def resigned(folder: Path) -> None:
    """Give a folder the digest of its present content."""
    record = json.loads((folder / "model.json").read_text())
    fresh = ModelFolder.model_validate({**record, "path": folder})
    edit(folder, digest=fresh._digest())


def test_missing_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "no model.safetensors" in refusal(folder)


@pytest.mark.parametrize("name", ["model.pt", "weights.pth", "pytorch_model.bin"])
def test_pickled_weights(folder: Path, name: str) -> None:
    (folder / "model.safetensors").rename(folder / name)
    assert f"{name} are pickled and could run code" in refusal(folder)


def test_missing_record(folder: Path) -> None:
    (folder / "model.json").unlink()
    with pytest.raises(EncoderError, match=r"is no model folder: it has no model\.json"):
        ModelFolder.load(folder)


def test_changed_weights(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    assert "the digest does not fit" in refusal(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"preprocessing": {**GREY, "mean": [0.2]}},
        {"descriptor": {"space": "faces", "dim": 16}},
        {"architecture": {"name": "mlp", "arguments": {"sizes": [784, 56, 56, 16]}}},
        {"digest": ""},
    ],
)
def test_a_changed_record(folder: Path, changes: dict[str, object]) -> None:
    edit(folder, **changes)
    assert "the digest does not fit" in refusal(folder)


def test_the_scores_are_no_part_of_the_digest(folder: Path) -> None:
    edit(folder, scores={"precision@10": 0.6}, licence="MIT")
    assert ModelFolder.load(folder).scores == {"precision@10": 0.6}


@pytest.mark.parametrize("version", [0, 5, "1", None])
def test_an_unknown_format(folder: Path, version: object) -> None:
    edit(folder, format=version)
    assert f"has format {version!r}; this Sonolux reads formats up to 4" in refusal(folder)


def test_an_unknown_architecture(folder: Path) -> None:
    edit(folder, architecture={"name": "transformer", "arguments": {}})
    assert "no architecture 'transformer' (did you mean sound-transformer?): there are alexnet, " in refusal(folder)


@pytest.mark.parametrize(
    "arguments",
    [
        {"sizes": [784, 57, 56, 16], "activation": "tanh"},
        {"sizes": [10**9, 10**9], "activation": "tanh"},
        {"sizes": [784, 56, 56, 16], "activation": "tanh", "unheard": 1},
        {"sizes": "many"},
        {"sizes": [1]},
    ],
)
def test_arguments_that_do_not_fit(folder: Path, arguments: dict[str, object]) -> None:
    edit(folder, architecture={"name": "mlp", "arguments": arguments})
    resigned(folder)
    assert "the model does not fit architecture mlp" in refusal(folder)


@pytest.mark.parametrize(
    ("part", "value", "reason"),
    [
        ("preprocessing", {**GREY, "width": 0}, "preprocessing.width"),
        ("preprocessing", {**GREY, "width": 10**9}, "preprocessing.width"),
        ("preprocessing", {**GREY, "mean": [0, 0, 0]}, "mean and deviation need 1 numbers for grey"),
        ("preprocessing", {**GREY, "deviation": [0]}, "every deviation must be above 0"),
        ("preprocessing", {**GREY, "channels": "cmyk"}, "preprocessing.channels"),
        ("descriptor", {"space": "digits", "dim": 12, "kind": "binary", "metric": "hamming"}, "whole bytes"),
        ("descriptor", {"space": "digits", "dim": 16, "kind": "binary"}, "metric hamming"),
        ("recipe", [], "recipe"),
        ("surprise", 1, "surprise"),
    ],
)
def test_a_record_that_makes_no_sense(folder: Path, part: str, value: object, reason: str) -> None:
    edit(folder, **{part: value})
    assert reason in refusal(folder)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_record_are_refused(content: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as name:
        (Path(name) / "model.json").write_bytes(content)
        refusal(Path(name))


def test_an_output_of_another_length_is_refused(folder: Path) -> None:
    edit(folder, descriptor={"space": "digits", "dim": 8})
    resigned(folder)
    assert "gave (1, 16), not (1, 8)" in refusal(folder)
