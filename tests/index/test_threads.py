"""Threads share one embedded index: they ask while it is written, merged, closed, and spaces come and go."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sonolux.errors import LibraryBusyError, LibraryError
from sonolux.index import open_shard, segments
from sonolux.index.base import Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.types import Space

POINTS, DIM, K = 1200, 16, 5

ROWS = np.random.default_rng(0).standard_normal((POINTS, DIM)).astype(np.float32)


def id_of(n: int) -> str:
    return str(uuid.UUID(int=n + 1))


def points(chosen: range) -> list[Point]:
    return [Point(id_of(n), {"look": ROWS[n]}, {"n": n}) for n in chosen]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    with EmbeddedIndex(str(tmp_path / "trips.sonolux")) as made:
        made.create()
        made.add_space(Space("look", DIM, "dot"))
        made.upsert(points(range(POINTS)))
        yield made


def ask(index: EmbeddedIndex, rng: np.random.Generator) -> None:
    """Ask one question of each kind; compare with brute force."""
    query = rng.standard_normal(DIM).astype(np.float32)
    best = np.argsort(-(ROWS @ query), kind="stable")[:K]
    assert [hit.id for hit in index.search("look", query, K)] == [id_of(int(n)) for n in best]
    n = int(rng.integers(POINTS))
    [point] = index.fetch([id_of(n)], spaces=["look"])
    np.testing.assert_array_equal(point.vectors["look"], ROWS[n])
    assert index.count(space="look") == POINTS
    assert len(index.sample("look", 3)) == 3


def while_asked(index: EmbeddedIndex, work: Callable[[], Any], *, threads: int = 4, seconds: float = 1.0) -> None:
    """Do some work at least twice while threads ask; raise what any of them raises."""
    over = threading.Event()
    asked = [0] * threads

    def keep_asking(number: int) -> None:
        rng = np.random.default_rng(number)
        while not over.is_set():
            ask(index, rng)
            asked[number] += 1

    done = 0
    with ThreadPoolExecutor(threads) as pool:
        asking = [pool.submit(keep_asking, number) for number in range(threads)]
        try:
            end = time.monotonic() + seconds
            while (done < 2 or time.monotonic() < end) and not any(future.done() for future in asking):
                work()
                done += 1
        finally:
            over.set()
        for future in asking:
            future.result()
    assert done > 1
    assert min(asked) > 0


def test_questions_while_it_is_optimized(index: EmbeddedIndex) -> None:
    while_asked(index, index.optimize)


def test_questions_while_it_is_closed(index: EmbeddedIndex) -> None:
    while_asked(index, index.close)


def test_questions_while_spaces_come_and_go(index: EmbeddedIndex) -> None:
    names = iter(range(10_000))

    def come_and_go() -> None:
        name = f"passing-{next(names)}"
        index.add_space(Space(name, 4))
        index.drop_space(name)

    while_asked(index, come_and_go)
    assert list(index.spaces()) == ["look"]


def test_questions_while_points_are_written_and_sealed(index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "UNSEALED", 300)
    monkeypatch.setattr(segments, "SEALED_KB", 1)
    monkeypatch.setattr(open_shard, "UNFLUSHED", 100)
    rng = np.random.default_rng(9)

    def write_again() -> None:
        first = int(rng.integers(POINTS - 60))
        index.upsert(points(range(first, first + 60)))
        index.update_vectors(points(range(first, first + 20)))
        index.set_payload([id_of(first)], {"seen": True})
        index.upsert([Point(id_of(POINTS + 1), {}, {"n": -1})])
        index.delete([id_of(POINTS + 1)])

    while_asked(index, write_again)


def test_the_answer_of_a_space_that_is_gone_is_one_clear_line(index: EmbeddedIndex) -> None:
    """Whoever asks a space that comes and goes gets its answer, or is told that it is gone."""

    def come_and_go() -> None:
        index.add_space(Space("passing", DIM, "dot"))
        index.update_vectors([Point(id_of(n), {"passing": ROWS[n]}) for n in range(50)])
        index.drop_space("passing")

    over = threading.Event()
    answers, refusals = [0], [0]

    def keep_asking() -> None:
        while not over.is_set():
            try:
                found = index.search("passing", ROWS[3], K)
            except LibraryError as error:
                assert "has no space 'passing'" in str(error)
                refusals[0] += 1
            else:
                assert all(hit.score == pytest.approx(ROWS[int(hit.payload["n"])] @ ROWS[3], abs=1e-4) for hit in found)
                answers[0] += 1

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(keep_asking) for _ in range(2)]
        end = time.monotonic() + 1.0
        while time.monotonic() < end and not any(future.done() for future in asking):
            come_and_go()
        over.set()
        for future in asking:
            future.result()
    assert answers[0]
    assert refusals[0]


def test_a_walk_through_all_points_goes_on_while_its_own_thread_writes_and_closes(index: EmbeddedIndex) -> None:
    seen = 0
    for point in index.scroll(spaces=["look"]):
        if seen % 400 == 0:
            index.set_payload([point.id], {"walked": True})
            index.optimize() if seen else index.close()
        seen += 1
    assert seen == POINTS


def test_of_several_threads_that_make_a_library_one_does_and_the_others_are_told(tmp_path: Path) -> None:
    for attempt in range(2):
        location = str(tmp_path / f"{attempt}.sonolux")
        with EmbeddedIndex(location) as index, ThreadPoolExecutor(4) as pool:
            together = threading.Barrier(4)

            def make(index: EmbeddedIndex = index, together: threading.Barrier = together) -> bool:
                together.wait()
                try:
                    index.create()
                except LibraryError as error:
                    assert str(error).endswith("already")
                    return False
                return True

            assert sum(pool.map(lambda _: make(), range(4))) == 1
            assert index.count() == 0
        assert not list(Path(location).glob("creating-*"))


def test_another_process_never_gets_in_while_it_is_reopened(index: EmbeddedIndex) -> None:
    """The engine lets go of its own lock for a moment at each reopening; the library does not."""
    code = f"""
        import sys
        from sonolux.errors import LibraryBusyError
        from sonolux.index.embedded import EmbeddedIndex
        print("ready", flush=True)
        for _ in range(100):
            try:
                with EmbeddedIndex({index.location!r}) as index:
                    index.count()
            except LibraryBusyError:
                continue
            sys.exit("got in")
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        while other.poll() is None:
            index.optimize()
    assert other.returncode == 0


def test_a_second_object_of_one_process_is_told_so_and_gets_in_after_a_close(index: EmbeddedIndex) -> None:
    other = EmbeddedIndex(index.location)
    for _ in range(2):
        with pytest.raises(LibraryBusyError, match="in use by process"):
            other.count()
    index.close()
    assert other.count() == POINTS
    with pytest.raises(LibraryBusyError):
        index.count()
    other.close()
    assert index.count() == POINTS


def test_what_ends_optimizing_leaves_the_index_as_good_as_it_was(index: EmbeddedIndex) -> None:
    class EnoughError(Exception):
        pass

    phases: list[str] = []

    def until(last: str) -> Callable[[str], None]:
        def progress(phase: str) -> None:
            phases.append(phase)
            if phase == last:
                raise EnoughError

        return progress

    for last in ("opening", "merging", "closing"):
        with pytest.raises(EnoughError):
            index.optimize(until(last))
        ask(index, np.random.default_rng(0))
    index.optimize(phases.append)
    assert phases[-3:] == ["opening", "merging", "closing"]
    with suppress(EnoughError):
        index.optimize(until("merging"))
    index.close()
    ask(index, np.random.default_rng(1))
