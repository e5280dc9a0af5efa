"""Few images of each class: a head that starts as a probe, and learning again from what was held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sonolux.checkpoints.folder import ModelFolder
from sonolux.errors import Cancelled, TrainingError
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.network import RefitLearner
from sonolux.training.classification.probe import head_inputs, probe_head
from sonolux.training.classification.recipes import LabelsRecipe
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.recipes import make_recipe


def recipe(**changes: object) -> LabelsRecipe:
    start = {"arguments": {"widths": [8, 16], "strides": [2, 2]}, "epochs": 2, "batch_size": 16, "validation": 0.25}
    return make_recipe("labels", **start | changes)


@pytest.fixture(scope="module")
def images(shapes: Path) -> ImageSet:
    return read_images(shapes, 32)


@pytest.fixture(scope="module")
def learned(images: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return train_labels(images, recipe(epochs=20, learning_rate=1e-2), tmp_path_factory.mktemp("models") / "start")


class Averages(nn.Module):
    """A network whose head sees the mean of each channel."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.normalisation = nn.BatchNorm2d(3)
        self.head = nn.Linear(3, classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.head(self.normalisation(inputs).mean((2, 3)))


def colours(classes: int) -> ImageSet:
    """Return images of one colour a class, ten of each."""
    palette = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200]])[:classes]
    labels = np.repeat(np.arange(classes), 10)
    noise = np.random.default_rng(0).integers(-30, 30, (len(labels), 8, 8, 3))
    names = ("red", "green", "blue")[:classes]
    return ImageSet("made up", (palette[labels][:, None, None] + noise).clip(0, 255).astype(np.uint8), labels, names)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_head_is_right_at_once_and_nothing_else_changes(classes: int, balanced: bool) -> None:
    given, network = colours(classes), Averages(classes)
    before = {name: tensor.clone() for name, tensor in network.normalisation.state_dict().items()}
    probe_head(network, "head", given, balanced=balanced)
    assert network.training and all(torch.equal(before[n], t) for n, t in network.normalisation.state_dict().items())
    with torch.no_grad():
        scores = network.head(torch.from_numpy(head_inputs(network, network.head, given)).float())
    assert np.array_equal(scores.argmax(1).numpy(), given.labels)


def test_fine_tuning_from_a_probe_keeps_the_normalisation(
    images: ImageSet, learned: ModelFolder, tmp_path: Path
) -> None:
    tuned = train_labels(images, recipe(pretrained=str(learned.path), probe=True, learning_rate=1e-4), tmp_path / "m")
    before, after = learned.network().state_dict(), tuned.network().state_dict()
    kept = [name for name in before if "running" in name]
    assert kept and all(torch.equal(before[name], after[name]) for name in kept)
    assert any(
        not torch.equal(before[n], after[n]) for n in before if n not in kept and before[n].shape == after[n].shape
    )


def test_from_a_layer_on_it_learns_and_before_it_nothing_changes(
    images: ImageSet, learned: ModelFolder, tmp_path: Path
) -> None:
    asked = recipe(pretrained=str(learned.path), thawed="stage2", learning_rate=1e-2)
    before, after = learned.network().state_dict(), train_labels(images, asked, tmp_path / "m").network().state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and not any(name.startswith(("stem", "stage1")) for name in changed)
    assert any(name.startswith("stage2") for name in changed) and not any("running" in name for name in changed)
    with pytest.raises(TrainingError, match=r"no layer 'stage7' to thaw from: there are .*stage2"):
        train_labels(images, recipe(pretrained=str(learned.path), thawed="stage7"), tmp_path / "other")


@pytest.mark.parametrize("option", [{"probe": True}, {"thawed": "stage2"}])
def test_what_goes_by_a_start_needs_one(option: dict[str, object], images: ImageSet, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--from"):
        train_labels(images, recipe(**option), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_all_images_are_learned_from_again(images: ImageSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(RefitLearner, "on_fit_start", lambda learner: seen.append(len(learner.images)))
    said: list[tuple[float, str]] = []
    model = train_labels(images, recipe(refit=True), tmp_path / "m", progress=lambda *given: said.append(given))
    alone = train_labels(images, recipe(), tmp_path / "alone")
    assert seen == [len(images)] and model.data["pictures"] == len(images)
    assert model.scores == alone.scores, "what was held out judges the network that did not see it"
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and shares[-1] == 1 and said[-1][1].startswith("all pictures, epoch 2 of 2, loss")
    names = {file.name for file in model.path.iterdir()}
    assert {"model.json", "model.safetensors"} <= names and "unfinished" not in names


@pytest.mark.parametrize("stop", ["epoch 2", "all pictures, epoch 2"])
def test_stopped_in_either_half_it_ends_as_if_it_had_not_been(images: ImageSet, tmp_path: Path, stop: str) -> None:
    def stopping(_: float, line: str) -> None:
        if line.startswith(stop):
            raise Cancelled("stop")

    whole = train_labels(images, recipe(refit=True), tmp_path / "whole")
    with pytest.raises(Cancelled):
        train_labels(images, recipe(refit=True), tmp_path / "m", progress=stopping)
    resumed = train_labels(images, recipe(refit=True), tmp_path / "m")
    assert resumed.scores == whole.scores
    assert all(torch.equal(resumed.network().state_dict()[n], t) for n, t in whole.network().state_dict().items())
