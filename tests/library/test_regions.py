"""Regions that are items: found, filtered by, moved and lost with their file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from making import write_video
from sonolux.annotators import Annotator
from sonolux.errors import LibraryError
from sonolux.library import Library
from sonolux.types import Annotation, Mask, Modality, Region, Span

RED, GREEN, BLUE, GREY = (250, 10, 10), (10, 250, 10), (10, 10, 250), (120, 120, 120)
SIDE = 240


class Patches(Annotator):
    """Finds what is red, green or blue, one region a colour, and names it."""

    name = spec = "patches"
    modality = Modality.IMAGE
    digest = "1"
    region_items = True

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        return [list(self._patches(pixels)) for pixels in batch]

    def _patches(self, pixels: Any) -> Iterator[Annotation]:
        height, width = pixels.shape[:2]
        for channel, label in enumerate(("red_patch", "green_patch", "blue_patch")):
            others = pixels[..., [c for c in range(3) if c != channel]].max(axis=2)
            ys, xs = np.nonzero((pixels[..., channel] > 180) & (others < 80))
            if len(xs):
                region = Region.in_pixels(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1, width=width, height=height)
                yield Annotation(self.name, label, 0.9, region=region)


def scene(path: Path, **patches: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> Path:
    """Save a grey image with patches of colour: name=(box in pixels, colour)."""
    pixels = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    for (x0, y0, x1, y1), colour in patches.values():
        pixels[y0:y1, x0:x1] = colour
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images with patches, one without, and a video whose second shot has one."""
    made = tmp_path_factory.mktemp("shared") / "media"
    made.mkdir()
    scene(made / "two.png", a=((0, 0, 60, 120), RED), b=((120, 120, 240, 240), BLUE))
    scene(made / "one.png", a=((60, 60, 120, 120), GREEN))
    scene(made / "none.png")
    shots = [scene(made.parent / "s0.png"), scene(made.parent / "s1.png", a=((0, 120, 240, 240), BLUE))]
    write_video(made / "film.mp4", shots)
    return made


@pytest.fixture(scope="module")
def shared(shared_folder: Path) -> Iterator[Library]:
    """Return a library of it, to read only."""
    with Library(shared_folder.parent / "shared.sonolux") as opened:
        opened.add(shared_folder, spaces=["bm25", "colour-histogram"])
        opened.annotate(Patches())
        yield opened


@pytest.fixture
def folder(shared_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder, to change."""
    return Path(shutil.copytree(shared_folder, tmp_path / "media"))


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    """Return a library of the copy, to write to."""
    with Library(tmp_path / "l.sonolux") as opened:
        opened.add(folder, spaces=["bm25", "colour-histogram"], fingerprints=False)
        opened.annotate(Patches())
        yield opened


def regions(library: Library, **where: Any) -> list[tuple[str, str, tuple[float, ...]]]:
    found = library.items({"kind": "region", **where})
    told = [(Path(one.path).name, library.annotations(one.id)[0].label, one.region.box) for one in found if one.region]
    return sorted(told)


ALL = [
    ("film.mp4", "blue_patch", (0, 0.5, 1, 1)),
    ("one.png", "green_patch", (0.25, 0.25, 0.5, 0.5)),
    ("two.png", "blue_patch", (0.5, 0.5, 1, 1)),
    ("two.png", "red_patch", (0, 0, 0.25, 0.5)),
]


def close(found: list[Any], wanted: list[Any]) -> bool:
    return [one[:2] for one in found] == [one[:2] for one in wanted] and np.allclose(
        [one[2] for one in found], [one[2] for one in wanted], atol=0.02
    )


def test_regions_are_items_and_filtered_by(shared: Library, shared_folder: Path) -> None:
    assert close(regions(shared), ALL)
    assert close(regions(shared, label="blue_patch"), [ALL[0], ALL[2]])
    assert close(regions(shared, modality="image", folder=str(shared_folder)), ALL[1:])
    assert len(list(shared.items())) == 4
    assert (shared.info()["files"], shared.info()["spans"], shared.info()["regions"]) == (4, 2, 4)
    [region] = [one for one in shared.items({"kind": "region"}) if one.path.endswith("one.png")]
    file = shared.item(shared_folder / "one.png")
    assert (region.file, region.modality, region.span) == (file.id, Modality.IMAGE, None)
    assert region.metadata["width"] == SIDE
    assert shared.item(region.id) == region
    [said] = shared.annotations(shared_folder / "one.png")
    assert (said.item, said.region) == (region.id, region.region)
    assert [one.kind for one in shared.spans_of(file.id)] == ["region"]


def test_a_region_of_a_video_has_its_shot_and_the_time_of_its_frame(shared: Library) -> None:
    [region] = shared.items({"kind": "region", "modality": "video"})
    assert region.span is not None and region.region is not None and region.region.time is not None
    assert round(region.span.start) == 2
    assert region.span.start < region.region.time < region.span.end
    shots = [one for one in shared.spans_of(region.file) if one.kind == "shot"]
    assert [len(shared.annotations(shot.id)) for shot in shots] == [0, 1]


def test_search_finds_regions_by_what_they_show(shared: Library) -> None:
    """The whole image is mostly grey: only the crop is all green."""
    hits = shared.search(image=np.full((50, 50, 3), GREEN, np.uint8), space="colour-histogram")
    assert Path(hits[0].path).name == "one.png"
    assert hits[0].kind == "region" and hits[0].region is not None
    assert np.allclose(hits[0].region.box, (0.25, 0.25, 0.5, 0.5), atol=0.02)
    assert all(hit.region is None for hit in hits if hit.kind != "region")
    assert len({hit.file for hit in hits}) == len(hits)
    only = shared.search(image=np.full((50, 50, 3), BLUE, np.uint8), space="colour-histogram", where={"kind": "region"})
    assert {Path(hit.path).name for hit in only[:2]} == {"two.png", "film.mp4"}


def test_search_finds_regions_by_the_words_of_their_label(shared: Library) -> None:
    hits = shared.search("green patch", where={"kind": "region"}, space="bm25")
    assert Path(hits[0].path).name == "one.png"
    found = shared.search("green patch", space="bm25")
    assert Path(found[0].path).name == "one.png"


def test_a_region_is_an_example(shared: Library) -> None:
    [region] = shared.items({"kind": "region", "path": next(i.path for i in shared.items() if "film" in i.path)})
    hits = shared.search(like=region.id, space="colour-histogram", where={"kind": "region"})
    assert Path(hits[0].path).name == "two.png" and hits[0].kind == "region"


def test_regions_leave_with_their_file(library: Library, folder: Path) -> None:
    library.remove(folder / "two.png")
    assert close(regions(library), ALL[:2])
    (folder / "one.png").unlink()
    library.add(folder, prune=True)
    assert close(regions(library), ALL[:1])


def test_regions_are_dropped_when_the_file_changes(library: Library, folder: Path) -> None:
    scene(folder / "two.png", a=((0, 0, 240, 60), RED))
    assert library.add(folder).updated == 1
    assert close(regions(library), ALL[:2])
    library.annotate(Patches())
    assert close(regions(library), [*ALL[:2], ("two.png", "red_patch", (0, 0, 1, 0.25))])


def test_regions_follow_a_moved_file(library: Library, folder: Path) -> None:
    before = {one.id for one in library.items({"kind": "region"})}
    (folder / "deep").mkdir()
    shutil.move(folder / "two.png", folder / "deep" / "pair.png")
    assert library.add(folder).moved == 1
    moved = list(library.items({"kind": "region", "folder": str(folder / "deep")}))
    assert [Path(one.path).name for one in moved] == ["pair.png", "pair.png"]
    assert {one.id for one in library.items({"kind": "region"})} == before


def test_a_space_that_comes_later_describes_regions_too(library: Library, folder: Path) -> None:
    before = {one.id for one in library.items({"kind": "region"})}
    library.add(folder, spaces=["colour-layout"])
    assert {one.id for one in library.items({"kind": "region"})} == before
    hits = library.search(image=np.full((50, 50, 3), GREEN, np.uint8), space="colour-layout", where={"kind": "region"})
    assert len(hits) == 3  # one a file
    assert Path(hits[0].path).name == "one.png"
    direct = library.search(like=hits[0].id, space="colour-layout", where={"kind": "region"}, spans=True)
    assert len(direct) == 3


def test_another_version_and_forgetting_take_regions_out(library: Library, folder: Path) -> None:
    before = {one.id for one in library.items({"kind": "region"})}
    newer = Patches()
    newer.digest = "2"
    library.annotate(newer, folder / "two.png")
    after = {one.id for one in library.items({"kind": "region"})}
    assert len(after) == len(before) and len(after - before) == 2
    library.forget("patches")
    assert regions(library) == []
    assert library.annotations(folder / "one.png") == []


def test_a_run_that_broke_off_leaves_no_region_behind(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has written the regions and not yet the file; the next run may be by another version that finds less."""
    library.forget("patches")

    def broken(*args: Any) -> None:
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(LibraryError, match="the disk is full"):
        patched.setattr(library.index, "set_payload", broken)
        library.annotate(Patches(), folder / "two.png")
    assert len(regions(library)) == 2
    assert library.annotations(folder / "two.png") == []
    newer = Patches()
    newer.digest = "2"
    newer.k = 1
    library.annotate(newer, folder / "two.png")
    assert [one[0] for one in regions(library)] == ["two.png"]
    [said] = library.annotations(folder / "two.png")
    [region] = library.items({"kind": "region"})
    assert said.item == region.id


def test_regions_of_another_annotator_stay(library: Library, folder: Path) -> None:
    other = Patches()
    other.name = other.spec = "spots"
    library.annotate(other)
    assert len(regions(library)) == 8
    library.forget("patches")
    assert close(regions(library), ALL)


def test_regions_are_no_items_unless_the_annotator_says_so(folder: Path, tmp_path: Path) -> None:
    boxes = Patches()
    boxes.region_items = False
    with Library(tmp_path / "boxes.sonolux") as library:
        library.add(folder, spaces=["colour-layout"])
        library.annotate(boxes)
        assert regions(library) == []
        [said] = library.annotations(folder / "one.png")
        assert said.region is not None and said.item == ""


def test_duplicates_are_of_files_and_not_of_their_regions(library: Library, folder: Path) -> None:
    """Two images that are nearly the same stay so where only one of them has regions."""
    shutil.copy(folder / "two.png", folder / "again.png")
    library.add(folder)
    assert [sorted(Path(one.path).name for one in group) for group in library.duplicates(near=False)] == [
        ["again.png", "two.png"]
    ]


class Shapes(Annotator):
    """Gives one region with a mask."""

    name = spec = "shapes"
    modality = Modality.IMAGE
    digest = "1"
    mask = Mask.from_bitmap(np.eye(3, dtype=bool))

    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        region = Region(0.1, 0.2, 0.3, 0.4, mask=self.mask)
        return [[Annotation(self.name, "shape", 0.01, region=region)] for _ in batch]


def test_masks_are_stored_and_regions_exported(library: Library, folder: Path, tmp_path: Path) -> None:
    library.annotate(Shapes())
    [said] = [one for one in library.annotations(folder / "one.png") if one.annotator == "shapes"]
    assert said.region == Region(0.1, 0.2, 0.3, 0.4, mask=Shapes.mask)
    library.export(tmp_path / "out")
    items = [json.loads(line) for line in (tmp_path / "out" / "items.jsonl").read_text().splitlines()]
    [region] = [one for one in items if one["kind"] == "region" and one["path"].endswith("one.png")]
    assert region["region"]["box"] == pytest.approx([0.25, 0.25, 0.5, 0.5], abs=0.02)
    assert region["annotations"][0]["label"] == "green_patch"
    ids = (tmp_path / "out" / "colour-histogram.ids.txt").read_text().split()
    assert region["id"] in ids


def test_boxes_of_the_first_versions_are_read(library: Library, folder: Path) -> None:
    file = library.item(folder / "none.png")
    old = {"annotator": "old", "label": "dog", "probability": 0.5}
    stored = [old | {"box": [0.1, 0.1, 0.5, 0.5]}, old | {"box": [12.0, 40.0, 300.0, 200.0]}, old]
    library.index.set_payload([file.id], {"annotations": stored})
    boxes = [one.box for one in library.annotations(file.id)]
    assert boxes == [(0.1, 0.1, 0.5, 0.5), None, None]


def test_spans_are_still_spans(shared: Library) -> None:
    [region] = shared.items({"kind": "region", "modality": "video"})
    assert isinstance(region.span, Span)
    assert {one.kind for one in shared.items(spans=True)} == {"file", "shot", "region"}
