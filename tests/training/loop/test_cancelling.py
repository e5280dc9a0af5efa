"""A training that is cancelled or interrupted keeps its last whole epoch, and ends as if it had not been stopped."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sonolux.checkpoints.folder import ModelFolder
from sonolux.errors import Cancelled, TrainingError
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.sounds import train_sounds
from sonolux.training.data.events import SoundscapeData
from sonolux.training.data.images import ImageSet, read_images
from sonolux.training.data.sounds import SoundSet, make_sound_input
from sonolux.training.data.soundscapes import Soundscapes
from sonolux.training.events.train import make_event_input, train_events
from sonolux.training.loop.workspace import UNFINISHED
from sonolux.training.recipes import make_recipe

BEFORE = Path(__file__).parents[2] / "checkpoints" / "before"
RATE = 8_000

Train = Callable[..., ModelFolder]


def train_images(folder: Path, **how: Any) -> ModelFolder:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (24, 16, 16, 3)).astype(np.uint8)
    images = ImageSet("drawn", pixels, np.repeat([0, 1], 12), ("one", "other"))
    # With four channels, convolutions of torch 2.13 write beyond their memory on some processors (oneDNN, AVX2).
    small = {"arguments": {"widths": [8, 16], "strides": [2, 2]}, "image_size": 16, "batch_size": 8, "epochs": 4}
    return train_labels(images, make_recipe("labels", validation=0.3, **small), folder, **how)


def train_audio(folder: Path, **how: Any) -> ModelFolder:
    generator = torch.Generator().manual_seed(0)
    frames = [torch.randn(30, 16, generator=generator).half() for _ in range(16)]
    how_heard, paths = make_sound_input(RATE, bands=16), tuple(map(str, range(16)))
    sounds = SoundSet("drawn", frames, how_heard, np.repeat([0, 1], 8), ("one", "other"), paths)
    small = {"architecture": "sound-gru", "arguments": {"arguments": {"hidden": 4, "layers": 1}}, "epochs": 4}
    return train_sounds(sounds, make_recipe("sounds", batch_size=4, validation=0.3, **small), folder, **how)


def train_detector(folder: Path, **how: Any) -> ModelFolder:
    random = np.random.default_rng(0)
    clips = {name: [random.standard_normal(RATE).astype(np.float32) * 0.1] for name in ("one", "other")}
    data = SoundscapeData("drawn", Soundscapes(clips, RATE), make_event_input(RATE).model_copy(update={"bands": 16}))
    small = {"arguments": {"arguments": {"widths": [4], "strides": [2], "hidden": 4}}, "batch_size": 4, "epochs": 4}
    return train_events(data, make_recipe("events", scenes=8, seconds=2.0, **small), folder, **how)


def raise_in_epoch_3(error: BaseException) -> Callable[[float, str], None]:
    def stop(done: float, line: str) -> None:
        if line.startswith("epoch 3"):
            raise error

    return stop


@pytest.mark.parametrize("train", [train_images, train_audio, train_detector])
def test_what_is_cancelled_goes_on_from_its_last_whole_epoch(train: Train, tmp_path: Path) -> None:
    whole = train(tmp_path / "whole")
    with pytest.raises(Cancelled):
        train(tmp_path / "model", progress=raise_in_epoch_3(Cancelled()))
    assert (tmp_path / "model" / UNFINISHED / "last.ckpt").exists()
    assert not (tmp_path / "model" / "model.json").exists()
    lines: list[str] = []
    resumed = train(tmp_path / "model", progress=lambda _, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_an_interruption_comes_out_and_the_next_one_too(tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train_images(tmp_path / "model", progress=raise_in_epoch_3(KeyboardInterrupt()))
        assert signal.getsignal(signal.SIGINT) is handler


def test_feedback_is_cancelled_without_a_trace(tmp_path: Path) -> None:
    from sonolux.checkpoints.inputs import SourceDescriptors
    from sonolux.training.feedback.data import FeedbackSet, JudgedQuery
    from sonolux.training.feedback.train import train_feedback
    from sonolux.types import Space

    random = np.random.default_rng(0)
    drawn = [random.standard_normal((7, 8)).astype(np.float32) for _ in range(12)]
    questions = tuple(JudgedQuery(rows[0], rows[1:4], rows[4:]) for rows in drawn)
    source = SourceDescriptors(source="colour-layout", digests={"colour-layout": "0"})
    given = FeedbackSet(Space("look", 8, "cosine", "float"), source, "MIT", questions, 72)

    def stop(done: float, line: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        train_feedback(given, make_recipe("feedback"), tmp_path / "taste", progress=stop)
    assert not (tmp_path / "taste").exists()


def test_reading_is_cancelled(shapes: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_images(shapes, 16, stop)
    assert len(read_images(shapes, 16)) == 72


@pytest.mark.filterwarnings("ignore:.*dirpath.*")
def test_a_training_that_the_version_before_left_unfinished_had_other_parts_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "labels"
    shutil.copytree(BEFORE / "interrupted", folder)
    for file in (folder / UNFINISHED).iterdir():
        torch.save(moved(torch.load(file, weights_only=True), str(folder)), file)
    arrays = np.load(BEFORE / "images.npz")
    images = ImageSet("shapes", arrays["pixels"], arrays["labels"], ("bars", "checks"))
    recipe = make_recipe(
        "labels",
        arguments={"widths": [4, 8], "strides": [2, 2]},
        epochs=4,
        batch_size=8,
        validation=0.2,
        learning_rate=1e-2,
        image_size=16,
        views={"smallest": 0.6, "hue": 0.05, "light": 0.4, "saturation": 0.4, "grey": 0.2},
    )
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)  # of four channels, see above
    # It learned from items that are scored now: to go on with it would give a score that is too good.
    with pytest.raises(TrainingError, match="an unfinished training with other data: train into another folder"):
        train_labels(images, recipe, folder)


def moved(found: Any, folder: str) -> Any:
    """Put a folder where a checkpoint names the one that it was written in."""
    if isinstance(found, str):
        return found.replace("FOLDER", folder)
    if isinstance(found, dict):
        return {moved(key, folder): moved(value, folder) for key, value in found.items()}
    return [moved(one, folder) for one in found] if isinstance(found, list) else found
