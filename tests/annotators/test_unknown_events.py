"""Events that are like none of the classes: called none, once, unless a class is forced."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sonolux.annotators.event_detector import EventDetector
from sonolux.annotators.none import NONE
from sonolux.checkpoints.familiarity import Familiarity
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.outputs import KnownClasses
from sonolux.metrics.events import Event
from sonolux.training.data.events import LabelledRecordings, SoundscapeData
from sonolux.training.data.soundscapes import Soundscapes
from sonolux.training.events.familiar import known_events, left_out_classes
from sonolux.training.events.train import make_event_input

BEFORE = Path(__file__).parents[1] / "checkpoints" / "before" / "events"
TIME = np.arange(16_000)
SOUND = (0.4 * np.sin(2 * np.pi * 700 * TIME / 8_000) * (TIME > 6_000)).astype(np.float32)


def detector(folder: Path, left_out: tuple[float, ...]) -> EventDetector:
    """Write a detector whose left-out events were so unfamiliar."""
    old = ModelFolder.load(BEFORE)
    network = old.network()
    width = network.linear.in_features
    rows = np.random.default_rng(0).normal(size=(20, width))
    folder.mkdir()
    digest = Familiarity.of(rows, np.arange(20) % 2).save(folder)
    outputs = old.outputs.model_copy(update={"known": KnownClasses(left_out=left_out, sha256=digest)})
    old.model_copy(update={"outputs": outputs}).save(folder, network)
    return EventDetector(folder)


def test_what_is_more_unlike_than_all_that_were_left_out_is_none(tmp_path: Path) -> None:
    as_ever = EventDetector(BEFORE).annotate_one(SOUND)
    assert as_ever and all(one.chance is None for one in as_ever)
    strict = detector(tmp_path / "strict", tuple(np.linspace(-99, -90, 40)))
    said = strict.annotate_one(SOUND)
    assert {one.label for one in said} == {NONE}
    assert all(one.chance < 0.05 and one.probability == 1 - one.chance for one in said)
    ends = [one.span.end for one in said]
    assert all(one.span.start >= end for one, end in zip(said[1:], ends, strict=False)), "one none at a time"
    before = strict.digest
    strict.force()
    assert strict.digest != before == ModelFolder.load(tmp_path / "strict").digest
    assert [one.label for one in strict.annotate_one(SOUND)] == [one.label for one in as_ever]


def test_what_is_as_unlike_as_others_were_is_of_its_class(tmp_path: Path) -> None:
    found = detector(tmp_path / "mild", tuple(np.linspace(90, 99, 40))).annotate_one(SOUND)
    assert found and all(one.label != NONE and one.chance > 0.9 for one in found)


def test_a_folder_whose_learned_events_were_changed_is_refused(tmp_path: Path) -> None:
    from sonolux.errors import ModelError

    changed = detector(tmp_path / "m", (0.0,))
    (tmp_path / "m" / "known.safetensors").write_bytes(b"x")
    with pytest.raises(ModelError, match="was changed: train again"):
        changed.annotate_one(SOUND)


class Ear:
    """A network of two bands that hears an event wherever one of them is loud."""

    def eval(self) -> Ear:
        return self

    def described(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return 20 * frames - 10, frames


def learner() -> SimpleNamespace:
    return SimpleNamespace(
        network=Ear(),
        device=torch.device("cpu"),
        numbers={"a": 0, "b": 1},
        classes=("a", "b"),
        standardised=lambda frames: frames,
        seconds=lambda frames: frames / 10,
    )


def recordings(count: int, seed: int) -> LabelledRecordings:
    random = np.random.default_rng(seed)
    pieces = []
    for number in range(count):
        frames = torch.zeros(20, 2)
        frames[5:10, number % 2] = float(random.uniform(0.8, 1.2))
        frames[14:18, 1] = 1.0  # is heard, and is nothing
        pieces.append((frames, [Event("ab"[number % 2], 0.5, 1.0)]))
    return LabelledRecordings("set", pieces, ("a", "b"), make_event_input(8_000))


def test_events_that_are_found_and_there_tell_where_a_class_lies() -> None:
    known = known_events(learner(), recordings(30, 0), recordings(20, 1), (0.5, 0.5), 1)
    assert known is not None and len(known.left_out) == 20
    np.testing.assert_allclose(known.familiarity.means, [[1, 0], [0, 1]], atol=0.1)
    strange = known.familiarity.unfamiliarity(np.array([[3.0, 3.0]]))
    assert strange > known.left_out[-1]
    assert known_events(learner(), recordings(30, 0), recordings(9, 1), (0.5, 0.5), 1) is None


def test_a_clip_that_is_in_all_scenes_was_not_left_out() -> None:
    clips = [np.ones(9, np.float32) * n for n in range(4)]
    how = make_event_input(8_000)
    learned, chosen = (
        SoundscapeData("set", Soundscapes({"a": own, "b": clips[:1]}, 8_000), how) for own in (clips[:3], clips[3:])
    )
    assert left_out_classes(learned, chosen) == ["a"]
