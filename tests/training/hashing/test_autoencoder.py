"""Stacked autoencoders: layers first, then the whole; codes that draw; training that goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import sonolux as sx
from sonolux.checkpoints.folder import ModelFolder
from sonolux.encoders import resolve
from sonolux.errors import EncoderError, TrainingError
from sonolux.models import registry
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.data.splits import split_items
from sonolux.training.hashing.autoencoder import (
    AutoencoderLearner,
    architecture_of,
    autoencoder_of,
    descriptors_of,
    reconstructions,
)
from sonolux.training.hashing.pretraining import layer_pairs, pretrain, through
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.hashing.train import train_codes
from sonolux.training.loop.fit import UNFINISHED
from sonolux.training.recipes import make_recipe

DENSE = {"architecture": "dense-autoencoder", "arguments": {"sizes": [768, 64, 32], "mode": "straight-through"}}
CONV = {"architecture": "conv-autoencoder", "arguments": {"depth": 2, "width": 8, "mode": "straight-through"}}


STILL = {"smallest": 0.9, "light": 0.1, "hue": 0.0, "saturation": 0.0, "grey": 0.0}


def recipe(kind: dict[str, object], **changes: object) -> AutoencoderRecipe:
    start = {"bits": 32, "image_size": 16, "epochs": 6, "batch_size": 16, "validation": 0.2, "learning_rate": 5e-3}
    return make_recipe("ae", **start | {"views": STILL, "layer_epochs": 2, "descriptor": ""} | kind | changes)


@pytest.fixture(scope="session")
def images(shapes: Path) -> ImageSet:
    return read_images(shapes, 16)


@pytest.fixture(scope="session")
def trained(images: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ae") / "conv"
    train_codes(images, recipe(CONV, epochs=30), folder)
    return folder


@pytest.mark.parametrize("kind", [DENSE, CONV])
def test_the_layers_one_by_one_are_the_whole_network(kind: dict[str, object]) -> None:
    architecture = architecture_of(recipe(kind))
    network = registry.build(architecture.name, architecture.arguments).eval()
    pairs = layer_pairs(network)
    inputs = torch.randn(3, 3, 16, 16)
    with torch.no_grad():
        logits = through([encode for encode, _ in pairs], inputs if kind is CONV else inputs.flatten(1))
        drawn = through([decode for _, decode in pairs[::-1]], logits.sign())
        assert torch.allclose(network.encode(inputs), logits.sign())
        assert torch.allclose(network.decode(logits.sign()).flatten(1), drawn.flatten(1), atol=1e-6)
    assert sum(p.numel() for pair in pairs for half in pair for p in half.parameters()) == sum(
        p.numel() for p in network.parameters()
    )


def undigitised_error(network: torch.nn.Module, images: ImageSet) -> float:
    """Return the mean squared error of drawing images again through all layers, without binary units."""
    pairs = layer_pairs(network.eval())
    inputs = torch.from_numpy(images.pixels).permute(0, 3, 1, 2).float() / 255 * 4 - 2
    with torch.no_grad():
        drawn = through([decode for _, decode in pairs[::-1]], through([encode for encode, _ in pairs], inputs))
    return float(((drawn.reshape(inputs.shape) - inputs) ** 2).mean())


@pytest.mark.parametrize("kind", [DENSE, CONV])
@pytest.mark.long
def test_layers_trained_one_by_one_draw_better_before_all_are(
    kind: dict[str, object], images: ImageSet, tmp_path: Path
) -> None:
    asked = recipe(kind, layer_epochs=20)
    learned, held_out = split_items(images.unlabelled(), 0.2, 0)
    network = autoencoder_of(architecture_of(asked), asked)
    before = undigitised_error(network, held_out)
    pretrain(
        network, lambda alone, depth: AutoencoderLearner(network, learned, held_out, alone, depth), asked, tmp_path
    )
    assert undigitised_error(network, held_out) < 0.7 * before


def test_the_folder_shows_reconstructions(trained: Path) -> None:
    names = sorted(file.name for file in trained.iterdir())
    assert names == ["curve.png", "model.json", "model.safetensors", "neighbours.png", "reconstructions.png"]


def test_codes_draw_better_than_the_mean_image(trained: Path, images: ImageSet) -> None:
    network = ModelFolder.load(trained).network()
    drawn = reconstructions(network, images)
    wanted = torch.from_numpy(images.pixels).permute(0, 3, 1, 2).float() / 255
    assert ((drawn - wanted) ** 2).mean() < 0.85 * wanted.var(dim=0).mean()


def test_the_encoder_gives_the_code_not_the_drawing(trained: Path, images: ImageSet) -> None:
    [encoder] = resolve(str(trained))
    codes = np.asarray(encoder.encode(list(images.pixels)))
    assert codes.shape == (72, 4)
    assert 0.2 < np.unpackbits(codes, axis=1).mean() < 0.8


def test_a_library_searches_with_it(trained: Path, shapes: Path, tmp_path: Path) -> None:
    with sx.Library(tmp_path / "shapes.sonolux") as library:
        library.add(shapes, spaces=[str(trained)])
        assert library.search(image=shapes / "bars" / "3.png", k=1)[0].path.endswith("bars/3.png")


def test_twenty_eight_bits_fill_four_bytes(images: ImageSet, tmp_path: Path) -> None:
    train_codes(images, recipe(CONV, bits=28, epochs=1), tmp_path / "m")
    [encoder] = resolve(str(tmp_path / "m"))
    bits = np.unpackbits(np.asarray(encoder.encode(list(images.pixels))), axis=1)
    assert encoder.dim == 32
    assert not bits[:, 28:].any()


class StoppedError(Exception):
    """Stands for whatever ends a training."""


@pytest.mark.parametrize("kind", [DENSE, CONV])
@pytest.mark.parametrize("moment", [3, 7])
def test_a_stopped_training_ends_as_if_it_had_not_been(
    kind: dict[str, object], moment: int, images: ImageSet, tmp_path: Path
) -> None:
    whole = train_codes(images, recipe(kind, epochs=3), tmp_path / "whole")

    def stop(done: float, line: str) -> None:
        nonlocal moment
        moment -= 1
        if moment < 0:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_codes(images, recipe(kind, epochs=3), tmp_path / "resumed", progress=stop)
    resumed = train_codes(images, recipe(kind, epochs=3), tmp_path / "resumed")
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("stage", [pytest.param("layer2/unfinished/last.ckpt", marks=pytest.mark.long), "last.ckpt"])
def test_kill_9_costs_at_most_an_epoch(stage: str, shapes: Path, images: ImageSet, tmp_path: Path) -> None:
    asked = recipe(CONV, epochs=40, layer_epochs=12)
    whole = train_codes(images, asked, tmp_path / "whole")
    out = tmp_path / "killed"
    fields = {name: value for name, value in asked.resolved().items() if name not in ("method", "bits", "epochs")}
    settings = [f"--set={name}={json.dumps(value)}" for name, value in fields.items()]
    command = ["train", "codes", "--method=ae", "--data", shapes, "--out", out, "--bits=32", "--epochs=40", *settings]
    arguments = [str(part) for part in ["sonolux", *command]]
    program = f"import sys; from sonolux.cli import main; sys.argv = {arguments!r}; main()"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, env=os.environ)
    last = out / UNFINISHED / stage
    deadline = time.monotonic() + 120
    while not last.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    resumed = train_codes(images, asked, out)
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def likeness(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows @ rows.T)[np.triu_indices(len(rows), 1)]


def test_codes_tell_the_descriptor_asked_for(images: ImageSet, tmp_path: Path) -> None:
    gradients = likeness(np.asarray(resolve("hog")[0].encode(list(images.pixels))))
    agreement = {}
    for descriptor in ("", "hog"):
        asked = recipe(CONV, bits=64, epochs=60, descriptor=descriptor)
        train_codes(images, asked, tmp_path / f"m{descriptor}")
        codes = np.asarray(resolve(str(tmp_path / f"m{descriptor}"))[0].encode(list(images.pixels)))
        bits = likeness(np.unpackbits(codes, axis=1).astype(np.float64))
        agreement[descriptor] = np.corrcoef(bits, gradients)[0, 1]
    assert agreement["hog"] > agreement[""] + 0.2


def test_descriptors_are_told_in_units_of_their_own(images: ImageSet) -> None:
    rows = descriptors_of(images, "hog")
    assert rows.shape == (72, 576)
    assert rows.mean(dim=0).abs().max() < 1e-5
    assert rows.std() == pytest.approx(1, abs=1e-3)


def test_labels_are_not_looked_at(images: ImageSet, tmp_path: Path) -> None:
    shuffled = replace(images, labels=np.random.default_rng(0).permutation(images.labels))
    same = [
        train_codes(some.unlabelled(), recipe(DENSE, epochs=1), tmp_path / f"{i}")
        for i, some in enumerate((images, shuffled))
    ]
    first, second = (list(model.network().parameters()) for model in same)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_what_is_no_autoencoder_is_refused(images: ImageSet, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="resnet20 is no autoencoder"):
        train_codes(images, recipe(CONV, architecture="resnet20"), tmp_path / "m")
    with pytest.raises(TrainingError, match="side must be a multiple"):
        train_codes(images, recipe(CONV, image_size=18), tmp_path / "n")
    with pytest.raises(TrainingError, match="ends in 32 bits, not in 64: say --bits 32"):
        train_codes(images, recipe(DENSE, bits=64), tmp_path / "o")


@pytest.mark.parametrize(
    ("descriptor", "error", "why"),
    [("mfcc", TrainingError, "gives no float vectors of pictures"), ("nothing", EncoderError, "no encoder 'nothing'")],
)
def test_what_cannot_be_told_is_refused_at_once(
    descriptor: str, error: type[Exception], why: str, images: ImageSet, tmp_path: Path
) -> None:
    with pytest.raises(error, match=why):
        train_codes(images, recipe(CONV, descriptor=descriptor), tmp_path / "m")
    assert not (tmp_path / "m").exists()
