"""Training codes: each method learns, stops, resumes and searches; what cannot be is refused before any work."""

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
from sonolux.errors import TrainingError
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.hashing.train import train_codes
from sonolux.training.loop.fit import UNFINISHED
from sonolux.training.recipe import Recipe
from sonolux.training.recipes import make_recipe

METHODS = ("contrastive", "distilled", "supervised")
SMALL = {"widths": [8, 16], "strides": [2, 2]}


def recipe(kind: str, **changes: object) -> Recipe:
    start = {"bits": 32, "arguments": SMALL, "epochs": 4, "batch_size": 16, "validation": 0.2, "learning_rate": 1e-2}
    return make_recipe(kind, **start | changes)


@pytest.fixture(scope="session")
def images(shapes: Path) -> ImageSet:
    return read_images(shapes, 32)


@pytest.fixture(scope="session")
def trained(images: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    mild = {"views": {"smallest": 0.6, "hue": 0.05, "grey": 0.0}}
    taught = mild | {"teachers": ["colour-layout", "hog"], "neighbours": 5}
    for asked in (
        recipe("contrastive", epochs=10),
        recipe("supervised", epochs=60, **mild),
        recipe("distilled", epochs=20, **taught),
    ):
        train_codes(images, asked, folder / asked.method, "CC0-1.0")
    return {method: folder / method for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_the_folder_holds_weights_card_and_images(trained: dict[str, Path], method: str) -> None:
    names = sorted(file.name for file in trained[method].iterdir())
    assert names == ["curve.png", "model.json", "model.safetensors", "neighbours.png"]
    model = ModelFolder.load(trained[method])
    assert model.recipe["method"] == method
    assert model.recipe["seed"] == 0
    assert model.licence == "CC0-1.0"
    assert model.data["classes"] == {"bars": 14, "checks": 14, "discs": 14}
    assert 0 < model.scores["precision@10" if method == "supervised" else "recall@1 of views"] <= 1


@pytest.mark.parametrize("method", METHODS)
def test_codes_are_balanced_bits_that_differ(trained: dict[str, Path], method: str, images: ImageSet) -> None:
    [encoder] = resolve(str(trained[method]))
    codes = np.unpackbits(np.asarray(encoder.encode(list(images.pixels))), axis=1)
    assert codes.shape == (72, 32)
    assert 0.2 < codes.mean() < 0.8
    assert len(np.unique(codes, axis=0)) > 12


def test_supervised_codes_tell_classes_apart(trained: dict[str, Path], images: ImageSet) -> None:
    assert ModelFolder.load(trained["supervised"]).scores["precision@10"] > 0.6
    [encoder] = resolve(str(trained["supervised"]))
    signs = np.unpackbits(np.asarray(encoder.encode(list(images.pixels))), axis=1).astype(float) * 2 - 1
    alike = signs @ signs.T
    same = images.labels[:, None] == images.labels[None]
    assert alike[same].mean() > alike[~same].mean() + 8


def test_a_student_reads_what_its_teachers_say(trained: dict[str, Path]) -> None:
    model = ModelFolder.load(trained["distilled"])
    assert model.scores["recall@1 of views"] > 0.3
    assert set(model.data["teachers"]) == {"colour-layout", "hog"}


def test_a_library_searches_with_it(trained: dict[str, Path], shapes: Path, tmp_path: Path) -> None:
    with sx.Library(tmp_path / "shapes.sonolux") as library:
        library.add(shapes, spaces=[str(trained["supervised"])])
        hits = library.search(image=shapes / "discs" / "0.png", k=6)
    assert hits[0].path.endswith("discs/0.png")
    assert sum("/discs/" in hit.path for hit in hits) >= 4


class StoppedError(Exception):
    """Stands for whatever ends a training."""


def test_a_stopped_training_ends_as_if_it_had_not_been(images: ImageSet, tmp_path: Path) -> None:
    whole = train_codes(images, recipe("contrastive"), tmp_path / "whole")

    def stop(done: float, line: str) -> None:
        if line.startswith("epoch 3"):
            raise StoppedError

    with pytest.raises(StoppedError):
        train_codes(images, recipe("contrastive"), tmp_path / "resumed", progress=stop)
    assert (tmp_path / "resumed" / UNFINISHED / "last.ckpt").exists()
    lines: list[str] = []
    resumed = train_codes(
        images, recipe("contrastive"), tmp_path / "resumed", progress=lambda done, line: lines.append(line)
    )
    assert lines[0].startswith("epoch 3 of 4")
    assert resumed.scores == whole.scores
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_kill_9_costs_at_most_an_epoch(shapes: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    network = json.dumps({"widths": [8], "strides": [2]})
    command = ["train", "codes", "--data", shapes, "--out", out, "--epochs=400", "--set=batch_size=16"]
    arguments = [str(part) for part in ["sonolux", *command, f"--set=arguments={network}"]]
    program = f"import sys; from sonolux.cli import main; sys.argv = {arguments!r}; main()"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, env=os.environ)
    last = out / UNFINISHED / "last.ckpt"
    deadline = time.monotonic() + 120
    while not last.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = torch.load(last, weights_only=True)
    assert len(kept["sonolux"]["history"]) == kept["epoch"] + 1 >= 1
    assert kept["sonolux"]["recipe"]["epochs"] == 400


def test_another_recipe_does_not_take_up_a_training(images: ImageSet, tmp_path: Path) -> None:
    def stop(done: float, line: str) -> None:
        if line.startswith("epoch 2"):
            raise StoppedError

    with pytest.raises(StoppedError):
        train_codes(images, recipe("contrastive"), tmp_path / "model", progress=stop)
    with pytest.raises(TrainingError, match="unfinished training with other data, seed"):
        train_codes(images, recipe("contrastive", seed=1), tmp_path / "model")
    with pytest.raises(TrainingError, match="unfinished training with other data"):
        train_codes(images.subset(np.arange(60)), recipe("contrastive"), tmp_path / "model")
    (tmp_path / "model" / UNFINISHED / "last.ckpt").write_bytes(b"damaged")
    with pytest.raises(TrainingError, match="cannot be read: remove"):
        train_codes(images, recipe("contrastive"), tmp_path / "model")


def test_training_stops_early_where_nothing_improves(images: ImageSet, tmp_path: Path) -> None:
    idle = recipe("supervised", epochs=30, learning_rate=1e-9, patience=2)
    lines: list[str] = []
    train_codes(images, idle, tmp_path / "model", progress=lambda done, line: lines.append(line))
    assert not any(line.startswith("epoch 20") for line in lines)


@pytest.mark.parametrize("method", METHODS)
def test_a_training_may_be_a_single_step(method: str, images: ImageSet, tmp_path: Path) -> None:
    single = recipe(method, epochs=1, batch_size=512, **{"teachers": ["hog"]} if method == "distilled" else {})
    assert train_codes(images, single, tmp_path / method).scores


def test_a_labelled_folder_teaches_contrastive_codes_no_label(images: ImageSet, tmp_path: Path) -> None:
    shuffled = replace(images, labels=np.random.default_rng(0).permutation(images.labels))
    splits = [
        train_codes(some.unlabelled(), recipe("contrastive", epochs=1), tmp_path / f"{number}")
        for number, some in enumerate((images, shuffled))
    ]
    assert splits[0].digest[:8] != ""
    first, second = (list(model.network().parameters()) for model in splits)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"architecture": "nothing"}, "no network can be built of nothing"),
        ({"arguments": {"widths": [0], "strides": [1]}}, "no network can be built of small-resnet"),
        ({"pretrained": "nowhere"}, "neither a model folder nor a checkpoint"),
        ({"teachers": ["mfcc"], "method": "distilled"}, "mfcc sees no pictures"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    images: ImageSet, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(TrainingError, match=why):
        train_codes(images, recipe(**{"kind": changes.pop("method", "contrastive")} | changes), tmp_path / "model")


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"bits": 0}, {"validation": 1.0}, {"learning_rate": float("nan")}])
def test_a_recipe_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(TrainingError, match=next(iter(wrong))):
        recipe("contrastive", **wrong)


def test_a_folder_that_holds_something_is_left_alone(images: ImageSet, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(TrainingError, match="is there and not empty"):
        train_codes(images, recipe("contrastive"), tmp_path)


def test_unlabelled_images_teach_no_classes(images: ImageSet, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="has no labels"):
        train_codes(images.unlabelled(), recipe("supervised"), tmp_path / "model")


def test_the_triplet_loss_learns_too(images: ImageSet, tmp_path: Path) -> None:
    triplet = recipe("supervised", epochs=60, loss="triplet", views={"smallest": 0.6})
    assert train_codes(images, triplet, tmp_path / "model").scores["precision@10"] > 0.4


@pytest.mark.data
def test_published_weights_start_a_backbone(data: Path, images: ImageSet, tmp_path: Path) -> None:
    start = str(data / "weights" / "resnet20_cifar10" / "resnet20-12fca82f.th")
    asked = recipe("supervised", architecture="resnet20", arguments={}, pretrained=start, epochs=1, learning_rate=1e-9)
    trained = train_codes(images, asked, tmp_path / "model").network()
    published = torch.load(start, map_location="cpu", weights_only=True)["state_dict"]["module.layer3.2.conv2.weight"]
    assert torch.allclose(trained.get_submodule("backbone.layer3.2.conv2").weight, published, atol=1e-4)


def test_pickled_weights_that_run_code_are_refused(images: ImageSet, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path}/owned",)

    (tmp_path / "evil.th").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(TrainingError, match="cannot be read as weights"):
        train_codes(images, recipe("contrastive", pretrained=str(tmp_path / "evil.th")), tmp_path / "model")
    assert not (tmp_path / "owned").exists()


def test_the_command_prints_what_it_reached(shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sonolux.cli.app import app

    settings = [f"--set=arguments={json.dumps(SMALL)}", "--set=batch_size=16", "--set=views.hue=0.05"]
    command = [
        "train",
        "codes",
        "--data",
        str(shapes),
        "--out",
        str(tmp_path / "m"),
        "--epochs=2",
        "--bits=32",
        "--json",
    ]
    with pytest.raises(SystemExit) as ended:
        app([*command, *settings])
    assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["scores"]["recall@1 of views"] >= 0
    assert "72 pictures, 3 classes" in err
    assert ModelFolder.load(tmp_path / "m").recipe["views"]["hue"] == 0.05
