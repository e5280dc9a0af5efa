"""``--check`` and ``--label`` of ``sonolux train``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sonolux as sx
from sonolux.errors import TrainingError
from sonolux.library.labelled import labelled_files
from sonolux.types import Modality

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{}</rdf:Bag></dc:subject></rdf:Description>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def photo(file: Path, seed: int, *keywords: str) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), np.uint8)
    block = XMP.format("".join(f"<rdf:li>{keyword}</rdf:li>" for keyword in keywords)) if keywords else ""
    Image.fromarray(pixels).save(file, "JPEG", quality=90, xmp=block.encode())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number in range(10):
        place = tmp_path / "pets" / ("cat", "dog")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        photo(place / f"{number}.jpg", number)
    (tmp_path / "pets" / "dog" / "twin.jpg").write_bytes((tmp_path / "pets" / "cat" / "0.jpg").read_bytes())
    (tmp_path / "pets" / "README").write_text("words")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pets"


def test_a_check_writes_a_page_and_a_table(cli, folder: Path) -> None:
    ran = cli("train", "labels", "--data", folder, "--check")
    assert ran.code == 3
    assert "left out: pets/README: is none of the pictures" in ran.err
    lines = ran.out.splitlines()
    assert lines[:2] == ["classes: dog 6, cat 5", "cat/0.jpg: cat, but the same as dog/twin.jpg, which is dog"]
    assert lines[-1] == "look: pets-check.html; mend: pets-check.csv, then train with --data pets-check.csv"
    assert Path("pets-check.html").is_file()
    ran = cli("train", "labels", "--data", "pets-check.csv", "--check", "--json")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert records[0]["finding"] == "conflict"
    assert records[0]["files"] == [str(folder / "cat" / "0.jpg"), str(folder / "dog" / "twin.jpg")]
    assert records[-1] == {"classes": {"cat": 5, "dog": 6}, "page": "pets-check-2.html", "table": "pets-check-2.csv"}


def test_a_check_says_what_it_needs(cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux import extras

    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    ran = cli("train", "labels", "--data", folder, "--check")
    assert (ran.code, ran.err) == (1, "sonolux: --check needs cleanlab: pip install 'sonolux[train]'\n")


def test_a_training_needs_a_folder(cli, folder: Path) -> None:
    ran = cli("train", "labels", "--data", folder)
    assert ran.code == 2
    assert "--out" in ran.err
    assert "--check" in ran.err


class TestLibrary:
    @pytest.fixture
    def library(self, tmp_path: Path) -> Path:
        (tmp_path / "photos").mkdir()
        for number in range(5):
            photo(tmp_path / "photos" / f"cat{number}.jpg", number, "cat", "pet")
            photo(tmp_path / "photos" / f"dog{number}.jpg", 10 + number, "dog", "pet")
        photo(tmp_path / "photos" / "both.jpg", 30, "cat", "dog")
        photo(tmp_path / "photos" / "none.jpg", 31)
        with sx.Library(tmp_path / "l.sonolux") as library:
            library.add(tmp_path / "photos", spaces=["bm25"])
            good, bad = tmp_path / "photos" / "cat0.jpg", tmp_path / "photos" / "dog0.jpg"
            library.judge(text="lovely", liked=[good], disliked=[bad])
        return tmp_path / "l.sonolux"

    def test_keywords_are_labels(self, library: Path) -> None:
        with sx.Library(library) as opened:
            found = labelled_files(opened, "meta.keywords=cat,dog", Modality.IMAGE)
            labels = {Path(path).stem: label for path, label in (found.labels or {}).items()}
            assert labels == {f"{kind}{number}": kind for kind in ("cat", "dog") for number in range(5)}
            assert found.notes == ("1 files without a label are left out", "1 files with several are left out")

    def test_judgements_are_labels(self, library: Path) -> None:
        with sx.Library(library) as opened:
            found = labelled_files(opened, "judged:lovely=liked,disliked", Modality.IMAGE)
            assert {Path(path).stem: label for path, label in (found.labels or {}).items()} == {
                "cat0": "liked", "dog0": "disliked",
            }  # fmt: skip

    @pytest.mark.parametrize(
        ("key", "why"),
        [("nothing", "no label nothing: there are artist"), ("rating", "no file has exactly one label"),
         ("keywords=bird", r"the values are pet \(10\), cat \(6\)")],
    )  # fmt: skip
    def test_what_labels_nothing(self, key: str, why: str, library: Path) -> None:
        with sx.Library(library) as opened, pytest.raises(TrainingError, match=why):
            labelled_files(opened, key, Modality.IMAGE)

    def test_the_command(self, cli, library: Path, folder: Path) -> None:
        ran = cli("train", "labels", "--data", library, "--check")
        assert (ran.code, "is a library: say with --label" in ran.err) == (1, True)
        ran = cli("train", "labels", "--data", folder, "--label", "keywords", "--check")
        assert (ran.code, "is no library" in ran.err) == (1, True)
        ran = cli("train", "labels", "--data", library, "--label", "keywords=cat,dog", "--check")
        assert ran.code == 0
        assert ran.out.startswith("classes: cat 5, dog 5\n")
