"""The table of jobs, the worker in this process, and jobs that outlive the processes that run them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.library.projection import find_projection
from sonolux.media.finding import find
from sonolux.server.calls.client import LibraryClient
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.jobs import kinds
from sonolux.server.jobs.kinds import KINDS, JobOutcome, Work
from sonolux.server.jobs.params import PARAMS, beneath_roots
from sonolux.server.jobs.table import ATTEMPTS, MOST_QUEUED, Job, JobTable
from sonolux.server.jobs.worker import JobWorker
from sonolux.server.state import ServiceState
from sonolux.server.supervisor import Supervisor
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.types import Failure

SOON = 60.0
MANY = 1500


@pytest.fixture
def table(copied: Path) -> JobTable:
    return JobTable(ServiceState.of(str(copied)))


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many small files: a job that takes a few seconds, in small steps."""
    folder = tmp_path_factory.mktemp("texts")
    for number in range(MANY):
        (folder / f"note {number}.txt").write_text(f"Note {number} is about {'word' * (number % 7)} and {number}.\n")
    return folder


@contextmanager
def working(library: Library, table: JobTable, *roots: Path) -> Iterator[JobWorker]:
    worker = JobWorker(library, table, [str(root) for root in roots])
    worker.start()
    try:
        yield worker
    finally:
        worker.park()


def wait_for(holds: Callable[[], bool], seconds: float = SOON) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


def over(table: JobTable, job: Job, seconds: float = 2 * SOON) -> Job:
    wait_for(lambda: table.job(job.id).state in ("done", "failed", "cancelled"), seconds)
    return table.job(job.id)


def paths_in(library: Library) -> list[str]:
    return [item.path for item in library.items()]


# -- the table -----------------------------------------------------------------------------------------------


def test_jobs_are_taken_in_turn_and_their_changes_are_numbered(table: JobTable) -> None:
    first, second = table.insert("optimize", {}), table.insert("copies", {"near": False})
    assert [job.id for job in table.jobs()] == [second.id, first.id]
    assert second.params == {"near": False, "thorough": True}
    seen = table.last_change()
    taken = table.take(1)
    assert taken is not None
    assert (taken.id, taken.state, taken.attempts, taken.owner) == (first.id, "running", 1, 1)
    assert not table.note(first.id, "merging", 1, 3, "x")
    assert [job.id for job in table.changed_after(seen)] == [first.id]
    table.finish(first.id, "done", {"n": 1}, [Failure("a\udcff.jpg", "is no image")])
    done = table.job(first.id)
    assert (done.state, done.done, done.total, done.summary) == ("done", 1, 3, {"n": 1, "failed": 1})
    assert done.failed == [{"path": "a\udcff.jpg", "reason": "is no image"}]
    assert table.changed_after(table.last_change()) == []
    other = table.take(1)
    assert other is not None
    assert other.id == second.id
    assert table.take(1) is None


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_hears_of_it(table: JobTable) -> None:
    waiting, running = table.insert("optimize", {}), table.insert("optimize", {})
    assert table.cancel(waiting.id).state == "cancelled"
    table.take(1)
    assert table.cancel(running.id).state == "running"
    assert table.note(running.id, "", 0, None, "")
    table.finish(running.id, "cancelled")
    assert table.cancel(running.id).state == "cancelled"
    with pytest.raises(QueryError, match="there is no job"):
        table.cancel("nothing")


def test_what_kills_its_process_again_and_again_is_failed(table: JobTable) -> None:
    poison = table.insert("optimize", {})
    for attempt in range(1, ATTEMPTS + 1):
        table.recover()
        taken = table.take(attempt)
        assert taken is not None
        assert taken.attempts == attempt
    table.recover()
    assert table.job(poison.id).state == "failed"
    assert f"died {ATTEMPTS} times" in table.job(poison.id).reason


def test_parking_counts_as_no_attempt_and_a_cancelled_job_is_not_parked(table: JobTable) -> None:
    job = table.insert("optimize", {})
    for _ in range(ATTEMPTS + 2):
        table.take(1)
        table.park(job.id)
    assert (table.job(job.id).state, table.job(job.id).attempts) == ("queued", 0)
    table.take(1)
    table.cancel(job.id)
    table.park(job.id)
    assert table.job(job.id).state == "cancelled"


@pytest.mark.parametrize(
    ("kind", "params", "said"),
    [
        ("dance", {}, "no kind of job 'dance'"),
        ("add", {}, "params: paths or uploads have to be given"),
        ("add", {"paths": []}, "paths"),
        ("add", {"paths": [1]}, "paths.0"),
        ("add", {"paths": ["/x"], "prun": True}, "prun: extra inputs"),
        ("remove", {"ids": ["../x"]}, "ids.0"),
        ("annotate", {"annotator": ""}, "annotator"),
        ("optimize", {"hard": True}, "hard"),
        ("factors", {"recipe": {"factors": 0}}, "factors is a whole number"),
        ("factors", {"recipe": {"dance": 1}}, "no option dance"),
        ("factors", {"recipe": {"method": "pca"}}, "method is one of wmf, bpr"),
        ("factors", {"update": "yes"}, "update"),
        ("copies", [], "params"),
    ],
)
def test_params_are_checked_when_a_job_is_queued(table: JobTable, kind: str, params: dict, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        table.insert(kind, params)
    assert table.jobs() == []


def test_a_queue_is_bounded(table: JobTable) -> None:
    with table.state.writing() as database:
        database.executemany(
            "INSERT INTO jobs (id, kind, params, state, created, changed)"
            " VALUES (?, 'optimize', '{}', 'queued', '', 0)",
            [(str(number),) for number in range(MOST_QUEUED)],
        )
    with pytest.raises(QueryError, match="jobs wait already"):
        table.insert("optimize", {})


def test_every_kind_has_params_and_work() -> None:
    assert PARAMS.keys() == KINDS.keys()


def test_braces_in_a_path_that_was_checked_stand_for_nothing_else(
    library: Library, table: JobTable, tmp_path: Path
) -> None:
    root, outside = tmp_path.resolve() / "in", tmp_path.resolve() / "out"
    root.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("secret words")
    (root / "link").symlink_to(outside)
    with working(library, table, root):
        for path in (f"{root}/{{a,..}}/out", f"{root}/{{link,a}}"):
            job = over(table, table.insert("add", {"paths": [path], "fingerprints": False, "labels": False}))
            assert (job.state, job.reason) == ("failed", f"nothing to add: {path} is not there")
    assert not [path for path in paths_in(library) if "secret" in path]


def test_paths_lie_beneath_roots(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (tmp_path / "rooted").mkdir()
    (root / "out").symlink_to(tmp_path / "rooted")
    assert beneath_roots([str(root / "in"), str(root)], [str(root)]) == [str(root / "in"), str(root)]
    for wrong in (tmp_path, tmp_path / "rooted", root / "out", root / ".." / "rooted", "in", "", "/\0"):
        with pytest.raises(QueryError):
            beneath_roots([str(wrong)], [str(root)])
    with pytest.raises(QueryError, match="has no root"):
        beneath_roots([str(root)], [])


# -- the worker ----------------------------------------------------------------------------------------------


def test_it_adds_removes_and_names_what_failed(library: Library, table: JobTable, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("Seven herons stand in the reeds.")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with working(library, table, tmp_path):
        added = over(table, table.insert("add", {"paths": [str(tmp_path)]}))
        assert (added.state, added.reason) == ("done", "")
        assert added.summary is not None
        assert (added.summary["added"], added.summary["failed"]) == (1, 1)
        assert [Path(one["path"]).name for one in added.failed] == ["broken.jpg"]
        assert added.failed[0]["reason"]
        item = library.search("herons").pop(0)
        removed = over(table, table.insert("remove", {"ids": [item.id, "0" * 8 + "-0000-0000-0000-" + "0" * 12]}))
        assert removed.summary == {"removed": 1, "failed": 1}
        assert str(tmp_path / "new.txt") not in paths_in(library)
        refused = over(table, table.insert("add", {"paths": ["/etc"]}))
        assert (refused.state, refused.reason) == (
            "failed",
            f"'/etc' cannot be added: only what lies beneath {tmp_path}",
        )
        unknown = over(table, table.insert("annotate", {"annotator": str(tmp_path)}))
        assert unknown.state == "failed"
        assert "no annotator" in unknown.reason
        assert over(table, table.insert("optimize", {})).state == "done"


def test_copies_are_kept_and_found_by_file(library: Library, table: JobTable, sample: Path) -> None:
    with working(library, table):
        job = over(table, table.insert("copies", {"thorough": False}))
    assert job.state == "done"
    assert job.summary is not None
    groups = CopyGroups(table.state)
    total, page = groups.page(0, 5)
    assert total == sum(job.summary["groups"].values()) > 0
    member = page[0]["items"][-1]["id"]
    assert page[0] in groups.of_file(member)
    assert groups.of_file("nothing") == []


def test_a_map_is_drawn_and_kept(library: Library, table: JobTable) -> None:
    # As few as are laid out by their principal axes: more need an extra.
    library.remove(*[item.id for item in library.items({"modality": "image"})][5:])
    kept = {item.id for item in library.items({"modality": ["image", "video"]})}
    with working(library, table):
        job = over(table, table.insert("map", {"space": "colour-layout"}))
        assert (job.state, job.summary) == ("done", {"files": len(kept), "space": "colour-layout", "failed": 0})
        refused = over(table, table.insert("map", {"space": "bm25"}))
        assert (refused.state, refused.reason[:10]) == ("failed", "bm25 holds")
    found = find_projection(library, "colour-layout")
    assert found is not None
    assert set(found.ids) == kept


def test_a_map_of_more_tells_how_far_it_is(library: Library, table: JobTable, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openTSNE")
    notes: list[tuple[str, int, int | None]] = []
    monkeypatch.setattr(JobTable, "note", lambda table, id_, *note: notes.append(note[:3]))
    with working(library, table):
        assert over(table, table.insert("map", {"space": "colour-histogram"})).state == "done"
    assert ("projecting", 10, 370) in notes


def test_factors_are_learned_and_told_of(library: Library, table: JobTable) -> None:
    items = [item.id for item in library.items()][:6]
    with working(library, table):
        refused = over(table, table.insert("factors", {}))
        assert (refused.state, refused.reason) == (
            "failed", "there are no plays to learn from: import interactions first"
        )  # fmt: skip
        for number in range(4):
            library.interact(f"user {number}", *items[number : number + 3], at=1.7e9)
        job = over(table, table.insert("factors", {"recipe": {"factors": 2, "iterations": 5}}))
        assert (job.state, job.phase, job.done, job.total) == ("done", "learning", 5, 5) or job.done <= 5
        assert job.summary is not None
        assert {name: job.summary[name] for name in ("users", "items", "factors", "written")} == {
            "users": 4, "items": 6, "factors": 2, "written": 6
        }  # fmt: skip
        more = [item.id for item in library.items()][6:8]
        library.interact("user 0", *more, at=1.7e9)
        updated = over(table, table.insert("factors", {"update": True}))
        assert updated.summary is not None and updated.summary["written"] == 2


def test_learning_that_is_cancelled_changes_nothing_and_questions_do_not_wait(
    library: Library, table: JobTable
) -> None:
    items = [item.id for item in library.items()][:6]
    for number in range(4):
        library.interact(f"user {number}", *items[number : number + 3], at=1.7e9)
    library.learn_factors(FactorisationRecipe(factors=2))
    before = library.interactions.note("factors")
    with working(library, table):
        job = table.insert("factors", {"recipe": {"factors": 3, "iterations": 10_000_000}})
        wait_for(lambda: table.job(job.id).done > 0)
        assert table.job(job.id).total == 10_000_000
        assert library.recommend("user 0", k=2)
        table.cancel(job.id)
        assert over(table, job).state == "cancelled"
    assert library.interactions.note("factors") == before


def test_one_that_runs_is_cancelled_and_what_was_done_stays(
    library: Library, table: JobTable, texts: Path, sample: Path
) -> None:
    before = set(paths_in(library))
    with working(library, table, texts):
        job = table.insert("add", {"paths": [str(texts)]})
        wait_for(lambda: table.job(job.id).phase == "adding")
        table.cancel(job.id)
        assert over(table, job).state == "cancelled"
        kept = set(paths_in(library)) - before
        assert len(kept) < MANY
        again = over(table, table.insert("add", {"paths": [str(texts)]}))
    assert again.summary is not None
    assert again.summary["unchanged"] == len(kept)
    assert len(set(paths_in(library)) - before) == MANY


def test_a_bug_costs_one_job(
    library: Library, table: JobTable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(work: Work) -> JobOutcome:
        raise ZeroDivisionError("secret")

    monkeypatch.setitem(kinds.KINDS, "optimize", fail)
    with working(library, table):
        job = over(table, table.insert("optimize", {}))
        assert job.state == "failed"
        assert "secret" not in job.reason
        assert "secret" in caplog.text
        assert over(table, table.insert("copies", {"near": False})).state == "done"


def test_questions_do_not_wait_for_a_job(library: Library, table: JobTable, texts: Path) -> None:
    library.search("harbour")
    with working(library, table, texts):
        job = table.insert("add", {"paths": [str(texts)]})
        wait_for(lambda: table.job(job.id).phase == "adding")
        asked = 0
        while table.job(job.id).state == "running":
            started = time.monotonic()
            library.search("harbour")
            assert time.monotonic() - started < 10
            asked += 1
        assert asked > 3
    assert table.job(job.id).state == "done"


# -- processes -----------------------------------------------------------------------------------------------


def test_a_job_goes_on_after_its_process_was_killed(copied: Path, texts: Path) -> None:
    async def main() -> None:
        supervisor = Supervisor(str(copied), [texts])
        try:
            async with asyncio.timeout(4 * SOON):
                await supervisor.start()
                table = JobTable(ServiceState.of(str(copied)))
                job = table.insert("add", {"paths": [str(texts)]})
                for _ in range(2):
                    while table.job(job.id).phase != "adding" or table.job(job.id).done < 20:
                        await asyncio.sleep(0.02)
                        assert table.job(job.id).state in ("queued", "running")
                    killed = supervisor.pid
                    os.kill(killed, signal.SIGKILL)
                    while supervisor.pid in (0, killed) or table.job(job.id).owner == killed:
                        await asyncio.sleep(0.02)
                while table.job(job.id).state in ("queued", "running"):
                    await asyncio.sleep(0.05)
                done = table.job(job.id)
                assert (done.state, done.attempts) == ("done", 3)
                assert done.summary is not None
                assert done.summary["unchanged"] + done.summary["added"] + done.summary["updated"] == MANY
                assert done.summary["unchanged"] > 0
        finally:
            await supervisor.stop()

    asyncio.run(main())
    with Library(copied) as library:
        found = [path for path in paths_in(library) if path.startswith(str(texts))]
        assert sorted(found) == sorted(path for path in find([str(texts)]) if isinstance(path, str))
        assert len(library.search("note", k=MANY * 2, where={"folder": str(texts)})) == MANY


FRONT = """
import asyncio, sys
from sonolux.server.supervisor import Supervisor

async def main():
    supervisor = Supervisor(sys.argv[1], sys.argv[2:])
    await supervisor.start()
    print(supervisor.pid, supervisor.client.path, flush=True)
    await asyncio.sleep(300)

asyncio.run(main())
"""


@contextmanager
def front(library: Path, root: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """Run a front in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", FRONT, str(library), str(root)], stdout=subprocess.PIPE, text=True
    ) as process:
        pid = "0"
        try:
            assert process.stdout is not None
            pid, place = process.stdout.readline().split()
            yield process, int(pid), Path(place)
        finally:
            process.kill()
            wait_for(lambda: pid == "0" or not is_there(int(pid)))


async def pinged(place: Path) -> int:
    client = LibraryClient(place)
    try:
        return int((await client.call("ping"))["pid"])
    finally:
        client.close()


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_library_process_whose_front_was_killed_parks_its_job_and_lets_go(copied: Path, texts: Path) -> None:
    table = JobTable(ServiceState.of(str(copied)))
    with front(copied, texts) as (process, pid, place):
        job = table.insert("add", {"paths": [str(texts)]})
        wait_for(lambda: table.job(job.id).done > 20)
        process.kill()
        wait_for(lambda: not is_there(pid))
        assert not place.parent.exists()
    parked = table.job(job.id)
    assert (parked.state, parked.attempts) == ("queued", 0)
    with Library(copied) as library:
        assert any(path.startswith(str(texts)) for path in paths_in(library))
    with front(copied, texts):
        assert over(table, job).state == "done"


def test_a_front_that_comes_back_at_once_waits_for_the_process_of_the_one_before(copied: Path, texts: Path) -> None:
    table = JobTable(ServiceState.of(str(copied)))
    with front(copied, texts) as (process, first, _):
        job = table.insert("add", {"paths": [str(texts)]})
        wait_for(lambda: table.job(job.id).done > 20)
        process.kill()
        with front(copied, texts) as (_, second, place):
            assert first != second
            wait_for(lambda: not is_there(first))
            assert asyncio.run(pinged(place)) == second
            assert over(table, job).state == "done"


def test_stopping_parks_the_job_and_flushes(copied: Path, texts: Path) -> None:
    table = JobTable(ServiceState.of(str(copied)))
    job = table.insert("add", {"paths": [str(texts)]})

    async def main() -> None:
        supervisor = Supervisor(str(copied), [texts])
        try:
            async with asyncio.timeout(SOON):
                await supervisor.start()
                while table.job(job.id).done <= 20:
                    await asyncio.sleep(0.02)
        finally:
            started = time.monotonic()
            await supervisor.stop()
            assert time.monotonic() - started < 20

    asyncio.run(main())
    parked = table.job(job.id)
    assert (parked.state, parked.attempts) == ("queued", 0)
    with Library(copied) as library, working(library, table, texts):
        assert over(table, job).state == "done"
        assert sum(path.startswith(str(texts)) for path in paths_in(library)) == MANY


def test_two_processes_and_many_threads_share_the_table(table: JobTable, tmp_path: Path) -> None:
    """Nothing is taken twice, and nobody is told that the file is locked."""
    for _ in range(40):
        table.insert("optimize", {})
    script = tmp_path / "taker.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom sonolux.server.jobs.table import JobTable\n"
        "from sonolux.server.state import ServiceState\n"
        "table = JobTable(ServiceState(Path(sys.argv[1])))\n"
        "while (job := table.take(1)) is not None:\n    print(job.id)\n    table.finish(job.id, 'done', {})\n"
    )
    command = [sys.executable, str(script), str(table.state.folder)]
    takers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    taken: list[str] = []

    def take() -> None:
        while (job := table.take(2)) is not None:
            taken.append(job.id)
            table.finish(job.id, "done", {})

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for taker in takers:
        out, _ = taker.communicate(timeout=SOON)
        assert taker.returncode == 0
        taken += out.split()
    assert len(taken) == len(set(taken)) == 40
    assert {job.state for job in table.jobs()} == {"done"}


def test_a_state_that_cannot_lie_in_the_library_lies_in_the_cache(filled: Path, private_home: Path) -> None:
    state = ServiceState.of("http://host:6333/photos")
    assert state.folder.is_relative_to(private_home / "cache")
    assert state.folder != ServiceState.of("http://host:6333/other").folder
    assert state.folder.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(state.folder)
