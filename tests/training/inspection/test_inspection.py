"""Data looked at before it is learned from: what is found, the page, and the table to mend by."""

from __future__ import annotations

import csv
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from making import RATE, write_wav
from sonolux.errors import TrainingError
from sonolux.training.data.images import read_images
from sonolux.training.data.listed import list_files
from sonolux.training.data.sounds import make_sound_input, read_sounds
from sonolux.training.inspection.doubts import doubt_labels, far_items
from sonolux.training.inspection.findings import (
    BLANK,
    CONFLICT,
    COPIES,
    DOUBT,
    NAMES,
    Inspection,
    inspect_items,
    summary,
)
from sonolux.training.inspection.mending import free_files, write_table
from sonolux.training.inspection.page import write_inspection


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with something wrong of every kind: two classes of colours, a class whose name is markup."""
    random = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("faulty")
    for name, colour in (("red", (200, 40, 40)), ("Red", (210, 60, 30)), ("<b>sea", (20, 60, 200))):
        (root / name).mkdir()
        for number in range(10):
            pixels = np.clip(random.normal(0, 40, (40, 40, 1)) + np.array(colour), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    shutil.copy(root / "red" / "0.png", root / "<b>sea" / "copy.png")
    shutil.copy(root / "red" / "1.png", root / "red" / "again.png")
    Image.new("RGB", (40, 40), (255, 255, 255)).save(root / "red" / "blank.png")
    (root / "notes.txt").write_text("words")
    return root


@pytest.fixture(scope="module")
def inspection(faulty: Path) -> Inspection:
    return inspect_items(read_images(faulty, 64))


def files(inspection: Inspection, kind: str) -> list[set[str]]:
    paths = [Path(path) for path in inspection.items.paths]
    return [{f"{paths[row].parent.name}/{paths[row].name}" for row in one.rows} for one in inspection.of(kind)]


def test_what_is_wrong_is_found(inspection: Inspection) -> None:
    assert files(inspection, CONFLICT) == [{"<b>sea/copy.png", "red/0.png"}]
    assert files(inspection, COPIES) == [{"red/1.png", "red/again.png"}]
    assert files(inspection, BLANK) == [{"red/blank.png"}]
    assert [one.reason for one in inspection.of(NAMES)] == [
        "classes Red and red differ by case, accents or spaces alone: are they one?"
    ]
    lines = summary(inspection)
    assert lines[0] == "classes: red 12, <b>sea 11, Red 10"
    assert lines[1] == "<b>sea/copy.png: <b>sea, but the same as red/0.png, which is red"
    assert lines[-1] == "1 of the pictures repeats others of their class: they count, and stay on one side"


class Page(HTMLParser):
    """Which elements a page has, and what they load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_page_needs_no_network_and_runs_nothing(inspection: Inspection, tmp_path: Path) -> None:
    write_inspection(inspection, tmp_path / "p.html", "p.csv")
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert "b" not in page.tags
    assert "script" not in page.tags
    assert all(source.startswith(("data:image/jpeg;base64,", "file:///")) for source in page.sources)
    assert sum(source.startswith("data:") for source in page.sources) >= 4
    for told in ("33 pictures, 3 classes", "notes.txt", "is none of the pictures", "In two classes: 1", "&lt;b&gt;sea"):
        assert told in text
    assert text.index("In two classes") < text.index("Classes alike by name") < text.index("More than once")


def test_the_table_is_worst_first_and_trains_once_mended(inspection: Inspection, tmp_path: Path) -> None:
    table = tmp_path / "m.csv"
    write_table(inspection, table)
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["path", "label", "instead", "finding"]
    assert {Path(row[0]).name for row in rows[1:3]} == {"copy.png", "0.png"}
    assert len(rows) == 34
    for row in rows[1:]:
        row[1] = "" if row[0].endswith("/copy.png") else row[1].lower()
    with table.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    found = list_files(table)
    assert len(found.paths) == 32
    assert sorted(set(found.labels.values())) == ["<b>sea", "red"]
    assert [one.reason.split(": ")[0] for one in found.failed] == [f"line {2 + [r[1] for r in rows[1:]].index('')}"]


def test_a_table_that_was_edited_is_not_written_over(inspection: Inspection, tmp_path: Path) -> None:
    page, table = free_files(Path("pets"), tmp_path)
    assert (page.name, table.name) == ("pets-check.html", "pets-check.csv")
    table.write_text("edited")
    assert free_files(Path("pets"), tmp_path)[1].name == "pets-check-2.csv"
    assert free_files(table, tmp_path)[1].name == "pets-check-2.csv"
    with pytest.raises(TrainingError, match="cannot be written"):
        write_table(inspection, table)
    assert table.read_text() == "edited"


def test_labels_that_look_like_formulas_stay_labels(tmp_path: Path) -> None:
    for name in ("=cmd()", "+1"):
        (tmp_path / name).mkdir()
        for number in range(5):
            pixels = np.random.default_rng(number + len(name)).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    write_table(inspect_items(read_images(tmp_path, 16), thorough=False), tmp_path / "m.csv")
    assert ",'=cmd()," in (tmp_path / "m.csv").read_text(encoding="utf-8-sig")
    assert sorted(set((list_files(tmp_path / "m.csv").labels or {}).values())) == ["+1", "=cmd()"]


class TestDoubts:
    def made(self, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        labels = np.repeat(np.arange(3), 30)
        rows = random.standard_normal((90, 8)) + 3 * np.eye(8)[labels]
        return rows.astype(np.float32), labels

    @pytest.mark.parametrize("seed", range(3))
    def test_wrong_labels_are_doubted_first(self, seed: int) -> None:
        rows, labels = self.made(seed)
        wrong = np.random.default_rng(seed).choice(90, 6, replace=False)
        told = labels.copy()
        told[wrong] = (told[wrong] + 1) % 3
        doubts = doubt_labels(rows, told)
        first = doubts.doubted[:6]
        assert len({row for row, _ in first} & set(wrong.tolist())) >= 5
        assert sum(label == labels[row] for row, label in first if row in wrong) >= 4

    def test_labels_at_random_raise_no_doubts(self) -> None:
        rows, labels = self.made()
        doubts = doubt_labels(rows, np.random.default_rng(1).permutation(labels))
        assert doubts.accuracy < 0.5
        assert doubts.doubted == ()

    def test_copies_do_not_vouch_for_each_other(self) -> None:
        rows, labels = self.made()
        rows[5], labels[5] = rows[40], 0
        rows[6], labels[6] = rows[40], 0
        doubts = doubt_labels(rows, labels, [(5, 6)])
        assert {5, 6} <= {row for row, _ in doubts.doubted}

    def test_too_few_of_a_class_are_not_judged(self) -> None:
        rows, labels = self.made()
        assert doubt_labels(rows[:31], labels[:31]) is None

    def test_what_is_far_from_all_others(self) -> None:
        rows, _ = self.made()
        rows[17] += 20
        assert [row for row, _ in far_items(rows)] == [17]
        assert far_items(rows[:9]) == []


def test_sounds(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for kind in ("hum", "hiss"):
        for number in range(8):
            time = np.arange(RATE // 2) / RATE
            hum = np.sin(2 * np.pi * random.uniform(200, 300) * time) + 0.05 * random.standard_normal(len(time))
            sound = 0.3 * (hum if kind == "hum" else random.standard_normal(len(time)))
            (tmp_path / kind).mkdir(exist_ok=True)
            write_wav(tmp_path / kind / f"{number}.wav", sound)
    (tmp_path / "hum" / "7.wav").rename(tmp_path / "hiss" / "wrong.wav")
    inspection = inspect_items(read_sounds(tmp_path, make_sound_input(8_000)))
    assert files(inspection, DOUBT)[0] == {"hiss/wrong.wav"}
    assert inspection.of(DOUBT)[0].instead == "hum"
    write_inspection(inspection, tmp_path / "p.html", "p.csv")
    assert '<audio controls preload="none" src="data:audio/' in (tmp_path / "p.html").read_text()
