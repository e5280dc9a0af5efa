"""Training labels: it learns, calibrates, starts from other weights, stops and resumes; what cannot be is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sonolux.checkpoints.folder import ModelFolder
from sonolux.encoders import resolve
from sonolux.errors import TrainingError
from sonolux.models import registry
from sonolux.training.classification.calibration import Outputs, calibrate
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.network import classifier_of
from sonolux.training.classification.recipes import LabelsRecipe
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.loop.fit import UNFINISHED
from sonolux.training.loop.image_inputs import DEVIATION, MEAN
from sonolux.training.recipes import make_recipe

SMALL = {"widths": [8, 16], "strides": [2, 2]}
MILD = {"views": {"smallest": 0.6, "hue": 0.05, "grey": 0.0}}


def recipe(**changes: object) -> LabelsRecipe:
    start = {"arguments": SMALL, "epochs": 4, "batch_size": 16, "validation": 0.15, "learning_rate": 1e-2}
    return make_recipe("labels", **start | MILD | changes)


@pytest.fixture(scope="session")
def images(shapes: Path) -> ImageSet:
    return read_images(shapes, 32)


@pytest.fixture(scope="session")
def trained(images: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return train_labels(images, recipe(epochs=80), tmp_path_factory.mktemp("models") / "shapes", "CC0-1.0")


def scores_of(model: ModelFolder, pixels: np.ndarray) -> torch.Tensor:
    inputs = (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 - MEAN) / DEVIATION
    with torch.no_grad():
        return model.network()(inputs)


def test_the_folder_says_what_it_is(trained: ModelFolder) -> None:
    names = sorted(file.name for file in trained.path.iterdir())
    assert names == [
        "confusion.png",
        "curve.png",
        "known.safetensors",
        "model.json",
        "model.safetensors",
        "neighbours.png",
    ]
    model = ModelFolder.load(trained.path)
    assert model.outputs.names == ("bars", "checks", "discs")
    assert model.outputs.temperature > 0
    assert model.licence == "CC0-1.0"
    assert model.architecture.arguments["classes"] == 3
    assert model.recipe["balanced"] is False
    told = {"accuracy", "accuracy_low", "accuracy_high", "baseline", "scored_on", "balanced_accuracy", "ece-after"}
    assert told <= set(model.scores)
    support = sum(one["support"] for one in model.scores["classes"].values())
    assert model.scores["scored_on"] == model.data["held_out"] == support


def test_it_learns(trained: ModelFolder, images: ImageSet) -> None:
    assert trained.scores["accuracy"] >= 0.7
    right = scores_of(trained, images.pixels).argmax(1).numpy() == images.labels
    assert right.mean() > 0.8


def test_the_descriptor_is_what_the_last_layer_sees(trained: ModelFolder, images: ImageSet) -> None:
    [encoder] = resolve(str(trained.path))
    assert (encoder.space, encoder.dim, encoder.kind, encoder.metric) == ("shapes", 16, "float", "cosine")
    rows = torch.from_numpy(encoder.encode(list(images.pixels[:9])))
    linear = trained.network().get_submodule("linear")
    expected = scores_of(trained, images.pixels[:9]) - linear.bias
    # Descriptors are of length 1: scores of the same layer point the same way.
    directions = torch.nn.functional.normalize(rows @ linear.weight.T)
    assert torch.allclose(directions, torch.nn.functional.normalize(expected), atol=1e-4)


def test_one_part_fits_the_temperature_and_another_judges() -> None:
    random = np.random.default_rng(3)
    scores = random.normal(0, 2, (2000, 4))
    labels = np.array([random.choice(4, p=np.exp(row) / np.exp(row).sum()) for row in scores])
    parts = (slice(1000), slice(1000, None))
    choosing, scoring = (Outputs(3 * scores[part], scores[part], labels[part]) for part in parts)
    temperature, reached = calibrate(choosing, scoring, "abcd", usual=0)
    assert temperature == pytest.approx(3, rel=0.1)
    assert reached["accuracy"] == round(float((scores[1000:].argmax(1) == labels[1000:]).mean()), 4)
    assert reached["accuracy_low"] < reached["accuracy"] < reached["accuracy_high"]
    assert reached["ece-after"] < reached["ece-before"] / 3
    # Labels of the judging part have no say in the temperature.
    shuffled = Outputs(scoring.scores, scoring.rows, random.integers(0, 4, 1000))
    assert calibrate(choosing, shuffled, "abcd", usual=0)[0] == temperature


PROGRAM = """
import os, signal, sys
from pathlib import Path
from sonolux.training.classification.images import train_labels
from sonolux.training.data.images import read_images
from sonolux.training.recipes import make_recipe

def stop(done, line):
    if line.startswith("epoch 3"):
        os.kill(os.getpid(), signal.SIGKILL)

train_labels(read_images(Path(sys.argv[1]), 32), make_recipe(**eval(sys.argv[3])), Path(sys.argv[2]), progress=stop)
"""


def test_kill_9_and_again_ends_as_if_it_had_not_been(shapes: Path, images: ImageSet, tmp_path: Path) -> None:
    asked = recipe()
    command = [sys.executable, "-c", PROGRAM, str(shapes), str(tmp_path / "model"), repr(asked.resolved())]
    ended = subprocess.run(command, env=os.environ, capture_output=True, check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    kept = torch.load(tmp_path / "model" / UNFINISHED / "last.ckpt", weights_only=True)
    assert len(kept["sonolux"]["history"]) == 2
    lines: list[str] = []
    resumed = train_labels(images, asked, tmp_path / "model", progress=lambda done, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    assert not (tmp_path / "model" / UNFINISHED).exists()
    whole = train_labels(images, asked, tmp_path / "whole" / "model")
    assert resumed.scores == whole.scores
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def changed(before: ModelFolder, after: ModelFolder) -> set[str]:
    one, other = before.network().state_dict(), after.network().state_dict()
    return {name for name in one if not torch.equal(one[name], other[name])}


def test_frozen_nothing_but_the_head_learns(trained: ModelFolder, images: ImageSet, tmp_path: Path) -> None:
    frozen = recipe(epochs=15, pretrained=str(trained.path), frozen=True)
    model = train_labels(images, frozen, tmp_path / "frozen")
    assert changed(trained, model) == {"linear.weight", "linear.bias"}
    assert model.scores["accuracy"] >= 0.6


def test_not_frozen_everything_learns(trained: ModelFolder, images: ImageSet, tmp_path: Path) -> None:
    model = train_labels(images, recipe(epochs=1, pretrained=str(trained.path)), tmp_path / "tuned")
    assert changed(trained, model) == set(model.network().state_dict())


def test_a_start_helps_but_its_head_is_not_taken_over(trained: ModelFolder, images: ImageSet, tmp_path: Path) -> None:
    idle = recipe(epochs=1, learning_rate=1e-9, pretrained=str(trained.path))
    model = train_labels(images, idle, tmp_path / "idle")
    assert not torch.allclose(model.network().linear.weight, trained.network().linear.weight, atol=0.01)
    assert torch.allclose(model.network().stage1[0].conv1.weight, trained.network().stage1[0].conv1.weight, atol=1e-4)


@pytest.mark.data
def test_published_weights_start_a_classifier_of_photos(data: Path, tmp_path: Path) -> None:
    photos = some_of(data / "cifar10" / "test.parquet", 32, 400)
    start = str(data / "weights" / "resnet20_cifar10" / "resnet20-12fca82f.th")
    asked = LabelsRecipe(architecture="resnet20", pretrained=start, epochs=4, batch_size=32, frozen=True)
    model = train_labels(photos, replace(asked, learning_rate=2e-2), tmp_path / "photos")
    assert model.scores["accuracy"] > 0.6
    published = torch.load(start, map_location="cpu", weights_only=True)["state_dict"]["module.layer3.2.conv2.weight"]
    assert torch.equal(model.network().layer3[2].conv2.weight, published)
    assert model.descriptor.dim == 64


@pytest.mark.data
def test_a_network_for_digits_is_given_colour_images_of_the_side_asked(data: Path, tmp_path: Path) -> None:
    digits = some_of(data / "mnist" / "t10k-images-idx3-ubyte.gz", 28, 500)
    asked = make_recipe(
        "labels", ["views.mirrored=false"], architecture="lenet5", image_size=28, epochs=10, batch_size=32
    )
    model = train_labels(digits, replace(asked, learning_rate=5e-3), tmp_path / "digits")
    assert model.architecture.arguments == {"channels": 3, "classes": 10, "side": 28}
    assert model.scores["accuracy"] > 0.75


def some_of(file: Path, side: int, n: int) -> ImageSet:
    images = read_images(file, side)
    return images.subset(np.random.default_rng(0).permutation(len(images))[:n])


class TestUnequalClasses:
    @pytest.fixture
    def unequal(self, images: ImageSet) -> ImageSet:
        """24 bars, 24 checks, 4 discs."""
        return images.subset(np.flatnonzero(np.cumsum(images.labels == 2) <= 4))

    def test_they_count_the_same_unless_told_otherwise(self, unequal: ImageSet, tmp_path: Path) -> None:
        model = train_labels(unequal, recipe(epochs=1), tmp_path / "balanced")
        assert model.recipe["balanced"] is True
        plain = train_labels(unequal, recipe(epochs=1, balanced=False), tmp_path / "plain")
        assert plain.recipe["balanced"] is False
        assert changed(model, plain)

    def test_an_image_weighs_by_its_class(self, unequal: ImageSet) -> None:
        from sonolux.training.classification.network import class_weights

        weights = class_weights(unequal).double()
        assert (weights * torch.tensor([24, 24, 4])).tolist() == pytest.approx([52 / 3] * 3, rel=1e-6)


@pytest.mark.parametrize("name", ["alexnet", "vgg11", "zfnet", "lenet5"])
def test_the_side_that_a_network_needs_is_said_and_true(name: str) -> None:
    with pytest.raises(
        TrainingError, match=rf"^{name} takes pictures of \d+ pixels or more, not 8: say --image-size"
    ) as said:
        classifier_of(LabelsRecipe(architecture=name, image_size=8), 10)
    side = int(str(said.value).split()[4])
    assert classifier_of(LabelsRecipe(architecture=name, image_size=side), 10)[1].width > 0
    with pytest.raises(TrainingError, match=f"of {side} pixels or more, not {side - 1}"):
        classifier_of(LabelsRecipe(architecture=name, image_size=side - 1), 10)


@pytest.mark.parametrize("name", [n for n in registry.available() if n.startswith(("res", "vgg", "goog", "small"))])
def test_any_network_for_images_becomes_a_classifier(name: str) -> None:
    architecture, head = classifier_of(LabelsRecipe(architecture=name, image_size=64), 7)
    with torch.device("meta"):
        network = registry.build(architecture.name, architecture.arguments)
    assert network.get_submodule(head.name).out_features == 7
    assert network.get_submodule(head.name).in_features == head.width


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"architecture": "nothing"}, "no network 'nothing': there are alexnet, "),
        ({"arguments": {"widths": [0], "strides": [1]}}, "no classifier can be built of small-resnet"),
        ({"arguments": SMALL | {"classes": 5}}, "does not give one number for each of 3 classes"),
        ({"architecture": "conv-autoencoder", "arguments": {}}, "does not give one number for each of 3 classes"),
        ({"pretrained": "nowhere"}, "neither a model folder nor a checkpoint"),
        ({"frozen": True}, "frozen, nothing but the head learns: name a model"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(
    images: ImageSet, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(TrainingError, match=why):
        train_labels(images, recipe(**changes), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_frozen_weights_have_to_be_whole(trained: ModelFolder, images: ImageSet, tmp_path: Path) -> None:
    deeper = SMALL | {"widths": [8, 16, 32], "strides": [2, 2, 2]}
    asked = recipe(arguments=deeper, pretrained=str(trained.path), frozen=True)
    with pytest.raises(TrainingError, match=r"lacks stage3\..*which would stay as random as it is"):
        train_labels(images, asked, tmp_path / "model")


def test_images_that_teach_no_labels_are_refused(images: ImageSet, tmp_path: Path) -> None:
    one = ImageSet("one", images.pixels[:24], images.labels[:24], ("bars",))
    lone = images.subset(np.arange(49))
    for wrong, why in (
        (images.unlabelled(), "has no labels"),
        (one, "has one class, bars"),
        (lone, "class discs has 1 readable files; at least 2"),
    ):
        with pytest.raises(TrainingError, match=why):
            train_labels(wrong, recipe(), tmp_path / "model")
        assert not (tmp_path / "model").exists()


class TestCommand:
    def run(self, *arguments: object) -> int:
        from sonolux.cli.app import app

        settings = ["--set=batch_size=16", "--set=learning_rate=0.01", "--set=validation=0.25"]
        with pytest.raises(SystemExit) as ended:
            app(["train", "labels", *map(str, arguments), *settings])
        return int(ended.value.code or 0)

    def test_it_says_what_it_reached_and_what_is_next(
        self, shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        network = f"--set=arguments={json.dumps(SMALL)}"
        assert self.run("--data", shapes, "--out", tmp_path / "m", "--epochs=2", network) == 0
        out, err = capsys.readouterr()
        assert "72 pictures, 3 classes" in err
        assert "never seen; always" in out and f"next: sonolux label IMAGE --model {tmp_path}/m" in out
        # A second model takes over the network and the side of the first.
        again = ["--data", shapes, "--out", tmp_path / "n", "--from", tmp_path / "m", "--frozen", "--epochs=2"]
        assert self.run(*again, "--json") == 0
        assert json.loads(capsys.readouterr().out)["scores"]["accuracy"] >= 0
        model = ModelFolder.load(tmp_path / "n")
        assert model.architecture == ModelFolder.load(tmp_path / "m").architecture
        assert model.recipe["frozen"] is True

    def test_unequal_classes_and_left_out_files_are_said(
        self, shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        table(tmp_path, shapes, [24, 24, 4])
        (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
        with (tmp_path / "labels.csv").open("a") as file:
            file.write("broken.png,discs\n")
        network = f"--set=arguments={json.dumps(SMALL)}"
        ran = self.run("--data", tmp_path / "labels.csv", "--out", tmp_path / "m", "--epochs=1", network)
        assert ran == 3
        err = capsys.readouterr().err
        assert "bars has 24 pictures, discs 4: every class counts the same" in err
        assert "left out: " in err and "broken.png" in err


def table(folder: Path, shapes: Path, counts: Sequence[int]) -> None:
    rows = ["path,label"]
    for kind, count in zip(("bars", "checks", "discs"), counts, strict=True):
        for number in range(count):
            Image.open(shapes / kind / f"{number}.png").save(folder / f"{kind}{number}.png")
            rows.append(f"{kind}{number}.png,{kind}")
    (folder / "labels.csv").write_text("\n".join([*rows, ""]))
