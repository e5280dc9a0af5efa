"""Every registered architecture can be built by its name."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import torch

from models.counting import output_shape, parameters, weightless
from sonolux.errors import EncoderError
from sonolux.models import registry
from sonolux.models.feature_extractor import layer_names

NEEDED: dict[str, dict[str, Any]] = {
    "sequential": {
        "links": [{"name": "mlp", "arguments": {"sizes": [12, 8]}}, {"name": "unit-length", "arguments": {}}]
    },
    "code-network": {"backbone": "small-resnet"},
    "bag-of-features": {"width": 12, "words": 8},
    "sound-frames": {"body": "gru"},
    "feature-extractor": {"architecture": "small-resnet", "arguments": {}, "layer": "stage2"},
    "dense-autoencoder": {"sizes": [12, 8]},
    "mlp": {"sizes": [12, 8]},
    "projection": {"inputs": 12, "outputs": 8},
    "spectral-hash": {"inputs": 12, "bits": 8},
    "two-view-projection": {"images": 12, "texts": 10, "outputs": 8},
    "aligned-heads": {"inputs": {"image": 12, "text": 10}, "outputs": 8},
    "content-fusion": {
        "contents": {"text": [{"name": "mlp", "arguments": {"sizes": [12, 8]}}]},
        "heads": {"text": {"name": "mlp", "arguments": {"sizes": [8, 4]}}},
    },
    "fusion-network": {"inputs": {"image": 12, "text": 10}, "outputs": 8, "fusion": "attention"},
}


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_built_in_architectures_are_built_from_json_and_load_their_own_weights(name: str) -> None:
    arguments = json.loads(json.dumps(NEEDED.get(name, {})))
    network = weightless(name, **arguments)
    state = network.state_dict()
    assert {**dict(network.named_parameters()), **dict(network.named_buffers())}.keys() == state.keys()


@pytest.mark.parametrize(
    "name", ["alexnet", "googlenet", "lenet5", "resnet18", "resnet50", "resnet110", "small-resnet", "vgg19", "zfnet"]
)
def test_layers_are_registered_in_the_order_in_which_they_run(name: str) -> None:
    network, ran = weightless(name), []
    names = layer_names(network)
    for layer in names:
        network.get_submodule(layer).register_forward_pre_hook(lambda *_, layer=layer: ran.append(layer))
    side = {"alexnet": 227, "lenet5": 28}.get(name, 224)
    output_shape(network, 1, 1 if name == "lenet5" else 3, side, side)
    assert ran == names


@pytest.mark.parametrize(("former", "name"), registry.FORMER.items())
def test_names_that_model_folders_gave_before_are_built(former: str, name: str) -> None:
    arguments = NEEDED.get(name, {})
    assert repr(weightless(former, **arguments)) == repr(weightless(name, **arguments))
    assert former not in registry.available()


def test_an_architecture_can_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.ARCHITECTURES, "entries", dict(registry.ARCHITECTURES.entries))
    registry.register("one-layer", lambda wide: torch.nn.Linear(wide, 1))
    assert registry.available() == sorted([*registry.BUILT_IN, "one-layer"])
    assert parameters(registry.build("one-layer", {"wide": 7})) == 8


@pytest.mark.parametrize(("name", "arguments"), [("mlp", {"depth": 3}), ("resnet18", {"depth": 34})])
def test_arguments_that_an_architecture_does_not_take_are_refused(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        registry.build(name, arguments)


def test_an_unknown_architecture_is_one_line_with_what_was_meant() -> None:
    with pytest.raises(EncoderError, match=r"^no architecture 'resnet19' \(did you mean resnet18"):
        registry.build("resnet19", {})


def test_names_are_known_without_torch() -> None:
    code = "import sys; from sonolux.models import registry; registry.available(); print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"
