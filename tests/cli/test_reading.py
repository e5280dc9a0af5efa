from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rapidocr", reason="reading needs the extra ocr")

from media.test_pdf_pages import scan
from writing import SIGN, turned, written


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    written(size=(100, 100), lines=()).save(folder / "a.png")
    turned(written(), 90).save(folder / "b.png")
    scan(folder / "c.pdf", ["Invoice 2031"], [], ["total 88 euro"])
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.long
def test_one_block_a_file_in_the_order_of_reading(cli, pictures: Path) -> None:
    ran = cli("read", pictures)
    assert (ran.code, ran.err) == (0, "")
    empty, sign, document = ran.out.strip().split("\n\n")
    assert empty == "pictures/a.png\nno text"
    assert [line.split("  ")[1] for line in sign.splitlines()[1:]] == list(SIGN)
    assert [line.split("  ")[-2:][0] for line in document.splitlines()[1:]] == [
        "page 1", "Invoice 2031", "page 3", "total 88 euro",
    ]  # fmt: skip


@pytest.mark.long
def test_json_has_boxes_and_pages(cli, pictures: Path) -> None:
    records = cli("read", pictures, "--json").records
    assert [len(record["annotations"]) for record in records] == [0, 2, 2]
    last = records[2]["annotations"][1]
    assert (last["label"], last["kind"], last["start"], last["end"]) == ("total 88 euro", "text", 2, 3)
    assert all(0 <= edge <= 1 for edge in last["box"])


def test_bad_files_are_one_line_each(cli, pictures: Path) -> None:
    (pictures / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (pictures / "bad.pdf").write_bytes(b"%PDF-1.4\nnothing\n")
    ran = cli("read", pictures, "gone.png")
    assert ran.code == 3
    assert len(ran.err.splitlines()) == 3
    assert SIGN[0] in ran.out


def test_what_is_kept_is_found_and_filtered(cli, pictures: Path) -> None:
    cli("add", pictures)
    ran = cli("read", "--store")
    assert "3 read" in ran.out
    hit = cli("search", "invoice", "--json", "-k", "1").records[0]
    assert (Path(hit["path"]).name, hit["start"], hit["unit"]) == ("c.pdf", 0, "pages")
    listed = cli("list", "--where", "text~harbour street", "--json").records
    assert [Path(record["path"]).name for record in listed] == ["b.png"]
    assert "text (" in cli("show", pictures / "b.png").out
    assert "3 unchanged" in cli("read", "--store").out


def test_a_model_that_is_none(cli, pictures: Path) -> None:
    ran = cli("read", pictures, "--model", "nonsense")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
