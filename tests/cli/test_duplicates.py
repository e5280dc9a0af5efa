from __future__ import annotations

from pathlib import Path

import pytest


def paths(group: dict) -> set[str]:
    return {Path(item["path"]).name for item in group["items"]}


@pytest.mark.usefixtures("copied")
def test_duplicates(cli, tmp_path: Path, sample: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_bytes((sample / "texts" / "coins.md").read_bytes())
    cli("add", copy)
    [exact] = cli("duplicates", "--copies", "--json").records
    assert (exact["kind"], exact["copies"], len(exact["items"])) == ("identical", True, 2)
    assert exact["keep"] == exact["items"][0]["path"] and exact["items"][1]["identical"]
    groups = cli("duplicates", "--json").records
    kinds = {frozenset(paths(group)): group for group in groups}
    small = kinds[frozenset({"coffee.jpg", "coffee_small.jpg"})]
    assert (small["kind"], Path(small["keep"]).name) == ("copies", "coffee.jpg")
    assert small["items"][1]["alterations"] == ["smaller"]
    assert kinds[frozenset({"motorcycle.jpg", "motorcycle_again.jpg"})]["kind"] == "similar"
    assert kinds[frozenset({"motorcycle.jpg", "motorcycle_again.jpg"})]["keep"] is None
    told = cli("duplicates")
    assert {"identical, byte for byte:", "copies:", "similar, no copies:"} <= set(told.lines)
    assert any(line.endswith("coffee_small.jpg: smaller") for line in told.lines)
    assert f"{len(groups)} groups: 1 identical" in told.err


@pytest.mark.usefixtures("copied")
def test_fast_finds_what_hashes_find(cli) -> None:
    groups = [paths(group) for group in cli("duplicates", "--fast", "--json").records]
    assert {"coffee.jpg", "coffee_small.jpg"} in groups


def test_no_duplicates_is_said(cli, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("only this")
    cli("add", tmp_path, "--space", "bm25")
    ran = cli("duplicates")
    assert (ran.out, ran.err) == ("", "no duplicates found\n")
    assert cli("duplicates", "--copies").err == "no copies found\n"


def test_files_that_cannot_be_looked_at_are_named(cli, tmp_path: Path, sample: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes((sample / "photos" / "coffee.jpg").read_bytes())
    cli("add", tmp_path, "--space", "colour-histogram")
    photo.write_bytes(b"\xff\xd8\xff broken")
    ran = cli("duplicates")
    assert ran.code == 3 and "not looked at: " in ran.err and "photo.jpg" in ran.err


def test_copies_are_skipped_and_named(cli, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "one.txt").write_text("the same words")
    (folder / "two.txt").write_text("the same words")
    ran = cli("add", folder, "--space", "bm25", "--skip-copies")
    assert ran.code == 0 and ran.out.startswith("1 added, 1 skipped in ")
    assert "skipped: " in ran.err and "two.txt: the same bytes as " in ran.err and "one.txt" in ran.err
    (folder / "three.txt").write_text("the same words")
    [summary] = cli("add", folder, "--skip-copies", "--json").records
    assert (summary["added"], summary["unchanged"], len(summary["skipped"])) == (0, 1, 2)
    assert cli("add", folder).out.startswith("2 added, 1 unchanged in ")
