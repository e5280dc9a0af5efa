from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from sonolux.cli.adding import FAILURES_SHOWN, report
from sonolux.cli.output import Output
from sonolux.library import Library, Summary
from sonolux.types import Failure


def test_a_new_library_says_what_it_encodes_with_and_why(cli, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a boat on the lake")
    first, second = cli("add", tmp_path), cli("add", tmp_path)
    assert (first.code, first.lines) == (0, [first.lines[0]])
    assert first.out.startswith("1 added in ")
    assert "new library" in first.err and "colour-histogram" in first.err
    assert second.out.startswith("1 unchanged in ") and second.err == ""


def test_chosen_spaces_are_taken_alone(cli, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a boat on the lake")
    ran = cli("add", tmp_path, "--space", "bm25", "--space", "hog")
    assert ran.err == ""
    assert [space["space"] for space in cli("spaces", "--json").records] == ["bm25", "hog"]


def test_quiet_says_only_what_failed(cli, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    ran = cli("add", tmp_path, "--quiet")
    assert ran.code == 3
    assert ran.err.splitlines() == [line for line in ran.err.splitlines() if line.startswith("failed: ")]
    assert "empty.txt" in ran.err and ran.out.startswith("1 failed in ")


def test_json_is_one_summary_and_nothing_on_stderr_but_the_encoders(cli, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    ran = cli("add", tmp_path, "--json", "--quiet")
    assert (ran.code, len(ran.records), ran.err) == (3, 1, "")


def test_prune_of_an_emptied_folder_is_refused(cli, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "ash.txt").write_text("ash")
    cli("add", mount, "--space", "bm25")
    (mount / "ash.txt").unlink()
    refused = cli("add", mount, "--prune")
    assert refused.code == 3
    assert f"failed: {mount}: held 1 file and is empty now: is a drive not mounted?" in refused.err
    assert f"sonolux remove {mount}" in refused.err
    assert cli("info", "--json").records[0]["files"] == 1
    assert cli("remove", mount).code == 0


def test_prune_removes_what_is_gone(cli, tmp_path: Path) -> None:
    for name in ("stays", "goes"):
        (tmp_path / f"{name}.txt").write_text(f"this one {name}")
    cli("add", tmp_path, "--space", "bm25")
    (tmp_path / "goes.txt").unlink()
    assert cli("add", tmp_path, "--json").records[0]["removed"] == 0
    assert cli("add", tmp_path, "--json", "--prune").records[0]["removed"] == 1
    assert len(cli("list", "--json").records) == 1


def test_failures_are_capped_for_people_and_whole_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary(failed=[Failure(f"/media/{n}", "is empty") for n in range(FAILURES_SHOWN + 5)])
    report(asdict(summary), Output())
    err = capsys.readouterr().err.splitlines()
    assert len(err) == FAILURES_SHOWN + 1
    assert "5 more failed" in err[-1]
    report(asdict(summary), Output(as_json=True))
    assert capsys.readouterr().out.count("is empty") == FAILURES_SHOWN + 5


def test_files_read_in_part_are_named_and_counted(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = Summary(added=2, partly=[Failure("/media/song.mp3", "breaks off after 4.0 s of 10.0 s")])
    monkeypatch.setattr(Library, "add", lambda *_, **__: summary)
    ran = cli("add", tmp_path, "--space", "bm25")
    assert (ran.code, ran.err) == (3, "partly read: /media/song.mp3: breaks off after 4.0 s of 10.0 s\n")
    assert ran.out.startswith("2 added, 1 partly read in ")
    assert cli("add", tmp_path, "--space", "bm25", "--json").records[0]["partly"] == [
        {"path": "/media/song.mp3", "reason": "breaks off after 4.0 s of 10.0 s"}
    ]


def test_interrupt_is_code_130_with_a_word_of_comfort(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> Summary:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "add", interrupted)
    ran = cli("add", tmp_path)
    assert ran.code == 130
    assert "what was added is kept" in ran.err


def test_a_terminal_sees_progress(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"note {number}")
    monkeypatch.setattr(Output, "lively", True)
    ran = cli("add", tmp_path, "--space", "bm25", "--json")
    assert "3/3" in ran.err
    assert ran.records[0]["added"] == 3
