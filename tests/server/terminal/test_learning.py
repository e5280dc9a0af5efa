"""`sonolux train factors` where a service holds the library: interrupts, cancelling, and progress."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import run, serving
from sonolux.cli.output import Output
from sonolux.cli.warm import following, learning
from sonolux.cli.warm.service import Service
from sonolux.library import Library

LONG = ("--set", "iterations=10000000")


@pytest.fixture(scope="module")
def location(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(filled, tmp_path_factory.mktemp("learning") / "library.sonolux"))
    with Library(made) as library:
        items = [item.id for item in library.items()][:6]
        for number in range(4):
            library.interact(f"user {number}", *items[number : number + 3], at=1.7e9)
    return made


@pytest.fixture(scope="module")
def service(location: Path) -> Iterator[Service]:
    with serving(location) as service:
        yield service


def ended(service: Service) -> str:
    newest = service.ask("GET", "jobs", limit=1)["jobs"][0]["id"]
    until = time.monotonic() + 60
    while (state := service.ask("GET", f"jobs/{newest}")["state"]) in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.1)
    return str(state)


def test_an_interrupt_cancels_the_job_and_says_so(service: Service, location: Path) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following.time, "sleep", interrupt)
        ran = run("train", "factors", "--library", location, *LONG)
    assert (ran.code, ran.out) == (130, "")
    assert "the job is cancelled, and factors stay as they were" in ran.err
    assert ended(service) == "cancelled"
    again = run("train", "factors", "--library", location, "--factors", "2")
    assert again.out == "6 items of 6 in space factors (2 numbers), from 12 interactions of 4 users, in N s\n"


def test_somebody_who_cancels_is_told_of(service: Service, location: Path) -> None:
    patch = pytest.MonkeyPatch()

    def cancel(_: float) -> None:
        patch.undo()
        job = service.ask("GET", "jobs", limit=1)["jobs"][0]
        service.ask("DELETE", f"jobs/{job['id']}")

    patch.setattr(following.time, "sleep", cancel)
    ran = run("train", "factors", "--library", location, *LONG)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "sonolux: somebody has cancelled it: factors stay as they were\n"


def test_who_watches_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    summary = dict.fromkeys(("users", "items", "interactions", "factors", "written", "seconds", "failed"), 1)
    looks: list[dict[str, Any]] = [
        {"phase": "", "state": "queued", "done": 0, "total": None, "summary": None},
        {"phase": "learning", "state": "running", "done": 3, "total": 12, "summary": None},
        {"phase": "learning", "state": "done", "done": 12, "total": 12, "summary": summary},
    ]
    monkeypatch.setattr(learning, "job_looks", lambda *_: iter(looks))
    monkeypatch.setattr(Service, "ask", lambda *_, **__: {"id": "x"})
    told: list[tuple[float, str]] = []
    done = learning.factors_by_service(
        service, {}, Output(), lambda share, line: told.append((share, line)), update=False
    )
    assert told == [(0.25, "learning"), (1.0, "learning")]
    assert "failed" not in done and done["written"] == 1
