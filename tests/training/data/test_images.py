"""Images to learn from: folders, tables, packed data sets, and what is wrong with them."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from sonolux.errors import TrainingError
from sonolux.training.data.images import read_images
from sonolux.training.data.sources import check_classes


def save(path: Path, n: int = 8, side: int = 20) -> list[str]:
    path.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(len(path.name))
    names = [f"{number}.png" for number in range(n)]
    for name in names:
        Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8)).save(path / name)
    return names


def test_a_folder_a_class(shapes: Path) -> None:
    images = read_images(shapes, 16)
    assert images.pixels.shape == (72, 16, 16, 3)
    assert images.classes == ("bars", "checks", "discs")
    assert np.bincount(images.labels).tolist() == [24, 24, 24]
    check_classes(images)


def test_images_beside_folders_have_no_labels(tmp_path: Path) -> None:
    save(tmp_path / "data")
    save(tmp_path / "data" / "more")
    images = read_images(tmp_path / "data", 16)
    assert images.labels is None
    with pytest.raises(TrainingError, match="has no labels"):
        check_classes(images)


def test_a_table_of_labels(tmp_path: Path) -> None:
    names = save(tmp_path)
    rows = [f"{name},{'odd' if i % 2 else 'even'}" for i, name in enumerate(names)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label", *rows]))
    images = read_images(tmp_path / "labels.csv", 16)
    assert images.classes == ("even", "odd")
    assert images.labels.tolist() == [0, 1] * 4


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("path,label\n0.png,a\n1.png,\n", "line 3: 1.png has no label"),
        ("name,colour\n9.png,a\n", "no column path"),
        ("path,label\n,a\n", "line 2: no path"),
        ("path,label\n0.png,a\n0.png,b\n", "1 readable pictures.*line 3: 0.png is b here, a in line 2"),
        ("", "is empty"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, why: str) -> None:
    save(tmp_path)
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(TrainingError, match=why):
        read_images(tmp_path / "labels.csv", 16)


def test_files_that_are_no_images_are_named_and_left_out(tmp_path: Path) -> None:
    save(tmp_path / "data")
    (tmp_path / "data" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (tmp_path / "data" / "notes.txt").write_text("some words about it")
    images = read_images(tmp_path / "data", 16)
    assert len(images) == 8
    assert [Path(failure.path).name for failure in images.failed] == ["broken.png", "notes.txt"]


def test_one_image_teaches_nothing(tmp_path: Path) -> None:
    save(tmp_path / "data", 1)
    with pytest.raises(TrainingError, match="1 readable pictures; at least 8"):
        read_images(tmp_path / "data", 16)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="neither a folder nor"):
        read_images(tmp_path / "none", 16)


def test_one_class_and_tiny_classes_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "one" / "dogs", 9)
    with pytest.raises(TrainingError, match="one class, dogs"):
        check_classes(read_images(tmp_path / "one", 16))
    save(tmp_path / "one" / "cats", 1)
    with pytest.raises(TrainingError, match=r"class cats has 1 readable files; at least 2 are needed$"):
        check_classes(read_images(tmp_path / "one", 16))
    for number in range(12):
        save(tmp_path / "one" / f"kind {number:02}", 1)
    with pytest.raises(TrainingError, match=r"too few have also kind 00, kind 01, .*, kind 09, \.\.\. \(13 in all\)"):
        check_classes(read_images(tmp_path / "one", 16))


def test_classes_of_one_picture_over_and_over_are_refused(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        save(tmp_path / name, 6)
    images = read_images(tmp_path, 16)
    rows = np.arange(len(images))
    check_classes(replace(images, groups=np.where(rows < 6, 0, rows)))
    with pytest.raises(TrainingError, match="all files belong together, as copies or by --group-by: nothing can be"):
        check_classes(replace(images, groups=rows // 6 * 6))


def test_a_parquet_table_of_encoded_images(tmp_path: Path, shapes: Path) -> None:
    files = sorted(shapes.rglob("*.png"))[:10]
    images = [{"bytes": file.read_bytes()} if i % 2 else {"bytes": jpeg(file)} for i, file in enumerate(files)]
    parquet.write_table(pa.table({"image": images, "label": list("aabbaabbaa")}), tmp_path / "train.parquet")
    images = read_images(tmp_path / "train.parquet", 32)
    assert images.classes == ("a", "b")
    np.testing.assert_array_equal(images.pixels[1], np.asarray(Image.open(files[1])))


def jpeg(file: Path) -> bytes:
    out = io.BytesIO()
    Image.open(file).save(out, "JPEG")
    return out.getvalue()


def test_a_broken_row_of_a_parquet_table_is_named(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"image": [b"no picture"], "label": [1]}), tmp_path / "x.parquet")
    with pytest.raises(TrainingError, match=r"x\.parquet cannot be read: row 0: not a picture"):
        read_images(tmp_path / "x.parquet", 32)


def idx(array: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.tobytes())


def test_idx_files(tmp_path: Path) -> None:
    greys = np.random.default_rng(0).integers(0, 256, (9, 28, 28), np.uint8)
    (tmp_path / "t-images-idx3-ubyte.gz").write_bytes(idx(greys))
    (tmp_path / "t-labels-idx1-ubyte.gz").write_bytes(idx(np.arange(9, dtype=np.uint8) % 3))
    images = read_images(tmp_path / "t-images-idx3-ubyte.gz", 28)
    assert images.classes == ("0", "1", "2")
    np.testing.assert_array_equal(images.pixels[..., 1], greys)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b broken", gzip.compress(b"\0\0\x08\x01\0\0\0\x01\0")],
    ids=["empty", "no gzip", "no pictures"],  # a content as id would hold the time, and differ from worker to worker
)
def test_broken_idx_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(TrainingError, match="cannot be read"):
        read_images(tmp_path / "t-images-idx3-ubyte.gz", 28)


@pytest.mark.data
def test_the_digits_that_everybody_knows(data: Path) -> None:
    images = read_images(data / "mnist" / "t10k-images-idx3-ubyte.gz", 28)
    assert len(images) == 10_000
    assert np.bincount(images.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
