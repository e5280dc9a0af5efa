"""A sidecar describes its file in the library, and is no item of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from making import RATE, write_wav
from sonolux.library import Library
from sonolux.library.annotation_payload import with_annotations
from sonolux.settings import settings
from sonolux.types import Annotation

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmp:Rating="4"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>{keyword}</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
SPACES = ["bm25"]


def takeout(**more: object) -> str:
    said = {"title": "b.jpg", "description": "A gannet &amp; a razorbill", "favorited": True} | more
    said["photoTakenTime"] = {"timestamp": "1700000000"}
    said["geoData"] = {"latitude": 54.1, "longitude": -0.1, "altitude": 0.0}
    return json.dumps(said | {"people": [{"name": "Ada Lovelace"}]})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SONOLUX_WORKERS", "1")
    settings.cache_clear()
    root = tmp_path / "photos"
    root.mkdir()
    for number, name in enumerate(("a.jpg", "b.jpg")):
        PIL.Image.new("RGB", (32, 24), (90 * number, 120, 40)).save(root / name)
    (root / "a.jpg.xmp").write_text(XMP.format(title="Flamborough", keyword="kittiwake"))
    (root / "b.jpg.supplemental-metadata.json").write_text(takeout())
    return root


def found(library: Library, words: str) -> list[str]:
    return [Path(hit.path).name for hit in library.search(words)]


def test_sidecars_find_their_files_and_are_no_items(folder: Path, tmp_path: Path) -> None:
    write_wav(folder / "c.wav", np.zeros(12 * RATE))
    (folder / "c.xmp").write_text(XMP.format(title="Seabirds", keyword="puffin"))
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(folder, spaces=SPACES)
        assert (summary.added, summary.failed) == (3, [])
        assert (found(library, "kittiwake"), found(library, "razorbill"), found(library, "puffin")) == (
            ["a.jpg"],
            ["b.jpg"],
            ["c.wav"],
        )
        a, b = (library.item(folder / name).metadata for name in ("a.jpg", "b.jpg"))
        assert (a["title"], a["keywords"], a["rating"]) == ("Flamborough", ["kittiwake"], 4.0)
        assert (b["description"], "title" in b) == ("A gannet & a razorbill", False)
        assert (b["date"], b["latitude"], b["longitude"]) == ("2023-11-14T22:13:20+00:00", 54.1, -0.1)
        assert (b["keywords"], b["rating"]) == (["Ada Lovelace"], 5.0)
        assert "sidecars" not in b
        assert library.add(folder).unchanged == 3
        (folder / "c.xmp").write_text(XMP.format(title="Shearwaters", keyword="puffin"))
        assert library.add(folder).updated == 1
        spans = library.spans_of(library.item(folder / "c.wav").id)
        assert [span.metadata["title"] for span in spans] == ["Shearwaters"] * len(spans) != []
        assert spans[0].metadata["duration"] == 12.0


def test_changed_new_and_deleted_sidecars_update_their_files(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        item = library.item(folder / "a.jpg")
        library.index.set_payload([item.id], with_annotations([Annotation("by hand", "cliff face", 1.0)]))
        (folder / "a.jpg.xmp").write_text(XMP.format(title="Bempton", keyword="fulmar"))
        summary = library.add(folder)
        assert (summary.updated, summary.unchanged, summary.added) == (1, 1, 0)
        assert (found(library, "fulmar"), found(library, "kittiwake")) == (["a.jpg"], [])
        assert library.item(folder / "a.jpg").id == item.id
        assert found(library, "cliff face") == ["a.jpg"]
        assert [said.label for said in library.annotations(item.id)] == ["cliff face"]
        (folder / "a.jpg.xmp").unlink()
        assert library.add(folder).updated == 1
        assert (found(library, "fulmar"), "title" in library.item(folder / "a.jpg").metadata) == ([], False)
        (folder / "a.xmp").write_text(XMP.format(title="Bempton", keyword="guillemot"))
        assert library.add(folder).updated == 1
        assert found(library, "guillemot") == ["a.jpg"]
        assert library.add(folder / "a.xmp").unchanged == 1


def test_a_date_that_a_sidecar_no_longer_says_is_gone(folder: Path, tmp_path: Path) -> None:
    dated = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="{}"/></rdf:RDF></x:xmpmeta>'
    )
    sidecar = folder / "a.jpg.xmp"
    with Library(tmp_path / "l.sonolux") as library:
        for said, days in (("2024-05-17T23:30:00+10:00", ["2024-05-17"]), ("2021-03-04T10:00:00Z", ["2021-03-04"])):
            sidecar.write_text(dated.format(said))
            library.add(folder, spaces=SPACES)
            assert [day for day in ("2024-05-17", "2021-03-04") if any(library.items({"date": day}))] == days
        sidecar.unlink()
        library.add(folder)
        assert not [day for day in ("2024-05-17", "2021-03-04") if any(library.items({"date": day}))]


def test_a_moved_file_takes_its_sidecar_along(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        shutil.move(folder / "a.jpg", folder / "z.jpg")
        shutil.move(folder / "a.jpg.xmp", folder / "z.jpg.xmp")
        summary = library.add(folder)
        assert (summary.moved, summary.updated, summary.unchanged) == (1, 0, 1)
        assert found(library, "kittiwake") == ["z.jpg"]
        (tmp_path / "links").mkdir()
        (tmp_path / "links" / "link.jpg").symlink_to(folder / "z.jpg")
        assert library.add(tmp_path / "links").updated == 0
        shutil.move(folder / "z.jpg", folder / "y.jpg")
        assert library.add(folder).moved == 1
        assert "title" not in library.item(folder / "y.jpg").metadata


def test_a_text_becomes_a_sidecar_when_its_file_comes(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder / "a.jpg", tmp_path / "a.jpg")
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(folder, spaces=SPACES).added == 2
        shutil.move(tmp_path / "a.jpg", folder / "a.jpg")
        summary = library.add(folder)
        assert (summary.added, summary.removed) == (1, 1)
        assert found(library, "kittiwake") == ["a.jpg"]
        assert library.info()["files"] == 2


def test_an_item_that_becomes_a_sidecar_leaves_no_judgement_behind(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder / "a.jpg", tmp_path / "a.jpg")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=SPACES)
        library.judge(text="cliffs", liked=[folder / "a.jpg.xmp", folder / "b.jpg"])
        changes = library.manifest.changes
        shutil.move(tmp_path / "a.jpg", folder / "a.jpg")
        library.add(folder)
        assert [one.item for one in library.feedback.all()] == [library.item(folder / "b.jpg").id]
        assert library.manifest.changes == changes + 2, "one item came and one went"


def test_damaged_and_hostile_sidecars_cost_nothing(folder: Path, tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for number, text in enumerate((bomb, "<x" * 50_000, "<a>" * 100_000, "\x00\x01", "<rdf:RDF>", "")):
        shutil.copy(folder / "a.jpg", folder / f"n{number}.jpg")
        (folder / f"n{number}.xmp").write_text(text)
    for number, text in enumerate(
        ('{"photoTakenTime":' + "[" * 100_000, '{"photoTakenTime": [], "title": 3, "people": {}}', '["photoTakenTime"]')
    ):
        shutil.copy(folder / "a.jpg", folder / f"m{number}.jpg")
        (folder / f"m{number}.jpg.json").write_text(text)
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(folder, spaces=SPACES)
        assert (summary.added, summary.failed) == (11, [])
