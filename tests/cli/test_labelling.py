from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotators.colours import colour_model
from sonolux.annotators import Annotator
from sonolux.types import Annotation, Modality, Region


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return colour_model(tmp_path / "colours").path


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("a", (250, 10, 10)), ("b", (120, 250, 10)), ("c", (10, 10, 250))):
        Image.fromarray(np.full((20, 30, 3), colour, np.uint8)).save(folder / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return folder


class TestLabel:
    def test_one_block_an_image_best_first(self, cli, model: Path, images: Path) -> None:
        ran = cli("label", images / "b.png", images / "a.png", "--model", model, "-k", 2)
        assert (ran.code, ran.err) == (0, "")
        first, second = ran.out.split("\n\n")
        assert [row.split()[-1] for row in first.splitlines()] == ["pictures/b.png", "green", "red"]
        assert [row.split()[-1] for row in second.splitlines()] == ["pictures/a.png", "red", "blue"]
        chances = [float(row.split("  ")[0]) for row in first.splitlines()[1:]]
        assert chances == sorted(chances, reverse=True)
        assert all(len(row.split("  ")[0]) == len("0.8731") for row in first.splitlines()[1:])

    def test_a_folder_in_its_order_as_json(self, cli, model: Path, images: Path) -> None:
        records = cli("label", images, "--model", model, "--json").records
        assert [Path(record["path"]).name for record in records] == ["a.png", "b.png", "c.png"]
        said = records[0]["annotations"]
        assert (said[0]["label"], len(said)) == ("red", 3)
        assert sum(one["probability"] for one in said) == pytest.approx(1)
        assert {one["annotator"] for one in said} == {"colours"}

    def test_bad_files_are_one_line_each(self, cli, model: Path, images: Path) -> None:
        (images / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
        (images / "note.txt").write_text("no picture at all")
        ran = cli("label", images, images / "gone.png", "--model", model)
        assert ran.code == 3
        assert [line for line in ran.lines if line.startswith("pictures")] == ["pictures/a.png", "pictures/c.png"]
        lines = ran.err.splitlines()
        assert [line.split(":")[1].strip() for line in lines] == [
            "pictures/b.png",
            "pictures/note.txt",
            "pictures/gone.png",
        ]
        assert lines[1].endswith("holds no image")

    def test_what_cannot_be_asked_is_refused(self, cli, model: Path, images: Path) -> None:
        ran = cli("label", images, "--model", "nowhere")
        assert ran.code == 1 and "or give a model folder" in ran.err and "no annotator 'nowhere': there are" in ran.err
        ran = cli("label", "--model", model)
        assert ran.code == 2 and "name a file" in ran.err
        nameless = colour_model(model.parent / "nameless", labels=None).path
        ran = cli("label", images, "--model", nameless)
        assert ran.code == 1 and "names no labels" in ran.err and len(ran.err.splitlines()) == 1


class TestStore:
    def test_labels_are_kept_found_and_shown(self, cli, model: Path, images: Path) -> None:
        cli("add", images, "--space", "bm25")
        ran = cli("label", images / "a.png", "--model", model, "--store")
        assert ran.code == 0 and ran.out.startswith("1 labelled in ")
        assert cli("label", "--model", model, "--store").out.startswith("2 labelled, 1 unchanged in ")
        assert [Path(hit["path"]).name for hit in cli("search", "blue", "--json").records] == ["c.png"]
        assert len(cli("list", "--where", "label=red,blue").lines) == 3
        shown = cli("show", images / "c.png")
        table = [line.split() for line in shown.lines[-2:]]
        assert table[0] == ["probability", "label", "where", "annotator"]
        assert (table[1][1], table[1][-1]) == ("blue", "colours")
        assert cli("show", images / "c.png", "--json").records[0]["annotations"][0]["label"] == "blue"

    def test_files_that_are_gone_are_named(self, cli, model: Path, images: Path) -> None:
        cli("add", images, "--space", "bm25")
        (images / "b.png").unlink()
        ran = cli("label", "--model", model, "--store", "--json")
        assert ran.code == 3
        assert (ran.records[0]["annotated"], len(ran.records[0]["failed"])) == (2, 1)
        ran = cli("label", images / "elsewhere.png", "--model", model, "--store")
        assert ran.code == 1 and "is no file's id, file or folder in this library" in ran.err


class Boxes(Annotator):
    """Says of every image that a dog is in its left half, and writes a sentence about it."""

    name = spec = "boxes"
    modality = Modality.IMAGE
    digest = "1"
    region_items = True

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        sentence = Annotation(self.name, "A dog, brown_ish, runs: it is fast.", 0.3, kind="caption")
        return [[Annotation(self.name, "dog", 0.9, region=Region(0, 0, 0.5, 1)), sentence] for _ in batch]


def test_regions_and_captions_are_listed_shown_and_found(cli, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonolux.annotators.resolve", lambda model: Boxes())
    assert cli("label", images / "a.png", "--model", "boxes").lines == [
        "pictures/a.png",
        "0.9000  dog  x 0-50%, y 0-100%",
        "0.3000  A dog, brown_ish, runs: it is fast.",
    ]
    cli("add", images, "--space", "bm25", "--space", "colour-layout")
    assert cli("label", images / "a.png", "--model", "boxes", "--store").out.startswith("1 labelled")
    [region] = cli("list", "--where", "kind=region", "--json").records
    assert region["region"]["box"] == [0, 0, 0.5, 1]
    assert cli("list", "--where", "kind=region").lines == ["image  x 0-50%, y 0-100%  pictures/a.png"]
    shown = cli("show", images / "a.png")
    assert "caption (boxes, 0.3000): A dog, brown_ish, runs: it is fast." in shown.lines
    assert any(line.split() == ["0.9000", "dog", "x", "0-50%,", "y", "0-100%", "boxes"] for line in shown.lines)
    assert any(line.split()[:2] == ["region", region["id"]] for line in shown.lines)
    assert "where     x 0-50%, y 0-100%" in cli("show", region["id"]).out
    [hit] = cli("search", "dog", "--where", "kind=region", "--json").records
    assert hit["id"] == region["id"] and hit["region"] == region["region"]
    assert "x 0-50%, y 0-100%" in cli("search", "dog", "--where", "kind=region").out
