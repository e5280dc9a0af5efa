"""A network beside classifiers of descriptors: kept where it is better held out, told of where it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import Cancelled, TrainingError
from sonolux.training.classification import rival
from sonolux.training.classification.expected_time import features_seconds
from sonolux.training.classification.features import learn_features, part_share
from sonolux.training.classification.recipes import FeaturesRecipe, LabelsRecipe
from sonolux.training.classification.rival import NetworkRival, image_rival, in_words, seconds_needed, sound_rival
from sonolux.training.data.described import DescribedSet
from sonolux.training.data.images import ImageSet, read_again, read_images
from sonolux.training.data.sounds import SoundSet, make_sound_input
from sonolux.training.loop.run import run
from sonolux.training.loop.trained import Epoch, Trained
from sonolux.training.loop.workspace import check_free

RECIPE = FeaturesRecipe(repeats=1)


def trained(score: float) -> Trained:
    how = Preprocessing(width=8, height=8, mean=(0.5,) * 3, deviation=(0.25,) * 3)
    return Trained(
        nn.Identity(), Architecture(name="lenet5", arguments={}), how, Descriptor(space="m", dim=1), LabelsRecipe(), {},
        {"accuracy": 0.5}, history=(Epoch(1.0, 0.0, 1.0), Epoch(0.5, score, 1.0)),
    )  # fmt: skip


def described(beside: Any) -> DescribedSet:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 10)
    rows = (1.2 * np.eye(3, 12)[labels] + random.normal(size=(30, 12))).astype(np.float32)
    return DescribedSet("made", {"x": rows}, {}, {"x": {"x": "1"}}, {}, labels, ("a", "b", "c"), rival=beside)


def beside(outcome: Trained | str) -> SimpleNamespace:
    return SimpleNamespace(name="net", try_it=lambda *_: outcome)


def test_a_network_that_is_better_held_out_is_the_model() -> None:
    found = learn_features(described(beside(trained(1.01))), RECIPE, Path("m"), None)
    assert isinstance(found.network, nn.Identity)
    assert next(iter(found.scores["candidates"])) == "net"
    assert len(found.scores["candidates"]) == 4
    assert "chose nothing" in found.data["scored_by"]


def test_one_that_is_not_is_told_of_and_what_chose_does_not_score() -> None:
    found = learn_features(described(beside(trained(0.0))), RECIPE, Path("m"), None)
    assert not isinstance(found.network, nn.Identity)
    assert found.scores["network"]["reached"] == 0 < found.scores["network"]["beside"]
    assert found.scores["scored_on"] == 24


def test_one_that_was_not_tried_costs_nothing() -> None:
    found = learn_features(described(beside("tried from 10 on")), RECIPE, Path("m"), None)
    assert found.scores["network"] == {"name": "net", "not_tried": "tried from 10 on"}
    assert found.scores["scored_on"] == 30


class Slow:
    recipe = SimpleNamespace(batch_size=8, epochs=5)
    items = 40

    def __init__(self) -> None:
        self.weight = torch.ones(1, requires_grad=True)
        self.steps = 0

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        self.steps += 1
        return self.weight.sum() * len(rows)

    def zero_grad(self) -> None:
        self.weight.grad = None


def offered(enough: str = "", fails: bool = False) -> NetworkRival:
    def begin(share: float, seed: int) -> Any:
        if fails:
            raise TrainingError("at most --image-size 64 fits")
        return Slow(), lambda folder, told: (told(0.5, "epoch 1"), trained(0.9))[1]

    return NetworkRival("net", enough, begin, "--arch net")


def test_a_network_is_tried_where_there_is_enough_to_learn_to_gain_and_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines: list[str] = []

    def told(_: float, line: str) -> None:
        lines.append(line)

    assert isinstance(offered().try_it(0.5, 0.2, 0, tmp_path / "m", told), Trained)
    assert lines == ["net: about 5 s", "net: epoch 1"]
    assert offered("few").try_it(0.5, 0.2, 0, tmp_path / "m", None) == "few"
    assert offered().try_it(0.99, 0.2, 0, tmp_path / "m", None) == "hardly anything to gain"
    assert offered(fails=True).try_it(0.5, 0.2, 0, tmp_path / "m", None) == "at most --image-size 64 fits"
    monkeypatch.setattr(rival, "seconds_needed", lambda _: 3_000.0)
    assert offered().try_it(0.5, 0.2, 0, tmp_path / "m", None) == "would take about 50 min: --arch net trains it"


def test_a_network_that_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    began: list[list[str]] = []

    def learn(folder: Path, told: Any) -> Trained:
        began.append(sorted(one.name for one in folder.rglob("*.ckpt")))
        (folder / "unfinished").mkdir(parents=True, exist_ok=True)
        (folder / "unfinished" / "last.ckpt").write_bytes(b"an epoch")
        if len(began) == 1:
            raise Cancelled("stopped")
        return trained(0.0)

    items = described(NetworkRival("net", "", lambda share, seed: (Slow(), learn), "--arch net"))
    with pytest.raises(Cancelled):
        run(items, RECIPE, tmp_path / "m")
    with pytest.raises(TrainingError, match="not empty"):
        check_free(tmp_path / "m")  # a training of another kind
    monkeypatch.setattr(rival, "seconds_needed", lambda _: 3_000.0)  # by a machine that is busy now
    saved = run(items, RECIPE, tmp_path / "m")
    assert began == [[], ["last.ckpt"]]
    assert saved.scores["network"]["reached"] == 0
    assert not (tmp_path / "m" / "unfinished").exists()


def test_how_long_it_takes_is_measured_on_a_step() -> None:
    slow = Slow()
    assert 0 < seconds_needed(slow) < 1
    assert slow.steps == 2 and slow.weight.grad is None
    assert [in_words(seconds) for seconds in (1, 12, 89, 100, 6_000)] == ["5 s", "10 s", "90 s", "2 min", "1.7 h"]


def test_what_is_few() -> None:
    labels = np.arange(30) % 3
    sounds = SoundSet("s", [torch.zeros(50, 64).half()] * 30, make_sound_input(), labels, ("a", "b", "c"))
    assert sound_rival(sounds).enough == ""
    assert "from 10 sounds a class" in sound_rival(sounds.subset(np.arange(29))).enough
    found = image_rival(ImageSet("i", np.zeros((30, 8, 8, 3), np.uint8), labels, ("a", "b", "c")))
    assert found is None or "from 1,000 pictures" in found.enough
    assert part_share(FeaturesRecipe(), 1_001) == 0.2 and part_share(FeaturesRecipe(), 9_000) == 0.1


def test_images_are_read_again_larger(shapes: Path) -> None:
    small = replace(read_images(shapes, 8), groups=np.arange(72))
    large = read_again(small, 16)
    assert large.pixels.shape == (72, 16, 16, 3)
    assert large.paths == small.paths and large.groups is small.groups and large.labels is small.labels


def test_the_time_of_descriptors_is_told_beforehand(shapes: Path) -> None:
    images = read_images(shapes, 32)
    assert 0 < features_seconds(images, FeaturesRecipe(sources=("hog",))) < 600
