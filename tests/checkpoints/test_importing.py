"""Checkpoints of others: they become model folders that give what the network gives, or are refused in one line."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from contracts.encoder_contract import images
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.importing import checkpoint_weights, import_weights
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.encoders import resolve
from sonolux.encoders.trained.encoder import network_input
from sonolux.errors import EncoderError
from sonolux.models import registry

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HOW = Preprocessing(width=32, height=32, mean=MEAN, deviation=DEVIATION)
SMALL = Architecture(name="small-resnet", arguments={"widths": [8, 12], "strides": [2, 2], "classes": 5})

Change = Callable[[dict[str, Any]], dict[str, Any]]


def checkpoint(file: Path, change: Change = dict) -> Path:
    torch.manual_seed(0)
    torch.save(change(registry.build(SMALL.name, SMALL.arguments).state_dict()), file)
    return file


@pytest.mark.parametrize(
    "change",
    [
        dict,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
        lambda state: {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")},
    ],
    ids=["plain", "wrapped", "of several GPUs", "old"],
)
def test_the_folder_gives_what_the_network_gives(change: Change, tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "weights.pth", change)
    saved = import_weights(file, tmp_path / "model", SMALL, HOW, layer="flatten", licence="MIT")
    assert (saved.descriptor.dim, saved.licence, saved.data["source"]) == (12, "MIT", "weights.pth")
    torch.manual_seed(0)
    network = registry.build(SMALL.name, SMALL.arguments).eval()
    with torch.no_grad():
        rows = torch.nn.Sequential(*list(network)[:-1])(torch.from_numpy(network_input(images(), HOW)))
    expected = torch.nn.functional.normalize(rows).numpy()
    np.testing.assert_allclose(resolve(str(tmp_path / "model"))[0].encode(images()), expected, atol=1e-6)


def test_without_a_layer_it_is_the_output(tmp_path: Path) -> None:
    saved = import_weights(checkpoint(tmp_path / "w.pt"), tmp_path / "model", SMALL, HOW)
    assert (saved.descriptor.dim, saved.descriptor.layer) == (5, "")


def test_the_published_resnet20_recognises_photos(data: Path, tmp_path: Path) -> None:
    """On every twentieth test photo; 81.0 % on all of them, as the data's README.md says of these re-encoded ones."""
    pytest.importorskip("pyarrow")
    from sonolux.training.data.images import read_images

    file = data / "weights" / "resnet20_cifar10" / "resnet20-12fca82f.th"
    import_weights(file, tmp_path / "resnet20", Architecture(name="resnet20", arguments={}), HOW, layer="flatten")
    photos = read_images(data / "cifar10" / "test.parquet", 32).subset(np.arange(0, 10_000, 20))
    [whole] = resolve(f"{tmp_path}/resnet20@linear")
    scores = whole.encode(list(photos.pixels))
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    assert photos.classes == tuple(names)
    assert (scores.argmax(axis=1) == photos.labels).mean() == pytest.approx(0.81, abs=0.04)
    assert resolve(f"{tmp_path}/resnet20@layer2")[0].encode(list(photos.pixels[:3])).shape == (3, 32)


def without(name: str) -> Change:
    return lambda state: {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("linear.bias"), "does not fit small-resnet: it has no linear.bias"),
        (lambda state: state | {"head.weight": torch.zeros(3)}, "does not fit small-resnet, which has no head.weight"),
        (lambda state: state | {"linear.bias": torch.zeros(3)}, r"linear\.bias is \(3,\), not \(5,\)"),
        (lambda state: {"a": 1}, "it has no stem.0.weight"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change: Change, why: str, tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "w.th", change)
    with pytest.raises(EncoderError, match=why) as refused:
        import_weights(file, tmp_path / "model", SMALL, HOW)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("architecture", "layer", "why"),
    [
        (Architecture(name="unheard", arguments={}), "", "no architecture 'unheard': there are alexnet"),
        (Architecture(name="small-resnet", arguments={"sizes": 3}), "", "small-resnet cannot be built of"),
        (SMALL, "stage9", "no layer 'stage9': there are stem"),
    ],
)
def test_what_cannot_be_is_refused(architecture: Architecture, layer: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=why):
        import_weights(checkpoint(tmp_path / "w.th"), tmp_path / "model", architecture, HOW, layer=layer)


def test_a_folder_that_is_there_stays(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "w.th")
    saved = import_weights(file, tmp_path / "model", SMALL, HOW)
    with pytest.raises(EncoderError, match="is there and not empty"):
        import_weights(file, tmp_path / "model", SMALL, HOW, layer="flatten")
    assert ModelFolder.load(tmp_path / "model") == saved


class Runs:
    """Runs a command when it is unpickled by whoever trusts it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "evil.pt"
    file.write_bytes(pickle.dumps(Runs(tmp_path / "trace")))
    with pytest.raises(EncoderError, match="cannot be read as weights"):
        checkpoint_weights(file)
    torch.save({"state_dict": Runs(tmp_path / "trace")}, file)
    with pytest.raises(EncoderError, match="cannot be read as weights"):
        checkpoint_weights(file)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", ["weights.bin", "nowhere.pt"])
def test_what_is_no_checkpoint_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x")
    with pytest.raises(EncoderError, match="is no checkpoint"):
        checkpoint_weights(tmp_path / name)
