"""What is loaded once, however many threads ask."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sonolux.checkpoints.loading import LoadedOnce


def test_many_threads_load_once() -> None:
    loads: list[int] = []

    def load() -> object:
        time.sleep(0.01)
        loads.append(1)
        return object()

    held = LoadedOnce(load)
    assert not held.done
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: held(), range(32)))
    assert len(loads) == 1 and held.done
    assert all(one is found[0] for one in found)


def test_what_fails_is_tried_again() -> None:
    answers = iter([OSError("not yet"), 7])

    def load() -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    held = LoadedOnce(load)
    with pytest.raises(OSError, match="not yet"):
        held()
    assert not held.done
    assert held() == 7
