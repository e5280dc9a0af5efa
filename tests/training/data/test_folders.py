"""Folders of what is learned from: classes, parts, and whatever else lies in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonolux.errors import TrainingError
from sonolux.training.data.folders import files_at
from sonolux.training.data.images import read_images
from sonolux.training.data.part_names import part_named


def fill(folder: Path, n: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        Image.fromarray(np.full((4, 4, 3), 20 * number, np.uint8)).save(folder / f"{number}.png")
    return folder


def classes(folder: Path) -> list[str]:
    found = files_at(folder, "pictures")
    return sorted(set((found.labels or {}).values()))


def test_files_beside_the_classes_are_named_and_do_no_harm(tmp_path: Path) -> None:
    for name in ("rust", "moss"):
        fill(tmp_path / name, 6)
    (tmp_path / "README.md").write_text("words")
    (tmp_path / "labels.cache").write_bytes(bytes(100))
    fill(tmp_path, 1)
    found = files_at(tmp_path, "pictures")
    assert classes(tmp_path) == ["moss", "rust"]
    said = {Path(one.path).name: one.reason for one in found.failed}
    assert said == {
        "0.png": "lies beside the folders of the classes",
        "README.md": "is none of the pictures",
        "labels.cache": "is none of the pictures",
    }


def test_more_than_a_few_pictures_beside_them_mean_no_classes(tmp_path: Path) -> None:
    fill(tmp_path / "more")
    fill(tmp_path)
    (tmp_path / "labels.csv").write_text("path,label\n")
    found = files_at(tmp_path, "pictures")
    assert found.labels is None
    assert len(found.paths) == 7
    assert "3 pictures lie beside the folders" in found.notes[0]
    assert "labels.csv is a table: name it with --data" in found.notes[1]


def test_folders_of_systems_and_empty_ones_are_no_classes(tmp_path: Path) -> None:
    junk = ("__MACOSX", "@eaDir", ".ipynb_checkpoints", "#recycle", "$RECYCLE.BIN", ".thumbnails", ".git", "lost+found")
    for name in ("rust", "moss", *junk, "System Volume Information", "__pycache__", "Temporary Items"):
        fill(tmp_path / name)
    fill(tmp_path / "rust" / "@eaDir")
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "model")
    for name in ("model.json", "model.safetensors"):
        (tmp_path / "model" / name).touch()
    assert classes(tmp_path) == ["moss", "rust"]
    found = files_at(tmp_path, "pictures")
    assert len(found.paths) == 6
    told = " ".join(found.notes)
    assert "__MACOSX belongs to a system" in told
    assert "empty is empty, and no class" in told
    assert "model is a model folder, and no class" in told


@pytest.mark.parametrize("parts", [("train", "val", "test"), ("Training", "Validation"), ("dev", "eval", "train")])
def test_parts_above_the_classes(parts: tuple[str, ...], tmp_path: Path) -> None:
    for part in parts:
        for name in ("rust", "moss"):
            fill(tmp_path / part / name)
    images = read_images(tmp_path, 8)
    assert images.classes == ("moss", "rust")
    assert images.parts is not None
    assert {part_named(Path(path).parts[-3]) for path in images.paths} == set(images.parts)
    some = images.subset(np.array([0, 5]))
    assert some.parts == (images.parts[0], images.parts[5])


def test_parts_below_the_classes(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for name in ("rust", "moss"):
            fill(tmp_path / name / part)
    found = files_at(tmp_path, "pictures")
    assert classes(tmp_path) == ["moss", "rust"]
    assert set((found.parts or {}).values()) == {"train", "test"}


def test_classes_that_are_called_like_parts_are_classes(tmp_path: Path) -> None:
    for name in ("train", "bus"):
        fill(tmp_path / name)
    assert classes(tmp_path) == ["bus", "train"]


def test_parts_of_hugging_face(tmp_path: Path) -> None:
    for part in ("train", "test"):
        fill(tmp_path / part)
        (tmp_path / part / "metadata.csv").write_text("file_name,label\n0.png,a\n1.png,b\n2.png,a\n")
    found = files_at(tmp_path, "pictures")
    assert classes(tmp_path) == ["a", "b"]
    assert list((found.parts or {}).values()) == ["test"] * 3 + ["train"] * 3


def test_a_column_of_parts(tmp_path: Path) -> None:
    fill(tmp_path, 4)
    (tmp_path / "t.csv").write_text("path,label,Split\n0.png,a,train\n1.png,b,train\n2.png,a,valid\n3.png,b,test\n")
    found = files_at(tmp_path / "t.csv", "pictures")
    assert list((found.parts or {}).values()) == ["train", "train", "val", "test"]


def test_names_that_look_the_same_are_one_class(tmp_path: Path) -> None:
    fill(tmp_path / "caf\u00e9")
    fill(tmp_path / "cafe\u0301")
    fill(tmp_path / "bar")
    assert classes(tmp_path) == ["bar", "caf\u00e9"]


def test_a_class_that_is_lost_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "rust", 6)
    fill(tmp_path / "moss", 6)
    (tmp_path / "slate").mkdir()
    (tmp_path / "slate" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    assert "class slate is lost: none of its 1 files can be read" in read_images(tmp_path, 8).notes


def test_pictures_that_do_not_fit_into_memory_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "rust", 9)
    with pytest.raises(TrainingError, match=r"9 pictures of 1,000,000 x .* at most --image-size \d+ fits"):
        read_images(tmp_path, 1_000_000)


class TestCases:
    """What stands in the cases' own README."""

    @pytest.fixture
    def training(self, cases: Path) -> Path:
        if not (cases / "training").is_dir():
            pytest.skip("no cases of training")
        return cases / "training"

    def test_split_folders(self, training: Path) -> None:
        images = read_images(training / "split-folders", 16)
        assert images.classes == ("moss", "rust", "slate")
        assert images.parts is not None
        assert [images.parts.count(part) for part in ("train", "val", "test")] == [24, 9, 9]

    @pytest.mark.parametrize("name", ["file-beside", "system-folders"])
    def test_three_classes(self, name: str, training: Path) -> None:
        images = read_images(training / name, 16)
        assert images.classes == ("moss", "rust", "slate")
        assert len(images) == 18

    @pytest.mark.parametrize("name", ["excel_de.csv", "windows.csv", "metadata.csv", "one_bad_row.csv", ""])
    def test_tables(self, name: str, training: Path) -> None:
        images = read_images(training / "tables" / name, 16)
        assert images.classes == ("moss", "rust", "slate")
        assert len(images) == (17 if name == "one_bad_row.csv" else 18)
        assert [one.reason for one in images.failed] == (
            ["line 7: rust/rust_05.png has no label"] if name == "one_bad_row.csv" else []
        )
