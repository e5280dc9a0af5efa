from __future__ import annotations

import time
from pathlib import Path

import pytest

from sonolux.media.finding import find
from sonolux.media.sidecars import described_by, matched_sidecars, sidecars_of, sidecars_stamp

LONG = "PXL_20240517_103000123.PORTRAIT-01.COVER_of_the_reef"
TAKEOUT = '{"title": "a.jpg", "photoTakenTime": {"timestamp": "1"}}'


@pytest.mark.parametrize(
    ("medium", "sidecar"),
    [
        ("IMG_1.jpg", "IMG_1.xmp"),
        ("IMG_1.JPG", "IMG_1.jpg.xmp"),
        ("IMG_1.CR2", "IMG_1.CR2.XMP"),
        ("IMG_1.CR2", "IMG_1_01.CR2.xmp"),
        ("clip.mp4", "clip.mp4.xmp"),
        ("paper.pdf", "paper.pdf.xmp"),
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.HEIC", "IMG_1.HEIC.supplemental-meta.json"),
        ("IMG_1.jpg", "IMG_1.jpg.s.json"),
        ("IMG_1.jpg", "IMG_1.jpg..json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1(2).jpg", "IMG_1(2).jpg.json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("IMG_1-smile.jpg", "IMG_1.jpg.json"),
        ("IMG_1-mix.jpg", "IMG_1.jpg.json"),
        ("IMG_1-editat.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1-bearbeitet(1).jpg", "IMG_1.jpg(1).json"),
        ("IMG_1.MP4", "IMG_1.HEIC.supplemental-metadata.json"),
        ("scan.jpg", "scan.json"),
        ("Peanut Butter Balls.jpg", "Peanut Butter Balls.supplemental-metadata.json"),
        ("Balls(1).jpg", "Balls.supplemental-metadata(1).json"),
        ("DSCN0091.JPG", "DSCN0091.JP.supplemental-meta.json"),
        ("DSCN0091(1).JPG", "DSCN0091.JP.supplemental-meta(1).json"),
        ("IMG_1-ha edit.jpg", "IMG_1.jpg.json"),
        (f"{LONG[:47]}.jpg", f"{LONG[:46]}.json"),
        (f"{LONG[:43]}.jpg", f"{LONG[:43]}.jp.json"),
        (f"{LONG[:47]}(1).jpg", f"{LONG[:46]}(1).json"),
    ],
)
def test_sidecars_are_told_by_their_names(medium: str, sidecar: str) -> None:
    originals = {"IMG_1.jpg", "IMG_1(1).jpg", "IMG_1.HEIC"} - {medium} if "-" in medium or "MP4" in medium else set()
    assert matched_sidecars([medium, sidecar, "other.jpg", *originals])[medium] == (sidecar,)


@pytest.mark.parametrize(
    ("medium", "other"),
    [
        ("IMG_12.jpg", "IMG_1.json"),
        ("IMG_1(1).jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg(1).json"),
        ("IMG_1.txt", "IMG_1.xmp"),
        ("photo.jpg", "metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.thumbnail.json"),
        ("a.jpg", ".xmp"),
    ],
)
def test_what_only_looks_like_a_sidecar_is_none(medium: str, other: str) -> None:
    assert matched_sidecars([medium, other]) == {}


def test_one_sidecar_describes_a_raw_file_and_its_jpeg() -> None:
    found = matched_sidecars(["a.CR2", "a.jpg", "a.xmp", "a.jpg.xmp"])
    assert found == {"a.jpg": ("a.jpg.xmp", "a.xmp"), "a.CR2": ("a.xmp",)}


def test_case_and_unicode_form_count_only_where_names_differ_in_nothing_else() -> None:
    assert matched_sidecars(["A.jpg", "a.jpg", "a.jpg.xmp"]) == {"a.jpg": ("a.jpg.xmp",)}
    assert matched_sidecars(["A.jpg", "a.jpg", "a.xmp"]) == {"a.jpg": ("a.xmp",)}
    composed, decomposed = "Gr\u00f6\u00dfe.jpg", "Gro\u0308\u00dfe.jpg"
    assert matched_sidecars([decomposed, f"{composed}.json"]) == {decomposed: (f"{composed}.json",)}


def test_large_folders_are_matched_in_linear_time() -> None:
    photos = [f"IMG_{number}.jpg" for number in range(20_000)]
    began = time.process_time()
    assert len(matched_sidecars([*photos, *(f"{name}.json" for name in photos)])) == 20_000
    assert time.process_time() - began < 5


def test_sidecars_are_no_items(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.xmp", "b.png", "orphan.xmp", "c.jpg"):
        (tmp_path / name).write_text("x")
    (tmp_path / "b.png.json").write_text(TAKEOUT)
    (tmp_path / "c.jpg.json").write_text('{"annotations": [1, 2]}')
    found = [Path(str(path)).name for path in find([str(tmp_path)])]
    assert found == ["a.jpg", "b.png", "c.jpg", "c.jpg.json", "orphan.xmp"]
    assert list(find([str(tmp_path / "a.xmp")])) == [str(tmp_path / "a.jpg")]
    assert described_by(str(tmp_path / "b.png.json")) == [str(tmp_path / "b.png")]
    assert sidecars_of(str(tmp_path / "b.png")) == [str(tmp_path / "b.png.json")]


def test_stamps_change_with_what_they_stand_for(tmp_path: Path) -> None:
    photo, sidecar = tmp_path / "a.jpg", tmp_path / "a.xmp"
    photo.write_text("x")
    stamps = [sidecars_stamp(str(photo))]
    for text in ("one", "three"):
        sidecar.write_text(text)
        stamps.append(sidecars_stamp(str(photo)))
    sidecar.unlink()
    assert stamps[0] == sidecars_stamp(str(photo)) == ""
    assert len(set(stamps)) == 3
