"""Benchmarks measure what they say, on sizes that take seconds, and write their own section of a page alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.encoders import default_specs
from sonolux.errors import SonoluxError
from sonolux.evaluation import known_item_media
from sonolux.evaluation.benchmarks import calibration, ingest, known_item, search
from sonolux.evaluation.benchmarks.calibration_media import Collection
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.library import Library


def report(name: str, cell: str) -> Report:
    return Report(name, name.title(), f"sonolux bench {name}", "About.", ("a", "b"), [[cell, "2"]], ["x: met"])


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    report("one", "first").write(page)
    report("two", r"back\slash").write(page)
    before = page.read_text()
    report("one", "second").write(page)
    assert page.read_text() == before.replace("| first |", "| second |")
    assert before.startswith("# Benchmarks\n")
    assert r"| back\slash | 2 |" in before


@pytest.mark.parametrize(
    ("reached", "at_most", "word"),
    [(0.70, False, "met"), (0.69, False, "missed"), (0.70, True, "met"), (0.71, True, "missed")],
)
def test_a_verdict_sets_the_target_beside_what_was_reached(reached: float, at_most: bool, word: str) -> None:
    line = compare_with_target("ratio", reached, 0.70, at_most=at_most)
    assert f"{reached:.2f}" in line
    assert "0.70 asked" in line
    assert word in line


@pytest.mark.long
def test_the_library_and_its_raw_engine_give_the_same_answers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    basis, centres = random.standard_normal((24, search.DIM)), random.standard_normal((50, 24))
    rows, asked = (search.draw_clustered(n, random, basis, centres) for n in (3000, 5))
    with Library(tmp_path / "l.sonolux") as library:
        search._fill(library, rows)
        for where, among in (({}, np.arange(3000)), (search.WHERE, np.arange(0, 3000, 2))):
            best = [among[i] for i in search._nearest(rows[among], asked)]
            measured = search._measure(search._ours(library, where), asked, best)
            assert [engine.recall for engine in measured] == pytest.approx([1, 1, 1, 1], abs=0.02)


def test_copies_are_images_of_contents_of_their_own(data: Path, tmp_path: Path) -> None:
    from PIL import Image

    originals = sorted((data / "imagenet_sample").glob("*.jpg"))[:3]
    ingest._copy(originals, tmp_path / "copies", 7)
    contents = {path.read_bytes() for path in (tmp_path / "copies").iterdir()}
    assert len(contents) == 7
    with Image.open(tmp_path / "copies" / "000000.jpg") as copy, Image.open(originals[0]) as original:
        assert copy.tobytes() == original.tobytes()


def test_what_add_does_is_measured_with_what_add_takes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(ingest.DEFAULT) == default_specs()[0], "this is what a new library has without a hub"
    monkeypatch.setattr(ingest, "ENLARGED", 4)
    monkeypatch.setattr(ingest, "SENTENCES", ingest.SENTENCES[:3])
    paths = [str(path) for path in sorted((data / "imagenet_sample").glob("*.jpg"))[:7]]
    took = ingest._questions(paths)
    assert took.keys() == {"sentence", "picture"} and min(took.values()) > 0
    assert ingest._encode_rate(paths[:4], ingest.DEFAULT) > 0, "those of sounds and texts are left out"


def test_photos_are_needed(tmp_path: Path) -> None:
    with pytest.raises(SonoluxError, match="no JPEG files"):
        ingest.benchmark_add(tmp_path)
    with pytest.raises(SonoluxError, match="900"):
        calibration.benchmark_calibration(tmp_path, [])


def test_calibration_of_pure_noise_is_right_and_versions_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "SPLITS", {300: 2})
    random = np.random.default_rng(0)

    def near(rows: np.ndarray) -> np.ndarray:
        moved = rows + 0.01 * random.standard_normal(rows.shape)
        return (moved / np.linalg.norm(moved, axis=-1, keepdims=True)).astype(np.float32)

    rows = near(random.standard_normal((400, 24)))
    many = near(np.repeat(rows[: calibration.COPIED, None], 60, axis=1))
    noise = Collection("noise", np.arange(400), {"chroma": rows}, {"chroma": near(rows)}, {"chroma": many})
    for share in (0.0, 0.2):
        tally = calibration.measure(noise, 300, share)["fused"]
        (tenth, _), (hundredth, _), _ = tally.ratios()
        assert (tenth, hundredth) == (pytest.approx(1, abs=0.3), pytest.approx(1, abs=0.5))
        assert tally.false <= tally.absent / 10
        assert tally.found == tally.there == (20 if share == 0 else 120)


def test_what_is_absent_shares_no_source_with_what_is_there(data: Path) -> None:
    there, elsewhere = known_item_media.find_material(data, np.random.default_rng(0))
    takes = [
        {path.stem.rpartition("-")[0] for path in part.recordings if "esc10" in path.parts}
        for part in (there, elsewhere)
    ]
    assert min(map(len, takes)) > 5
    assert not takes[0] & takes[1]
    assert len(there.recordings) + len(elsewhere.recordings) == 134


@pytest.mark.long
def test_known_items_are_asked_with_themselves(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_item, "COUNTS", {"video": 1, "medley": 1, "photo": 1, "text": 1})
    monkeypatch.setattr(known_item, "ABSENT", 1)
    for name, less in (("MEDLEY", 11), ("PIECES", 2), ("SCENES", (2, 3))):
        monkeypatch.setattr(known_item_media, name, less)
    report = known_item.benchmark_known_item(data, lambda _: None)
    itself = [row for row in report.rows if row[1] == "itself"]
    assert [row[2:4] for row in itself] == [["1", "1.00"]] * 4
    assert len(report.rows) == 4 + 3 + 4 + 3 + 4
