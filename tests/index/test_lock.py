"""The readers-writer lock: who may go in beside whom."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from timeit import repeat

import pytest

from sonolux.index.lock import ReadWriteLock

SOON = 5.0


def test_readers_run_side_by_side() -> None:
    lock, together = ReadWriteLock(), threading.Barrier(4)

    def read() -> None:
        with lock.reading:
            together.wait(SOON)

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(read) for _ in range(4)]:
            future.result(SOON)


def test_a_writer_is_alone() -> None:
    lock, inside, seen = ReadWriteLock(), [0], []

    def write() -> None:
        for _ in range(50):
            with lock.writing:
                inside[0] += 1
                seen.append(inside[0])
                time.sleep(0)
                inside[0] -= 1

    def read() -> None:
        for _ in range(50):
            with lock.reading:
                seen.append(inside[0] + 1)

    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(work) for work in (write, read) * 3]:
            future.result(SOON)
    assert set(seen) == {1}


def test_a_waiting_writer_goes_before_later_readers() -> None:
    lock, order = ReadWriteLock(), []
    reading, may_end = threading.Event(), threading.Event()

    def read_first() -> None:
        with lock.reading:
            reading.set()
            may_end.wait(SOON)

    def write() -> None:
        with lock.writing:
            order.append("writer")

    def read_later() -> None:
        with lock.reading:
            order.append("reader")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(read_first)
        assert reading.wait(SOON)
        writer = pool.submit(write)
        while not lock.waiting:
            time.sleep(0.001)
        later = pool.submit(read_later)
        time.sleep(0.05)
        assert order == []
        may_end.set()
        for future in (first, writer, later):
            future.result(SOON)
    assert order == ["writer", "reader"]


def test_who_holds_it_may_take_it_again() -> None:
    lock = ReadWriteLock()
    with lock.writing, lock.writing, lock.reading:
        pass
    wanted = threading.Thread(target=lock.writing.__enter__)
    with lock.reading:
        wanted.start()
        while not lock.waiting:
            time.sleep(0.001)
        with lock.reading:
            pass
    wanted.join(SOON)
    assert not wanted.is_alive()


def test_a_reader_that_wants_to_write_is_refused() -> None:
    lock = ReadWriteLock()
    with lock.reading, pytest.raises(RuntimeError, match="wait for itself"), lock.writing:
        pass
    with lock.writing:
        pass


def test_an_interrupted_writer_lets_readers_in() -> None:
    lock = ReadWriteLock()

    def interrupted() -> None:
        raise KeyboardInterrupt

    lock.readers[0] = 1
    lock.writer_may.wait = interrupted
    with pytest.raises(KeyboardInterrupt), lock.writing:
        pass
    with lock.reading:
        assert not lock.waiting


def test_reading_costs_microseconds() -> None:
    lock = ReadWriteLock()

    def read() -> None:
        with lock.reading:
            pass

    assert min(repeat(read, number=1000, repeat=20)) / 1000 < 10e-6
