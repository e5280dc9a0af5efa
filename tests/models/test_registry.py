"""Every registered architecture can be built by its name."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import torch

from models.counting import parameters, weightless
from sonolux.models import registry

NEEDED: dict[str, dict[str, Any]] = {
    "code-network": {"backbone": "small-resnet"},
    "cut": {"architecture": "small-resnet", "arguments": {}, "layer": "stage2"},
    "dense-autoencoder": {"sizes": [12, 8]},
    "mlp": {"sizes": [12, 8]},
    "projection": {"inputs": 12, "outputs": 8},
    "spectral-hash": {"inputs": 12, "bits": 8},
}


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_built_in_architectures_are_built_from_json_and_load_their_own_weights(name: str) -> None:
    arguments = json.loads(json.dumps(NEEDED.get(name, {})))
    network = weightless(name, **arguments)
    state = network.state_dict()
    assert {**dict(network.named_parameters()), **dict(network.named_buffers())}.keys() == state.keys()


def test_an_architecture_can_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_architectures", dict(registry._architectures))
    registry.register("one-layer", lambda wide: torch.nn.Linear(wide, 1))
    assert registry.available() == sorted([*registry.BUILT_IN, "one-layer"])
    assert parameters(registry.build("one-layer", {"wide": 7})) == 8


@pytest.mark.parametrize(("name", "arguments"), [("mlp", {"depth": 3}), ("resnet18", {"depth": 34})])
def test_arguments_that_an_architecture_does_not_take_are_refused(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        registry.build(name, arguments)


def test_names_are_known_without_torch() -> None:
    code = "import sys; from sonolux.models import registry; registry.available(); print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"
