"""What is added on Ray is what is added here, whatever is lost meanwhile; where there is no Ray, one line says so."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import rays
from commands import run
from contracts.executor_contract import alike
from making import tone, write_wav
from ray_additions import SPACES, run_alone
from sonolux.errors import LibraryError, SonoluxError
from sonolux.library import Library, Summary
from sonolux.media.workers.ray_cluster import RayCluster
from sonolux.sample import write_sample


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCluster]:
    with rays.local_ray(tmp_path_factory.mktemp("ray")) as cluster:
        yield cluster


def write_files(folder: Path, n: int) -> Path:
    """Write small images, sounds of several windows, texts, and one file that is damaged."""
    from PIL import Image

    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(n - 1):
        if number % 10 < 7:
            Image.fromarray(rng.integers(0, 255, (200, 300, 3), np.uint8)).save(folder / f"{number:03}.png")
        elif number % 10 < 8:
            write_wav(folder / f"{number:03}.wav", tone(200 + number, 13))
        else:
            (folder / f"{number:03}.txt").write_text(f"text number {number}")
    (folder / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


def told(summary: Summary) -> dict[str, object]:
    """Return what a summary says, but for the time."""
    names = ("added", "updated", "moved", "unchanged", "removed", "fingerprinted")
    lists = {name: sorted(getattr(summary, name), key=lambda one: one.path) for name in ("failed", "partly", "skipped")}
    return {**{name: getattr(summary, name) for name in names}, **lists}


def held(library: Library) -> dict[str, tuple[dict[str, object], dict[str, object]]]:
    """Return payload and descriptors of each item, but for what is drawn or counted."""
    found = {}
    for point in library.index.scroll(spaces=library.spaces.names()):
        own = {key: value for key, value in point.payload.items() if key not in ("file", "added")}
        found[f"{own['path']} {own['kind']} {own.get('start')} {own.get('region')}"] = (own, point.vectors)
    return found


def nearly_equal(one: object, other: object) -> bool:
    """Tell whether two payloads are equal, but for what numbers of networks owe to the batch."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(nearly_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(nearly_equal, one, other))
    return abs(one - other) < 1e-5 if isinstance(one, float) and isinstance(other, float) else one == other


def assert_same(one: Path, other: Path) -> None:
    """Assert that two libraries hold the same items, each once, with the same descriptors."""
    with Library(one) as here, Library(other) as there:
        expected, found = held(here), held(there)
        assert len(found) == there.index.count() and expected.keys() == found.keys()
    for item, (payload, vectors) in expected.items():
        assert nearly_equal(payload, found[item][0]), item
        assert vectors.keys() == found[item][1].keys()
        assert all(alike(vector, found[item][1][space], 1e-5) for space, vector in vectors.items()), item


@pytest.mark.parametrize("learned", [(), pytest.param(("photo", "sentences"), marks=pytest.mark.long)])
def test_what_is_added_on_ray_is_what_is_added_here(
    learned: tuple[str, ...], cluster: RayCluster, tmp_path: Path
) -> None:
    write_sample(tmp_path / "things")
    (tmp_path / "things" / "broken.jpg").write_bytes(b"\xff\xd8\xff no image")
    options = {"spaces": ["colour-layout", "mfcc", "bm25", *learned], "skip_copies": True}
    done: dict[str | None, list[tuple[int, str]]] = {None: [], "ray": []}
    summaries = []
    for on, heard in done.items():
        with Library(tmp_path / f"{on}.sonolux") as library:
            summary = library.add(
                tmp_path / "things", **options, on=on, progress=lambda *told, heard=heard: heard.append(told)
            )
            summaries.append(told(summary))
            again = library.add(tmp_path / "things", skip_copies=True, on=on)
            assert (again.added, again.updated) == (0, 0)
    assert summaries[0] == summaries[1] and summaries[0]["added"] > 30 and len(summaries[0]["failed"]) == 1
    assert [number for number, _ in done["ray"]] == [number for number, _ in done[None]]
    assert {path for _, path in done["ray"]} == {path for _, path in done[None]}
    assert_same(tmp_path / "None.sonolux", tmp_path / "ray.sonolux")


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("127.0.0.1:1", r"no Ray head answers at RAY_ADDRESS=127\.0\.0\.1:1 \(Connection refused\): start it with"),
        ("ray://127.0.0.1:10001", r"RAY_ADDRESS=ray://127\.0\.0\.1:10001 names no head: write host:port"),
        ("127.0.0.1:99999", r"no Ray head answers at RAY_ADDRESS=127\.0\.0\.1:99999 \("),
        ("somewhere", r"RAY_ADDRESS=somewhere names no head"),
    ],
)
def test_a_head_that_is_gone_is_one_line_and_makes_no_library(
    address: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ADDRESS", address)
    (tmp_path / "a.txt").write_text("a")
    with Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(SonoluxError, match=f"^{line}") as refused:
            library.add(tmp_path / "a.txt", spaces=["bm25"], on="ray")
        assert not library.exists() and "\n" not in str(refused.value)


def test_work_on_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(LibraryError, match=r"^there is no work on 'spark': on='ray', or None for this machine$"):
            library.add(tmp_path / "a.txt", on="spark")
        assert not library.exists()
    ran = run("add", str(tmp_path / "a.txt"), "--on", "spark")
    assert ran.code == 2 and "--on" in ran.err


def test_without_ray_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "a.txt").write_text("a")
    with Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(SonoluxError, match=r"^work on Ray needs ray: pip install 'sonolux\[ray\]'$"):
            library.add(tmp_path / "a.txt", on="ray")
        assert not library.exists()


@pytest.mark.long
@pytest.mark.parametrize("what", ["nodes", "workers"])
def test_what_is_lost_meanwhile_costs_no_file(what: str, tmp_path: Path) -> None:
    folder = write_files(tmp_path / "files", 120)
    ran = run_alone(what, folder, tmp_path / "ray.sonolux")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert summary["added"] == 119 and [one["path"] for one in summary["failed"]] == [str(folder / "damaged.png")]
    with Library(tmp_path / "here.sonolux") as library:
        library.add(folder, spaces=SPACES, fingerprints=False)
    assert_same(tmp_path / "here.sonolux", tmp_path / "ray.sonolux")


@pytest.mark.long
def test_one_processor_or_one_gpu_is_enough_for_all(tmp_path: Path) -> None:
    # Actors that asked for a processor would wait for the tasks that wait for them.
    folder = write_files(tmp_path / "files", 60)
    for what, workers in (("add", "1"), ("accelerators", "2")):
        ran = run_alone(what, folder, tmp_path / f"{what}.sonolux", SONOLUX_WORKERS=workers)
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout)["added"] == 59


@pytest.mark.long
def test_annotations_are_those_of_this_machine(cluster: RayCluster, tmp_path: Path) -> None:
    write_sample(tmp_path / "things")
    said = []
    for on in (None, "ray"):
        with Library(tmp_path / f"{on}.sonolux") as library:
            library.add(tmp_path / "things" / "photos", spaces=["bm25"], labels=False)
            said.append(library.annotate("photo-labels", on=on).annotated)
            assert all(payload["annotations"] for payload, _ in held(library).values())
    assert said[0] == said[1] > 10
    assert_same(tmp_path / "None.sonolux", tmp_path / "ray.sonolux")


def test_a_program_goes_on_with_its_own_ray_and_keeps_its_signals(cluster: RayCluster, tmp_path: Path) -> None:
    import ray

    before = signal.getsignal(signal.SIGTERM)
    (tmp_path / "a.txt").write_text("a")
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(tmp_path / "a.txt", spaces=["bm25"], on="ray").added == 1
    assert ray.is_initialized() and signal.getsignal(signal.SIGTERM) is before


@pytest.mark.long
def test_a_head_that_is_lost_meanwhile_loses_nothing(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "files", 300)
    ran = run_alone("all", folder, tmp_path / "ray.sonolux")
    # One line, unless Ray has noticed it first, and has ended the process at once, as it does.
    assert ran.returncode == 1 or ran.stdout.startswith("the connection to Ray is lost ("), ran.stdout + ran.stderr
    assert ran.stdout.count("\n") < 2
    with Library(tmp_path / "ray.sonolux") as library:
        kept = len(list(library.items()))
        summary = library.add(folder, fingerprints=False)
        assert kept >= 20 and (summary.unchanged, summary.added) == (kept, 299 - kept)


@pytest.mark.long
def test_a_ray_of_its_own_leaves_nothing(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "files", 12)
    ran = run_alone("twice", folder, tmp_path / "ray.sonolux")
    assert ran.returncode == 0, ran.stderr
    # Standard output is data.
    first, second, left = map(json.loads, ran.stdout.splitlines())
    assert (first["added"], second["unchanged"]) == (11, 11)
    # A call of Ray after its end would start another; children that nobody waits for would be zombies.
    assert left == [False, [], [], []]


@pytest.mark.long
def test_a_driver_that_is_killed_leaves_no_process_and_goes_on(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "files", 120)
    mark = str(uuid.uuid4())
    ran = run_alone("driver", folder, tmp_path / "ray.sonolux", SONOLUX_TEST_MARK=mark)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    end = time.monotonic() + 60
    while left := processes_of(mark):
        assert time.monotonic() < end, left
        time.sleep(0.2)
    with Library(tmp_path / "ray.sonolux") as library:
        first = {item.path for item in library.items()}
    assert 20 <= len(first) < 119
    ran = run_alone("add", folder, tmp_path / "ray.sonolux")
    summary = json.loads(ran.stdout)
    assert (summary["added"], summary["unchanged"]) == (119 - len(first), len(first))
    with Library(tmp_path / "here.sonolux") as library:
        library.add(folder, spaces=SPACES, fingerprints=False)
    assert_same(tmp_path / "here.sonolux", tmp_path / "ray.sonolux")
    with Library(tmp_path / "ray.sonolux") as library:
        assert set(Counter(item.path for item in library.items()).values()) == {1}


def processes_of(mark: str) -> list[str]:
    """Return the commands of processes that have a mark in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(errors="replace"))
        except OSError:
            continue
    return [command for command in found if command and os.fspath(__file__) not in command]
