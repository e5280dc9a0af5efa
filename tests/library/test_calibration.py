"""Background models follow the library: kept between processes, drawn again once enough has changed."""

from __future__ import annotations

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
    models = one.own, other.own
    return (
        np.array_equal(one.references, other.references)
        and np.array_equal(models[0].references, models[1].references)
        and models[0].tail == models[1].tail
    )


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
    assert null_of(library).own.references.shape == (30, 41)
