"""What a question is asked with, decoded apart from whoever asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from media import faulty
from sonolux.errors import MediaError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Probe, Segment
from sonolux.media.workers import isolated
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.settings import settings

OPTIONS = ReadOptions()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have decoders give up soon, and leave none behind."""
    monkeypatch.setenv("SONOLUX_DECODE_SECONDS", "2")
    monkeypatch.setenv("SONOLUX_DECODE_MEMORY", str(2**29))
    monkeypatch.setenv("SONOLUX_WORKERS", "2")
    settings.cache_clear()
    monkeypatch.setattr(isolated, "_workers", isolated._Workers())
    yield
    isolated._workers.end()
    settings.cache_clear()


def file(folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    return str(folder / name)


def worker_of(path: str, decoder: IsolatedDecoder) -> int:
    """Read a file, and return the process that did."""
    probe, segment = decoder.read(path, OPTIONS, faulty.read)
    assert isinstance(probe, Probe)
    assert isinstance(segment, Segment)
    return int(probe.metadata["title"])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("segfault", r"the decoder crashed \(signal 11\)"),
        ("killed", r"the decoder crashed \(signal 9\)"),
        ("hang", "no progress for 2 s: decoding ended"),
        ("memory", "needs more than 0.5 GiB of memory to decode"),
        ("refuse", "damaged on purpose"),
        ("bug", "cannot be decoded: KeyError"),
    ],
)
def test_a_fault_costs_one_question_and_names_the_file(fault: str, said: str, tmp_path: Path) -> None:
    decoder = IsolatedDecoder()
    worker_of(file(tmp_path, "good-0"), decoder)
    path = file(tmp_path, f"{fault}-1")
    with pytest.raises(MediaError, match=said) as caught:
        list(decoder.read(path, OPTIONS, faulty.read))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert worker_of(file(tmp_path, "good-2"), decoder)


@pytest.mark.parametrize("name", ["none.jpg", ".", "empty", "nul\0"])
def test_what_is_no_file_is_refused_without_a_process(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    decoder = IsolatedDecoder()
    with pytest.raises(MediaError, match=r"^[^\n]+: (is not there|is a folder|is empty|has a name)[^\n]*$"):
        list(decoder.read(str(tmp_path / name), OPTIONS))
    assert isolated._workers.pool is None or not isolated._workers.pool._idle


def test_a_worker_stays_warm_for_every_owner_and_any_reader(tmp_path: Path) -> None:
    first, second = IsolatedDecoder(), IsolatedDecoder()
    worker = worker_of(file(tmp_path, "good-1"), first)
    assert worker_of(file(tmp_path, "good-2"), second) == worker
    [probe, *rest] = first.read(file(tmp_path, "slow"), OPTIONS, faulty.slow)
    assert isinstance(probe, Probe)
    assert len(rest) == 6
    first.close()
    assert is_alive(worker)
    second.close()
    assert not is_alive(worker)
    assert worker_of(file(tmp_path, "good-3"), first) != worker


def test_workers_end_when_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "IDLE_SECONDS", 0.3)
    worker = worker_of(file(tmp_path, "good-1"), IsolatedDecoder())
    assert is_alive(worker)
    end = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(worker)


def test_a_folder_change_does_not_lead_astray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = IsolatedDecoder()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        file(tmp_path / name, f"good-{name}")
        monkeypatch.chdir(tmp_path / name)
        assert worker_of(f"good-{name}", decoder)


def test_threads_share_a_bounded_number(tmp_path: Path) -> None:
    decoder = IsolatedDecoder()
    paths = [file(tmp_path, f"good-{n}") for n in range(24)]

    def ask(path: str) -> int:
        decoder.start()
        return worker_of(path, decoder)

    with ThreadPoolExecutor(8) as threads:
        workers = set(threads.map(ask, paths))
    assert 1 <= len(workers) <= 2
    assert len(isolated._workers.pool._idle) <= 2


def test_streams_that_wait_keep_nobody_waiting(tmp_path: Path) -> None:
    decoder = IsolatedDecoder()
    streams = [decoder.read(file(tmp_path, f"many{n}"), OPTIONS, faulty.many, waits=False) for n in range(3)]
    for stream in streams:
        next(stream)
    assert worker_of(file(tmp_path, "good-1"), decoder)
    for stream in streams:
        stream.close()


def test_of_streams_that_have_ended_few_workers_stay(tmp_path: Path) -> None:
    decoder = IsolatedDecoder()
    streams = [decoder.read(file(tmp_path, f"slow{n}"), OPTIONS, faulty.slow, waits=False) for n in range(4)]
    for stream in streams:
        next(stream)
    assert [len(list(stream)) for stream in streams] == [6] * 4
    assert len(isolated._workers.pool._idle) == 2


def test_a_question_that_is_left_gives_its_turn_back(tmp_path: Path) -> None:
    decoder = IsolatedDecoder()
    for number in range(4):
        left = decoder.read(file(tmp_path, f"many{number}"), OPTIONS, faulty.many)
        next(left)
        left.close()
    assert worker_of(file(tmp_path, "good-1"), decoder)


def test_a_worker_killed_halfway_is_one_line(tmp_path: Path) -> None:
    decoder = IsolatedDecoder()
    path = file(tmp_path, "hang-1")
    events = decoder.read(path, OPTIONS, faulty.read)
    probe = next(events)
    assert isinstance(probe, Probe)
    threading.Timer(0.2, os.kill, (int(probe.metadata["title"]), signal.SIGKILL)).start()
    with pytest.raises(MediaError, match=rf"^{path}: the decoder crashed \(signal 9\)$"):
        list(events)


def test_a_forked_process_has_workers_of_its_own(tmp_path: Path) -> None:
    script = f"""
        import os, sys
        sys.path.insert(0, {str(Path(faulty.__file__).parent)!r})
        import faulty
        from sonolux.media.workers.isolated import IsolatedDecoder
        from sonolux.media.reading import ReadOptions
        decoder = IsolatedDecoder()
        ask = lambda: next(decoder.read({file(tmp_path, "good-1")!r}, ReadOptions(), faulty.read)).metadata["title"]
        list(decoder.read({file(tmp_path, "good-2")!r}, ReadOptions(), faulty.read))
        child = os.fork()
        mine = ask()
        print(mine, flush=True)
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(script)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert len(set(ran.stdout.split())) == 2
    assert ran.stderr == ""
