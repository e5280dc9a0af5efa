"""Annotations in a library: kept, found, filtered by, moved and lost with their file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotators.colours import colour_model
from making import write_video
from sonolux.annotators import Annotator
from sonolux.errors import Cancelled, QueryError, SonoluxError
from sonolux.library import Library
from sonolux.media.workers.pool import Worker
from sonolux.types import Annotation, Modality, Region

RGB = {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}


def save(path: Path, colour: tuple[int, int, int]) -> Path:
    Image.fromarray(np.full((40, 40, 3), colour, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An image of each colour, one of two, a video of red then blue, a text."""
    made = tmp_path / "media"
    made.mkdir()
    for name, colour in zip(("p1", "p2", "p3"), RGB.values(), strict=True):
        save(made / f"{name}.png", colour)
    save(made / "p4.png", (250, 240, 10))
    write_video(made / "v1.mp4", [made / "p1.png", made / "p3.png"])
    (made / "note.txt").write_text("a red herring")
    return made


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(colour_model(tmp_path / "colours").path)


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "l.sonolux") as opened:
        opened.add(folder, spaces=["bm25", "colour-layout"])
        yield opened


def labelled(library: Library, path: Path) -> list[str]:
    return [annotation.label for annotation in library.annotations(path)]


def names(found: Sequence[Any]) -> list[str]:
    return sorted(Path(one.path).name for one in found)


def test_labels_are_kept_found_and_filtered_by(library: Library, folder: Path, model: str) -> None:
    assert names(library.search("green")) == []
    summary = library.annotate(model)
    assert (summary.annotated, summary.unchanged, summary.failed) == (5, 0, [])
    [first, *_] = library.annotations(folder / "p2.png")
    assert (first.annotator, first.label, first.span) == ("colours", "green", None)
    assert first.probability > 0.9
    assert names(library.search("green")) == ["p2.png", "p4.png"]
    assert names(library.search("red", where={"modality": "image"})) == ["p1.png", "p4.png"]
    assert names(list(library.items({"label": "green"}))) == ["p2.png", "p4.png"]
    assert names(list(library.items({"label": ["green", "blue"]}))) == ["p2.png", "p3.png", "p4.png", "v1.mp4"]
    assert names(library.search(image=folder / "p1.png", where={"label": "blue"}, space="colour-layout")) == [
        "p3.png",
        "v1.mp4",
    ]


def test_what_is_hardly_likely_is_not_kept(library: Library, folder: Path, model: str) -> None:
    library.annotate(model)
    assert labelled(library, folder / "p1.png") == ["red"]
    said = library.annotations(folder / "p4.png")
    assert [annotation.label for annotation in said] == ["red", "green"]
    assert all(annotation.probability >= 0.05 for annotation in said)


def test_a_video_says_where(library: Library, folder: Path, model: str) -> None:
    library.annotate(model)
    said = library.annotations(folder / "v1.mp4")
    assert [annotation.label for annotation in said] == ["red", "blue"]
    assert [round(annotation.span.start) for annotation in said] == [0, 2]
    shots = library.spans_of(library.item(folder / "v1.mp4").id)
    assert [[annotation.label for annotation in library.annotations(shot.id)] for shot in shots] == [["red"], ["blue"]]
    found = list(library.items({"label": "blue", "kind": "shot"}, spans=True))
    assert [round(item.span.start) for item in found] == [2]


def test_places_come_in_their_order_and_labels_by_probability(library: Library, folder: Path, model: str) -> None:
    write_video(folder / "v2.mp4", [folder / "p4.png", folder / "p3.png"])
    library.add(folder)
    library.annotate(model, folder / "v2.mp4")
    said = library.annotations(folder / "v2.mp4")
    assert [(round(one.span.start), one.label) for one in said] == [(0, "red"), (0, "green"), (2, "blue")]
    assert said[2].probability > said[0].probability > said[1].probability


def test_seen_files_are_skipped_and_new_ones_are_not(library: Library, folder: Path, model: str) -> None:
    assert library.annotate(model, where={"path": str(folder / "p1.png")}).annotated == 1
    assert library.annotate(model, folder / "p2.png", folder / "p1.png").annotated == 1
    save(folder / "p5.png", RGB["blue"])
    library.add(folder)
    summary = library.annotate(model)
    assert (summary.annotated, summary.unchanged) == (4, 2)
    assert labelled(library, folder / "p5.png") == ["blue"]
    assert library.annotate(model).annotated == 0


def test_another_version_of_an_annotator_replaces_what_it_said(library: Library, folder: Path, tmp_path: Path) -> None:
    sure, unsure = (colour_model(tmp_path / f"{t}" / "colours", t).path for t in (1.0, 4.0))
    library.annotate(str(sure))
    before = library.annotations(folder / "p1.png")
    assert library.annotate(str(unsure)).annotated == 5
    after = library.annotations(folder / "p1.png")
    assert len(before) == 1
    assert len(after) == 3
    assert after[0].probability < before[0].probability


def test_annotations_survive_adding_again_and_moving(library: Library, folder: Path, model: str) -> None:
    library.annotate(model)
    (folder / "p2.png").touch()
    (folder / "deep").mkdir()
    shutil.move(folder / "p3.png", folder / "deep" / "meadow.png")
    shutil.move(folder / "v1.mp4", folder / "deep" / "film.mp4")
    summary = library.add(folder)
    assert (summary.moved, summary.unchanged) == (2, 4)
    assert labelled(library, folder / "p2.png") == ["green"]
    assert labelled(library, folder / "deep" / "meadow.png") == ["blue"]
    assert labelled(library, folder / "deep" / "film.mp4") == ["red", "blue"]
    assert names(library.search("blue")) == ["film.mp4", "meadow.png"]
    assert names(library.search("meadow")) == ["meadow.png"]
    assert library.annotate(model).annotated == 0


def test_a_changed_file_loses_them_until_it_is_seen_again(library: Library, folder: Path, model: str) -> None:
    library.annotate(model)
    save(folder / "p1.png", RGB["blue"])
    write_video(folder / "v1.mp4", [folder / "p2.png", folder / "p3.png"])
    assert library.add(folder).updated == 2
    assert labelled(library, folder / "p1.png") == []
    assert names(library.search("red", where={"modality": "image"})) == ["p4.png"]
    assert list(library.items({"label": "red", "kind": "shot"}, spans=True)) == []
    assert library.annotate(model).annotated == 2
    assert labelled(library, folder / "p1.png") == ["blue"]


def test_a_keyword_space_that_comes_later_knows_the_labels(folder: Path, tmp_path: Path, model: str) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=["colour-layout"])
        library.annotate(model)
        library.add(folder, spaces=["bm25"])
        assert names(library.search("green")) == ["p2.png", "p4.png"]
        assert labelled(library, folder / "p2.png") == ["green"]


def test_forgetting_takes_them_out_and_leaves_those_of_others(
    library: Library, folder: Path, model: str, tmp_path: Path
) -> None:
    library.annotate(model)
    library.annotate(str(colour_model(tmp_path / "shades", labels=("navy", "lime", "crimson")).path))
    assert labelled(library, folder / "p2.png") == ["green", "lime"]
    assert library.forget("colours") == 5
    assert labelled(library, folder / "p2.png") == ["lime"]
    assert labelled(library, folder / "v1.mp4") == ["crimson", "navy"]
    shot = library.spans_of(library.item(folder / "v1.mp4").id)[0]
    assert [annotation.label for annotation in library.annotations(shot.id)] == ["crimson"]
    assert names(library.search("green")) == []
    assert names(library.search("lime")) == ["p2.png", "p4.png"]
    with pytest.raises(QueryError, match="no annotations by colours: there are those by shades"):
        library.forget("colours")
    assert library.annotate(model).annotated == 5


def test_they_are_no_metadata_and_are_exported(library: Library, folder: Path, model: str, tmp_path: Path) -> None:
    import json

    before = library.item(folder / "p1.png")
    library.annotate(model)
    assert library.item(folder / "p1.png") == before
    library.export(tmp_path / "out")
    items = map(json.loads, (tmp_path / "out" / "items.jsonl").read_text().splitlines())
    by_name = {Path(item["path"]).name: item for item in items if item["kind"] == "file"}
    assert by_name["p1.png"]["annotations"][0]["label"] == "red"
    assert "annotations" not in by_name["note.txt"]


def test_files_that_are_gone_or_changed_cost_only_themselves(library: Library, folder: Path, model: str) -> None:
    (folder / "p1.png").unlink()
    save(folder / "p2.png", RGB["red"])
    summary = library.annotate(model)
    reasons = {Path(failure.path).name: failure.reason for failure in summary.failed}
    assert reasons.keys() == {"p1.png", "p2.png"}
    assert reasons["p2.png"] == "has changed since it was added: add it again"
    assert summary.annotated == 3
    with pytest.raises(QueryError, match="nowhere is no file's id, file or folder"):
        library.annotate(model, folder / "nowhere")


class Fussy(Annotator):
    """Takes no red image; stops the run at a blue one if told so."""

    name = spec = "fussy"
    modality = Modality.IMAGE
    digest = "1"

    def __init__(self, stop: bool = False) -> None:
        self.stop = stop
        self.batch_size = 1 if stop else 32

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        if any(pixels[0, 0, 0] > 128 for pixels in batch) and not self.stop:
            raise ValueError("too red")
        if any(pixels[0, 0, 2] > 128 for pixels in batch) and self.stop:
            raise SonoluxError("the model is broken")
        return [[Annotation(self.name, "fine", 0.5)] for _ in batch]


def test_an_input_that_an_annotator_cannot_take_costs_its_own_file(library: Library, folder: Path) -> None:
    summary = library.annotate(Fussy())
    assert names(summary.failed) == ["p1.png", "p4.png", "v1.mp4"]
    assert {failure.reason for failure in summary.failed} == {"fussy cannot annotate it: too red"}
    assert summary.annotated == 2


def test_a_run_that_was_stopped_keeps_what_it_had(library: Library, folder: Path) -> None:
    told: list[str] = []
    targets = [folder / name for name in ("p1.png", "p2.png", "p3.png", "p4.png")]
    with pytest.raises(SonoluxError, match="the model is broken"):
        library.annotate(Fussy(stop=True), *targets, progress=lambda done, path: told.append(path))
    assert names(list(library.items({"label": "fine"}))) == ["p1.png", "p2.png"]
    assert sorted(told) == [str(target) for target in targets[:2]]
    assert library.annotate(Fussy(), *targets).unchanged == 2


def test_progress_counts_every_file(library: Library, model: str) -> None:
    told: list[int] = []
    library.annotate(model, progress=lambda done, path: told.append(done))
    assert told == [1, 2, 3, 4, 5]


class Grid(Annotator):
    """Gives forty boxes an image, most of them hardly likely."""

    name = spec = "grid"
    modality = Modality.IMAGE
    digest = "1"

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        boxes = [Region(x / 8, y / 5, (x + 1) / 8, (y + 1) / 5) for x in range(8) for y in range(5)]
        found = [Annotation(self.name, "face", 0.9 / (1 + number), region=box) for number, box in enumerate(boxes)]
        return [found for _ in batch]


def test_all_boxes_are_kept(library: Library, folder: Path) -> None:
    library.annotate(Grid(), folder / "p1.png", folder / "v1.mp4")
    boxes = {annotation.box for annotation in library.annotations(folder / "p1.png")}
    assert len(boxes) == 40
    assert len(library.annotations(folder / "v1.mp4")) == 80


SENTENCE = "A red square, seen in tail_light mode, fills 100% of the image: nothing else is there."


class Captioner(Annotator):
    """Says the same sentence of everything, and is not sure of it."""

    name = spec = "captioner"
    modality = Modality.IMAGE
    digest = "1"

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        return [[Annotation(self.name, SENTENCE, 0.01, kind="caption")] for _ in batch]


def test_a_caption_is_one_annotation_and_its_words_find_the_file(library: Library, folder: Path) -> None:
    library.annotate(Captioner(), folder / "p2.png")
    [said] = library.annotations(folder / "p2.png")
    assert (said.label, said.kind, said.probability) == (SENTENCE, "caption", 0.01)
    assert names(library.search("nothing fills the image", space="bm25")) == ["p2.png"]
    assert names(library.search("square", space="bm25")) == ["p2.png"]
    assert names(list(library.items({"label": SENTENCE}))) == ["p2.png"]


class Choosy(Grid):
    """Keeps its best two."""

    def keep(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        return list(annotations[:2])


def test_what_is_kept_is_the_annotators_choice(library: Library, folder: Path) -> None:
    library.annotate(Choosy(), folder / "p1.png", folder / "v1.mp4")
    assert [round(one.probability, 2) for one in library.annotations(folder / "p1.png")] == [0.9, 0.45]
    assert len(library.annotations(folder / "v1.mp4")) == 4


class Slow(Fussy):
    """Takes one image at a time."""

    batch_size = 1

    def __init__(self) -> None:
        pass

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        return [[Annotation(self.name, "fine", 0.5)] for _ in batch]


@pytest.mark.parametrize("failing", [False, True])
def test_a_run_that_is_cancelled_ends_with_whole_files_and_goes_on_later(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    """Whether it is a file that was written or one that failed of which the caller is told when it stops."""
    monkeypatch.setattr("sonolux.library.annotate.FILES", 2)
    workers: list[Worker] = []
    start = Worker.__init__
    monkeypatch.setattr(Worker, "__init__", lambda self, orders: (workers.append(self), start(self, orders))[1])
    if failing:
        (folder / "p1.png").unlink()
    told: list[int] = []

    def stop(done: int, path: str) -> None:
        told.append(done)
        raise Cancelled

    with pytest.raises(Cancelled) as raised:
        library.annotate(Slow(), progress=stop)
    assert told == [1]
    assert workers and all(worker._process.poll() is not None for worker in workers)
    done = [item for item in library.items() if item.path.endswith(("png", "mp4")) and library.annotations(item.id)]
    assert 0 < len(done) < 5 or failing
    assert raised.type is Cancelled
    summary = library.annotate(Slow())
    assert summary.unchanged == len(done)
    assert summary.annotated == 5 - len(done) - failing
    assert [bool(library.annotations(folder / name)) for name in ("p2.png", "p3.png", "p4.png", "v1.mp4")] == [True] * 4
