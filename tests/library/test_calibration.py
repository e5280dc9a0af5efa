"""Background models follow the library: kept between processes, drawn again once enough has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonolux.library import Library
from sonolux.retrieval.dense_background import DenseBackground


def paint(folder: Path, numbers: range) -> Path:
    """Write one image of random blocks a number."""
    folder.mkdir(exist_ok=True)
    for number in numbers:
        blocks = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(blocks).resize((64, 64), Image.Resampling.NEAREST).save(folder / f"{number}.png")
    return folder


def null_of(library: Library) -> DenseBackground:
    background = library.calibration.background(library.spaces.by_name("colour-layout"), library.manifest.changes)
    assert isinstance(background, DenseBackground)
    return background


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "l.sonolux")
    opened.add(paint(tmp_path / "pictures", range(60)), spaces=["colour-layout"])
    yield opened
    opened.close()


def same(one: DenseBackground, other: DenseBackground) -> bool:
    kept, again = one.to_arrays(), other.to_arrays()
    return kept.keys() == again.keys() and all(np.array_equal(kept[name], again[name]) for name in kept)


def test_a_null_outlives_the_process(library: Library, tmp_path: Path) -> None:
    before = null_of(library)
    library.close()
    assert list((tmp_path / "l.sonolux" / "background").iterdir())
    library.index.sample = None  # a background model that is kept is not drawn
    assert same(null_of(library), before)


def test_the_same_files_in_another_folder_are_told_the_same(library: Library, tmp_path: Path) -> None:
    with Library(tmp_path / "other.sonolux") as other:
        other.add(paint(tmp_path / "elsewhere", range(60)), spaces=["colour-layout"])
        assert same(null_of(other), null_of(library))


@pytest.mark.parametrize("size", [1, *(pytest.param(size, marks=pytest.mark.long) for size in (3, 10))])
def test_a_small_library_finds_the_very_file_and_a_version_and_nothing_for_another(size: int, tmp_path: Path) -> None:
    pictures = paint(tmp_path / "pictures", range(size))
    other = paint(tmp_path / "other", range(500, 501)) / "500.png"
    with Image.open(pictures / "0.png") as picture:
        picture.save(tmp_path / "version.jpg", quality=80)
    with Library(tmp_path / "small.sonolux") as library:
        library.add(pictures, spaces=["colour-layout", "colour-histogram"])
        for asked in (pictures / "0.png", tmp_path / "version.jpg"):
            assert [Path(hit.path).name for hit in library.search(image=asked, confident=True)] == ["0.png"]
        assert not library.search(image=other, confident=True)
        told = [hit.chance for hit in library.search(image=other)]
    with Library(tmp_path / "small.sonolux") as again:
        assert [hit.chance for hit in again.search(image=other)] == told


def test_a_blank_picture_finds_no_other_blank_one(tmp_path: Path) -> None:
    folder = paint(tmp_path / "pictures", range(3))
    Image.new("RGB", (90, 60), (250, 250, 255)).save(folder / "blank.png")
    Image.new("RGB", (60, 90), (250, 250, 255)).save(tmp_path / "asked.png")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=["colour-layout", "colour-histogram"])
        hits = library.search(image=tmp_path / "asked.png")
        assert Path(hits[0].path).name == "blank.png"
        assert not any(hit.confident for hit in hits)


def test_what_an_older_version_kept_is_not_read(library: Library, tmp_path: Path) -> None:
    kept = tmp_path / "l.sonolux" / "background"
    kept.mkdir(parents=True, exist_ok=True)
    space = library.spaces.by_name("colour-layout")
    name = hashlib.blake2b(f"1\0{space}".encode(), digest_size=8).hexdigest()
    np.savez(kept / f"{name}.npz", changes=library.manifest.changes, count=60, references=np.zeros((9, 41)), scale=0.0)
    assert null_of(library).references.shape == (60, 41)


def test_a_few_changes_leave_it_and_many_do_not(library: Library, tmp_path: Path) -> None:
    before = null_of(library)
    library.add(paint(tmp_path / "pictures", range(60, 64)))
    assert same(null_of(library), before)
    library.add(paint(tmp_path / "pictures", range(64, 72)))
    assert not same(null_of(library), before)


def test_items_that_go_change_it_too(library: Library, tmp_path: Path) -> None:
    before = null_of(library)
    library.remove(*(tmp_path / "pictures" / f"{number}.png" for number in range(9)))
    assert not same(null_of(library), before)


def test_a_library_that_is_exchanged_is_told_anew(library: Library, tmp_path: Path) -> None:
    before = null_of(library)
    library.add(paint(tmp_path / "others", range(100, 160)))
    library.remove(tmp_path / "pictures")
    assert library.info()["files"] == 60
    assert not same(null_of(library), before)


def test_a_damaged_null_is_drawn_again(library: Library, tmp_path: Path) -> None:
    before = null_of(library)
    library.close()
    for file in (tmp_path / "l.sonolux" / "background").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    assert same(null_of(library), before)


def test_a_null_that_cannot_be_kept_serves_all_the_same(library: Library, tmp_path: Path) -> None:
    (tmp_path / "l.sonolux" / "background").write_text("in the way")
    assert null_of(library).references.shape == (60, 41)
