from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("copied")


def test_remove_files_and_folders(cli, sample: Path) -> None:
    assert cli("remove", sample / "texts").out == "6 removed\n"
    item = cli("list", "--json", "-k", 1).records[0]
    assert cli("remove", item["id"], "--json").records == [{"removed": 1}]
    assert item["id"] not in [record["id"] for record in cli("list", "--json").records]


def test_remove_refuses_strangers_and_removes_nothing(cli, sample: Path) -> None:
    before = cli("info", "--json").records
    ran = cli("remove", sample / "texts", "nothing")
    assert ran.code == 1 and "nothing is no file's id, file or folder" in ran.err
    assert cli("info", "--json").records == before


def test_export(cli, tmp_path: Path) -> None:
    ran = cli("export", tmp_path / "out", "--space", "hog", "--json")
    lines = (tmp_path / "out" / "items.jsonl").read_text().splitlines()
    assert ran.records == [{"items": len(lines), "folder": str(tmp_path / "out")}]
    assert np.load(tmp_path / "out" / "hog.npy").shape[0] == cli("info", "--json").records[0]["spaces"]["hog"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["hog.ids.txt", "hog.npy", "items.jsonl"]
    assert all(json.loads(line)["id"] for line in lines)


def test_export_keeps_what_is_there(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    ran = cli("export", tmp_path)
    assert ran.code == 1 and "is not empty" in ran.err
    assert cli("export", tmp_path / "mine.txt").code == 1


def test_spaces_and_dropping_one(cli) -> None:
    spaces = {space["space"]: space for space in cli("spaces", "--json").records}
    assert list(spaces["hog"]) == ["space", "kind", "metric", "dim", "count", "encoders"]
    assert spaces["hog"]["encoders"][0]["modality"] == "image" and len(spaces["hog"]["encoders"][0]["digest"]) == 12
    assert cli("spaces").lines[0].split()[:3] == ["space", "kind", "metric"]
    ran = cli("spaces", "--drop", "hog", "--json")
    assert ran.err == "dropped hog\n" and {space["space"] for space in ran.records} == spaces.keys() - {"hog"}
    assert cli("spaces", "--drop", "hog").code == 1
    ran = cli("spaces", "--drop", "mfcc", "--drop", "chroma", "--json")
    assert {space["space"] for space in ran.records} == spaces.keys() - {"hog", "mfcc", "chroma"}
