"""Layouts of folders: parts, folds and wrappers around the classes, as data sets are unpacked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from sonolux.training.data.folders import files_at
from sonolux.training.data.layouts import read_layout, wrapper
from sonolux.training.data.part_names import part_named, part_of_folder
from sonolux.training.data.sources import FoundFiles

CLASSES = ("cat", "dog")


def laid(folder: Path, *inner: str, files: int = 3) -> FoundFiles:
    for name in inner:
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for number in range(files):
            Image.new("RGB", (4, 4), (number, 0, 0)).save(place / f"{number}.png")
    return files_at(folder, "pictures")


def counted(names: dict[str, str] | None) -> dict[str, int]:
    return dict(Counter((names or {}).values()))


def within(*tops: str, classes: Sequence[str] = CLASSES) -> list[str]:
    return [f"{top}/{name}" for top in tops for name in classes]


@pytest.mark.parametrize("around", ["dataset", "train", "data/raw/images"])
def test_a_folder_around_all_classes_is_no_class(around: str, tmp_path: Path) -> None:
    found = laid(tmp_path, *within(around))
    assert counted(dict(found.labels or {})) == {"cat": 3, "dog": 3}
    assert found.source == str(tmp_path)
    assert [note for note in found.notes if note.startswith("all files lie in")] == [
        f"all files lie in {tmp_path / around}: the labels are what is found there"
    ]


def test_a_folder_around_parts_is_no_class(tmp_path: Path) -> None:
    found = laid(tmp_path, *within("archive/train", "archive/test"))
    assert counted(dict(found.labels or {})) == {"cat": 6, "dog": 6}
    assert counted(dict(found.parts or {})) == {"train": 6, "test": 6}


def test_a_table_in_a_folder_around_all_is_read(tmp_path: Path) -> None:
    laid(tmp_path, "archive/images", files=12)
    table = "file_name,label\n" + "".join(f"images/{n}.png,{'ab'[n % 2]}\n" for n in range(12))
    (tmp_path / "archive" / "metadata.csv").write_text(table)
    assert counted(dict(files_at(tmp_path, "pictures").labels or {})) == {"a": 6, "b": 6}


def test_one_class_with_parts_in_it_is_one_class(tmp_path: Path) -> None:
    found = laid(tmp_path, "cat/train", "cat/test")
    assert counted(dict(found.labels or {})) == {"cat": 6}


@pytest.mark.parametrize(
    "tops",
    [
        *[("seg_train", "seg_test"), ("seg_train/seg_train", "seg_test/seg_test"), ("Train images", "Test images")],
        *[("training_set", "test_set"), ("TRAIN", "TEST"), ("entraînement", "test"), ("train_data", "test1")],
    ],
)
def test_parts_under_the_names_that_people_give(tops: tuple[str, str], tmp_path: Path) -> None:
    found = laid(tmp_path, *within(*tops))
    assert counted(dict(found.labels or {})) == {"cat": 6, "dog": 6}
    assert counted(dict(found.parts or {})) == {"train": 6, "test": 6}


def test_a_part_without_classes_is_left_out_by_name(tmp_path: Path) -> None:
    found = laid(tmp_path, *within("train", "val"), "test", "unlabelled")
    assert counted(dict(found.parts or {})) == {"train": 6, "val": 6}
    reasons = Counter(one.reason for one in found.failed)
    assert reasons == {
        "has no label: test has no folders of the classes": 3,
        "lies beside test, train, val, which are the parts": 3,
    }


def test_one_strange_folder_in_a_part_is_no_class(tmp_path: Path) -> None:
    found = laid(tmp_path, *within("train"), "val/images")
    assert counted(dict(found.labels or {})) == {"cat": 3, "dog": 3}


def test_other_classes_in_the_test_are_kept(tmp_path: Path) -> None:
    found = laid(tmp_path, *within("train"), *within("test", classes=("owl", "rat")))
    assert sorted(counted(dict(found.labels or {}))) == ["cat", "dog", "owl", "rat"]


def test_parts_that_spell_their_classes_differently(tmp_path: Path) -> None:
    found = laid(tmp_path, *within("train"), *within("test", classes=("Cat", "DOG")))
    assert counted(dict(found.labels or {})) == {"cat": 6, "dog": 6}
    both = laid(tmp_path / "other", *within("train", classes=("cat", "Cat")), *within("test"))
    assert sorted(counted(dict(both.labels or {}))) == ["Cat", "cat", "dog"]


def test_folds_are_no_classes(tmp_path: Path) -> None:
    found = laid(tmp_path, *within("fold1", "fold2", "fold 10"))
    assert counted(dict(found.labels or {})) == {"cat": 9, "dog": 9}
    assert "are folds, and no classes" in found.notes[0]
    flat = laid(tmp_path / "flat", "fold1", "fold2")
    assert flat.labels is None
    assert "hold no folders of classes" in flat.notes[0]


def test_parts_that_hold_no_folders_hold_no_labels(tmp_path: Path) -> None:
    found = laid(tmp_path, "train", "test")
    assert found.labels is None
    assert len(found.paths) == 6
    assert "test, train are parts, and hold no folders of classes" in found.notes[0]


@pytest.mark.parametrize("name", ["bullet train", "test pattern", "contest", "valley", "raw", "1", ""])
def test_names_that_are_no_parts(name: str) -> None:
    assert part_of_folder(name) is None


def test_a_cell_of_a_table_is_read_more_narrowly() -> None:
    assert part_named("test1") is None
    assert part_named("Testing") == "test"


def test_classes_that_are_called_like_parts_among_others() -> None:
    below = {f"{top}/{n}": (top, f"{n}") for top in ("train", "test", "bus") for n in range(4)}
    assert wrapper(below) is None
    assert set(read_layout(below).labels.values()) == {"train", "test", "bus"}
