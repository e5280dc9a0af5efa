"""`add` with ``skip_copies``: what shows a picture that is there is left out, what is a work of its own is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ImageDraw, ImageEnhance, ImageOps
from PIL.Image import Image as Picture
from skimage import data as pictures

from sonolux.library import Library
from sonolux.library.ingest import run

SPACES = ("colour-histogram",)
COFFEE = PIL.Image.fromarray(pictures.coffee())
CAT = PIL.Image.fromarray(pictures.chelsea())


def dated(date: str) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8769)[36867] = date
    return exif


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    return made


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "l.sonolux")


def skipped(library: Library, *paths: Path) -> dict[str, str]:
    """Names of the files that were left out, with those of what they are copies of."""
    summary = library.add(*paths, spaces=() if library.exists() else SPACES, skip_copies=True)
    assert not summary.failed
    return {Path(one.path).name: Path(one.copy_of).name for one in summary.skipped}


def test_the_largest_of_one_run_is_added_wherever_it_is_found(folder: Path, library: Library) -> None:
    COFFEE.resize((300, 200)).save(folder / "a small.jpg", quality=60)
    COFFEE.save(folder / "b large.png")
    COFFEE.save(folder / "c coarse.jpg", quality=25)
    COFFEE.save(folder / "d.webp", quality=50)
    (folder / "e same.png").write_bytes((folder / "b large.png").read_bytes())
    CAT.save(folder / "cat.jpg")
    summary = library.add(folder, spaces=SPACES, skip_copies=True)
    assert {Path(one.path).name: one.reason.rpartition(", ")[2] for one in summary.skipped} == {
        "a small.jpg": "smaller",
        "c coarse.jpg": "encoded again",
        "d.webp": "encoded again",
        "e same.png": f"the same bytes as {folder / 'b large.png'}",
    }
    assert {one.copy_of for one in summary.skipped} == {str(folder / "b large.png")}
    assert {Path(item.path).name for item in library.items()} == {"b large.png", "cat.jpg"}


def test_what_the_library_has_stays_and_a_larger_one_comes_in(folder: Path, library: Library) -> None:
    COFFEE.resize((300, 200)).save(folder / "small.jpg")
    library.add(folder, spaces=SPACES)
    COFFEE.save(folder / "large.png")
    COFFEE.resize((300, 200)).save(folder / "small again.jpg", quality=50)
    assert skipped(library, folder) == {"small again.jpg": "small.jpg"}
    assert {Path(item.path).name for item in library.items()} == {"small.jpg", "large.png"}
    COFFEE.resize((310, 206)).save(folder / "between.jpg")
    assert skipped(library, folder).keys() == {"small again.jpg", "between.jpg"}


def written_over(picture: Picture) -> Picture:
    made = picture.copy()
    ImageDraw.Draw(made).text((200, 20), "MONDAY", "white", font_size=40)
    return made


EDITS: dict[str, Callable[[Picture], Picture]] = {
    "turned": lambda picture: picture.rotate(90, expand=True),
    "mirrored": ImageOps.mirror,
    "cropped": lambda picture: picture.crop((20, 20, 560, 380)),
    "framed": lambda picture: ImageOps.expand(picture, 40, "white"),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.4),
    "contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.6),
    "stretched": lambda picture: picture.resize((600, 320)),
    "written over": written_over,
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_a_work_of_its_own(edit: str, folder: Path, library: Library) -> None:
    COFFEE.save(folder / "coffee.png")
    EDITS[edit](COFFEE).save(folder / "edited.jpg", quality=80)
    assert skipped(library, folder) == {}
    assert len(list(library.items())) == 2


def test_two_exposures_are_both_added(folder: Path, library: Library) -> None:
    """Exposures in rapid succession are no duplicates (immich issue 31487)."""
    grain = np.random.default_rng(0).normal(0, 3, (2, *pictures.coffee().shape))
    for number in range(2):
        photo = np.clip(pictures.coffee() + grain[number], 0, 255).astype(np.uint8)
        exif = dated(f"2020:05:01 10:00:0{number}")
        PIL.Image.fromarray(photo).save(folder / f"{number}.jpg", quality=92, exif=exif)
    assert skipped(library, folder) == {}


def test_a_broken_image_fails_as_ever_and_costs_no_other(folder: Path, library: Library) -> None:
    COFFEE.save(folder / "coffee.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    (folder / "note.txt").write_text("some words")
    summary = library.add(folder, spaces=("bm25", *SPACES), skip_copies=True)
    assert [Path(failure.path).name for failure in summary.failed] == ["broken.jpg"]
    assert (summary.added, summary.skipped, summary.done) == (2, [], 3)


def test_a_plain_add_looks_at_nothing_twice(folder: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "is_image", lambda path: pytest.fail(f"{path} was looked at"))
    COFFEE.save(folder / "coffee.png")
    COFFEE.save(folder / "again.jpg")
    assert library.add(folder, spaces=SPACES).added == 2
    assert not (Path(library.location) / "copies").exists()
