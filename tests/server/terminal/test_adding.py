"""`sonolux add` where a service holds the library: a job of any folder, for whoever serves it and nobody else."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import Ran, run, serving
from sonolux.cli.output import Output
from sonolux.cli.warm import adding, following
from sonolux.cli.warm.service import Service

PLAIN = ("--no-labels", "--no-fingerprints")
BROKEN = os.fsdecode(b"broken \xff.jpg")


@pytest.fixture(scope="module")
def locations(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two copies of a library."""
    folder = tmp_path_factory.mktemp("adding")
    alone, served = (Path(shutil.copytree(filled, folder / f"{name}.sonolux")) for name in ("alone", "served"))
    return alone, served


@pytest.fixture(scope="module")
def service(locations: tuple[Path, Path]) -> Iterator[Service]:
    with serving(locations[1]) as service:
        yield service


def steps(location: Path, folder: Path, sample: Path) -> list[Ran]:
    """Add a folder, add it again, changed, and with one more space."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "in").mkdir(parents=True)
    shutil.copy(sample / "photos" / "cat.jpg", folder / "cat.jpg")
    (folder / "note.txt").write_text("Seven herons stand in the reeds.")
    (folder / "in" / BROKEN).write_bytes(b"\xff\xd8\xff\xe0 no picture")
    told = [run("add", "--library", location, folder, *PLAIN)]
    (folder / "note.txt").unlink()
    (folder / "in" / BROKEN).unlink()
    (folder / "other.txt").write_text("Eight herons.")
    shutil.copy(folder / "other.txt", folder / "same.txt")
    told += [run("add", "--library", location, folder, *PLAIN, "--json", "--skip-copies")]
    told += [run("add", "--library", location, folder, *PLAIN, "--prune", "--space", "hog")]
    shutil.copy(folder / "other.txt", folder / "third.txt")
    told += [run("add", "--library", location, folder, *PLAIN, "--skip-copies")]
    return [*told, run("add", "--library", location, folder / "none", folder, *PLAIN)]


def test_additions_are_told_the_same(
    service: Service, locations: tuple[Path, Path], tmp_path: Path, sample: Path
) -> None:
    alone, served = (steps(location, tmp_path / "new", sample) for location in locations)
    assert alone == served
    first, again, pruned, copies, _ = served
    assert (first.code, again.code, pruned.code) == (3, 0, 0)
    assert first.out == "2 added, 1 failed in N s\n"
    assert first.err.startswith("failed: ") and r"broken \xff.jpg" in first.err
    summary = json.loads(again.out.replace("N s", "0"))
    assert (summary["added"], summary["skipped"][0]["path"]) == (1, str(tmp_path / "new" / "same.txt"))
    assert "1 removed" in pruned.out
    assert "1 skipped" in copies.out and "third.txt" in copies.err
    assert service.ask("GET", "info")["spaces"]["hog"] > 0


def test_failures_come_whole(service: Service, locations: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / BROKEN).write_bytes(b"\xff\xd8\xff\xe0 no picture")
    ran = run("add", "--library", locations[1], tmp_path, *PLAIN, "--json")
    [failure] = json.loads(ran.out.replace("N s", "0"))["failed"]
    assert (ran.code, failure["path"]) == (3, str(tmp_path / BROKEN))
    assert any(job["failed"] for job in service.ask("GET", "jobs")["jobs"])


def test_an_interrupt_cancels_the_job_and_says_so(
    service: Service, locations: tuple[Path, Path], tmp_path: Path
) -> None:
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text(f"Note {number} is about {number}.")

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following.time, "sleep", interrupt)
        ran = run("add", "--library", locations[1], tmp_path, *PLAIN)
    assert (ran.code, ran.out) == (130, "")
    assert "the job is cancelled" in ran.err and "goes on from there" in ran.err
    newest = service.ask("GET", "jobs", limit=1)["jobs"][0]["id"]
    until = time.monotonic() + 60
    while (state := service.ask("GET", f"jobs/{newest}")["state"]) in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert state == "cancelled"
    again = run("add", "--library", locations[1], tmp_path, *PLAIN)
    assert again.code == 0 and again.out.endswith("in N s\n")


def test_somebody_who_cancels_is_told_of(service: Service, locations: tuple[Path, Path], tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text(f"Heron {number} is not {number + 1}.")

    patch = pytest.MonkeyPatch()

    def cancel(_: float) -> None:
        patch.undo()
        job = service.ask("GET", "jobs", limit=1)["jobs"][0]
        service.ask("DELETE", f"jobs/{job['id']}")

    patch.setattr(following.time, "sleep", cancel)
    ran = run("add", "--library", locations[1], tmp_path, *PLAIN)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("sonolux: somebody has cancelled it")


def test_a_terminal_sees_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], service: Service
) -> None:
    looks = [
        {"phase": phase, "state": state, "done": done, "total": total, "current": ""}
        for phase, state, done, total in [
            ("counting", "running", 1, None), ("adding", "running", 3, 3), ("listening", "running", 2, 5),
            ("listening", "done", 5, 5),
        ]
    ]  # fmt: skip
    monkeypatch.setattr(Output, "lively", True)
    monkeypatch.setattr(adding, "job_looks", lambda *_: iter(looks))
    assert adding._followed(service, "x", Output())["state"] == "done"
    drawn = capsys.readouterr().err
    assert "3/3" in drawn and "5/5" in drawn


def test_encoders_of_this_folder_are_named_so_that_another_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("taste", "hog"):
        (tmp_path / name).mkdir()
    given = ["taste", "taste@layer4:max", "hog", "bm25", "org/name", "./hog"]
    assert [adding._as_elsewhere(spec) for spec in given] == [
        str(tmp_path / "taste"), f"{tmp_path / 'taste'}@layer4:max", "hog", "bm25", "org/name", str(tmp_path / "hog"),
    ]  # fmt: skip
