from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from media import faulty
from sonolux.errors import SonoluxError
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Audio, Image, Probe, Segment
from sonolux.media.workers.pool import AHEAD, SMALL, DecodeEvent, DecoderPool, Finished
from sonolux.types import Failure

MIB = 2**20


@pytest.fixture
def pool(options: ReadOptions) -> Iterator[DecoderPool]:
    with DecoderPool(2, options, timeout=2.0, memory=512 * MIB, reader=faulty.read) as made:
        yield made


def files(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_text(name)
    return [str(folder / name) for name in names]


def by_path(events: Iterator[tuple[str, DecodeEvent]]) -> dict[str, list[DecodeEvent]]:
    found: dict[str, list[DecodeEvent]] = {}
    for path, event in events:
        found.setdefault(Path(path).name, []).append(event)
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_dead(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def test_events_come_in_order_and_end(specimens: dict[str, str], options: ReadOptions) -> None:
    with DecoderPool(2, options, timeout=60, memory=4096 * MIB) as pool:
        found = by_path(pool.read(specimens.values()))
    assert found.keys() == specimens.keys()
    for name, events in found.items():
        wanted = list(read(specimens[name], options))
        *segments, finished = events
        status = Path(specimens[name]).stat()
        assert finished == Finished(status.st_size, status.st_mtime_ns)
        assert segments[0] == wanted[0]
        assert len(segments) == len(wanted)
        for segment, same in zip(segments[1:], wanted[1:], strict=True):
            assert isinstance(segment, Segment)
            assert isinstance(same, Segment)
            assert (segment.kind, segment.span) == (same.kind, same.span)
            if isinstance(segment.content, Image) and isinstance(same.content, Image):
                np.testing.assert_array_equal(segment.content.pixels, same.content.pixels)
                assert segment.content.pixels.flags.writeable
            elif isinstance(segment.content, Audio) and isinstance(same.content, Audio):
                np.testing.assert_array_equal(segment.content.samples, same.content.samples)
            else:
                assert segment.content == same.content


FAULTS = {
    "segfault": "the decoder crashed (signal 11)",
    "killed": "the decoder crashed (signal 9)",
    "exit": "the decoder crashed (exit status 3)",
    "hang": "no progress for 2 s: decoding ended",
    "memory": "needs more than 0.5 GiB of memory to decode",
    "refuse": "damaged on purpose",
    "bug": "cannot be decoded: KeyError: 'missing'",
    "recursion": "cannot be decoded: RecursionError: maximum recursion depth exceeded",
    "change": "changed while it was read: try again",
    "touch": "changed while it was read: try again",
    "vanish": "is not there (vanished, moved, or a link to nothing)",
}


def test_a_fault_costs_its_own_file_only(pool: DecoderPool, tmp_path: Path) -> None:
    faults = [f"{fault}-{n}" for n, fault in enumerate(FAULTS)]
    mixed = [name for n, fault in enumerate(faults) for name in (f"good-{n}a", fault, f"good-{n}b")]
    found = by_path(pool.read(files(tmp_path, *mixed)))
    assert found.keys() == set(mixed)
    for name, events in found.items():
        ends = [isinstance(event, Finished | Failure) for event in events]
        assert ends == [False] * (len(ends) - 1) + [True]
        kind = name.partition("-")[0]
        if kind == "good":
            assert [type(event) for event in events] == [Probe, Segment, Finished]
        else:
            failure = events[-1]
            assert isinstance(failure, Failure)
            assert failure.path == str(tmp_path / name)
            assert failure.reason.startswith(FAULTS[kind])
            assert "\n" not in failure.reason


def test_a_file_that_was_never_there(pool: DecoderPool, tmp_path: Path) -> None:
    [(_, event)] = pool.read([str(tmp_path / "nothing")])
    assert isinstance(event, Failure)
    assert event.reason.startswith("is not there")


def test_slow_is_not_silent(options: ReadOptions, tmp_path: Path) -> None:
    with DecoderPool(1, options, timeout=1.0, memory=512 * MIB, reader=faulty.slow) as pool:
        events = [event for _, event in pool.read(files(tmp_path, "slow"))]
    assert isinstance(events[-1], Finished)
    assert len(events) == 8


def test_a_slow_consumer_is_no_silence(options: ReadOptions, tmp_path: Path) -> None:
    with DecoderPool(2, options, timeout=0.5, memory=512 * MIB, reader=faulty.read) as pool:
        ends = []
        for _, event in pool.read(files(tmp_path, "a", "b", "c")):
            time.sleep(0.3)
            ends += [event] if isinstance(event, Finished | Failure) else []
    assert [type(end) for end in ends] == [Finished] * 3


def test_a_slow_consumer_slows_decoding(options: ReadOptions, tmp_path: Path) -> None:
    with DecoderPool(1, options, timeout=30, memory=512 * MIB, reader=faulty.many) as pool:
        events = pool.read(files(tmp_path, "many"))
        taken = [next(events) for _ in range(5)]
        time.sleep(0.5)
        assert int((tmp_path / "many.count").read_text()) <= len(taken) + 2
        events.close()


def test_paths_are_taken_when_they_are_needed(pool: DecoderPool, tmp_path: Path) -> None:
    taken = []

    def paths() -> Iterator[str]:
        for path in files(tmp_path, *(f"good-{n}" for n in range(50))):
            taken.append(path)
            yield path

    events = pool.read(paths())
    next(events)
    assert len(taken) <= 2 * AHEAD + 1
    assert sum(isinstance(event, Finished) for _, event in events) == 50


def test_large_files_are_not_handed_out_ahead(pool: DecoderPool, tmp_path: Path) -> None:
    paths = files(tmp_path, *(f"good-{n}" for n in range(20)))
    for path in paths:
        os.truncate(path, SMALL + 1)
    taken = []
    events = pool.read(path for path in paths if not taken.append(path))
    next(events)
    # One for each worker, and the next, whose size has been looked at; another once a file has ended.
    assert len(taken) <= 4
    assert sum(isinstance(event, Finished) for _, event in events) == 20


def test_what_was_handed_out_ahead_of_a_crash_is_read_all_the_same(options: ReadOptions, tmp_path: Path) -> None:
    names = ["good-1", "killed-1", "good-2", "segfault-1", "killed-2", "good-3"]
    with DecoderPool(1, options, timeout=5, memory=512 * MIB, reader=faulty.read) as pool:
        found = by_path(pool.read(files(tmp_path, *names)))
    assert {name: type(events[-1]) for name, events in found.items()} == {
        name: Finished if name.startswith("good") else Failure for name in names
    }


def test_stopping_halfway_leaves_a_pool_that_works(pool: DecoderPool, tmp_path: Path) -> None:
    events = pool.read(files(tmp_path, "hang-1", "good-1", "hang-2"))
    next(events)
    events.close()
    assert Counter(type(event) for _, event in pool.read(files(tmp_path, "good-2"))) == {
        Probe: 1,
        Segment: 1,
        Finished: 1,
    }


def test_an_error_among_the_paths_ends_clean(pool: DecoderPool, tmp_path: Path) -> None:
    def paths() -> Iterator[str]:
        yield from files(tmp_path, "good-1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(pool.read(paths()))
    assert len(list(pool.read(files(tmp_path, "good-2")))) == 3


def worker_of(events: Iterator[tuple[str, DecodeEvent]]) -> int:
    probe = next(event for _, event in events if isinstance(event, Probe))
    return int(probe.metadata["title"])


def test_workers_are_kept_and_replaced(options: ReadOptions, tmp_path: Path) -> None:
    with DecoderPool(1, options, timeout=5, memory=512 * MIB, reader=faulty.read) as pool:
        first = list(pool.read(files(tmp_path, "good-1")))
        second = list(pool.read(files(tmp_path, "good-2", "good-3")))
        worker = worker_of(iter(first))
        assert worker_of(iter(second)) == worker
        os.kill(worker, signal.SIGKILL)
        third = list(pool.read(files(tmp_path, "good-4")))
        assert isinstance(third[-1][1], Finished)
        assert worker_of(iter(third)) != worker
    assert wait_until_dead(worker_of(iter(third)), 5)


def test_workers_are_quiet(pool: DecoderPool, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(list(pool.read(files(tmp_path, "noise-1")))[-1][1], Finished)
    assert capfd.readouterr() == ("", "")


def test_a_pool_whose_workers_cannot_start_says_so(
    options: ReadOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with (
        DecoderPool(1, options, timeout=5, memory=512 * MIB) as pool,
        pytest.raises(SonoluxError, match="decoding processes do not start"),
    ):
        list(pool.read(files(tmp_path, "a")))


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import faulty
from sonolux.media.workers.pool import DecoderPool
from sonolux.media.reading import ReadOptions

pool = DecoderPool(1, ReadOptions(), timeout={timeout}, memory=2**29, reader=faulty.{reader})
for path, event in pool.read({paths!r}):
    print(getattr(event, "metadata", {{}}).get("title", ""), flush=True)
"""


@pytest.mark.parametrize(("reader", "timeout"), [("read", 60), ("spin_in_c", 1)])
def test_workers_die_with_their_parent(reader: str, timeout: int, tmp_path: Path) -> None:
    """The script needs no main guard; where C code holds the GIL, the system's timer ends the worker."""
    paths = files(tmp_path, "hang-1")
    script = SCRIPT.format(folder=str(Path(faulty.__file__).parent), timeout=timeout, reader=reader, paths=paths)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
    assert wait_until_dead(worker, 10)


def test_ctrl_c_ends_clean(tmp_path: Path) -> None:
    paths = files(tmp_path, "hang-1")
    script = SCRIPT.format(folder=str(Path(faulty.__file__).parent), timeout=60, reader="read", paths=paths)
    # Whoever runs in the background of a shell may have been told to ignore it.
    script = f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{script}"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert os.getpgid(worker) == worker
        parent.send_signal(signal.SIGINT)
        _, errors = parent.communicate(timeout=20)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert wait_until_dead(worker, 5)
