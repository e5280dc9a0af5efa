"""The supervisor with real library processes: starting, dying, starting again, refusing, ending."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from sonolux.errors import LibraryBusyError, LibraryError
from sonolux.holder_note import FILE, read_socket
from sonolux.library import Library
from sonolux.server.calls.protocol import LibraryUnavailable
from sonolux.server.library_process import sole
from sonolux.server.state import ServiceState
from sonolux.server.supervisor import Supervisor

FILES = 37
SOON = 60.0


@asynccontextmanager
async def supervised(location: Path, *roots: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(str(location), roots)
    try:
        async with asyncio.timeout(4 * SOON):
            await supervisor.start()
            yield supervisor
    finally:
        await supervisor.stop()


async def until(holds: Callable[[], bool], seconds: float = SOON) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_answers_gets_warm_and_lets_go(copied: Path) -> None:
    async def main() -> None:
        async with supervised(copied) as supervisor:
            info = await supervisor.client.call("info")
            assert info["files"] == FILES
            await until(lambda: supervisor.state == "ready")
            told = await supervisor.client.call("ping")
            assert (told["pid"], told["ready"]) == (supervisor.pid, True)
            assert told["longest_wait"] >= 0
            place = read_socket(copied / FILE)
            assert place is not None
            assert place.stat().st_mode & 0o777 == 0o600
            assert place.parent.stat().st_mode & 0o777 == 0o700
            assert (copied / FILE).stat().st_mode & 0o777 == 0o600
        assert not place.parent.exists()
        assert supervisor.state == "down"

    asyncio.run(main())
    with Library(copied) as library:
        assert library.info()["files"]
    assert read_socket(copied / FILE) is None


def test_one_that_is_killed_is_started_again(copied: Path) -> None:
    async def main() -> None:
        async with supervised(copied) as supervisor:
            first = supervisor.pid
            under_way = asyncio.gather(
                *(supervisor.client.call("search", parts=[{"kind": "text", "text": "sea"}]) for _ in range(8)),
                return_exceptions=True,
            )
            await asyncio.sleep(0.01)
            os.kill(first, signal.SIGKILL)
            started = time.monotonic()
            for outcome in await under_way:
                assert isinstance(outcome, (dict, LibraryUnavailable))
            assert time.monotonic() - started < 5
            with pytest.raises(LibraryUnavailable):
                await supervisor.client.call("info")
            assert supervisor.retry_after >= 1
            await until(lambda: supervisor.state == "ready")
            assert supervisor.pid != first
            assert supervisor.starts == 2
            assert (await supervisor.client.call("info"))["files"] == FILES

    asyncio.run(main())


def test_a_second_service_of_one_library_gets_one_line(copied: Path) -> None:
    async def main() -> None:
        async with supervised(copied) as first:
            second = Supervisor(str(copied))
            with pytest.raises(LibraryError, match=f"in use by process {first.pid} on .* wait until it ends"):
                await second.start()
            assert (await first.client.call("ping"))["pid"] == first.pid

    asyncio.run(main())


def test_one_that_dies_again_and_again_is_started_after_longer_and_longer_pauses(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dying.py").write_text(
        "print('x' * 100_000)\nprint('{\"state\": \"dancing\"}')\n"
        'print(\'{"state": "serving"}\', flush=True)\nraise SystemExit(7)\n'
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")

    async def main() -> None:
        supervisor = Supervisor(str(copied), module="dying")
        async with asyncio.timeout(SOON):
            await supervisor.start()
            begun = []
            while len(begun) < 4:
                if supervisor.starts > len(begun):
                    begun.append(time.monotonic())
                if supervisor.state == "down":
                    assert supervisor.reason == "the library process ended (exit status 7)"
                await asyncio.sleep(0.01)
            pauses = [later - earlier for earlier, later in pairwise(begun)]
            assert pauses[1] > 1.5 * pauses[0] or pauses[2] > 1.5 * pauses[1]
            assert sum(pauses) > 3
        await supervisor.stop()

    asyncio.run(main())


def test_two_may_not_serve_what_has_no_lock_of_its_own(tmp_path: Path) -> None:
    state = ServiceState(tmp_path)
    first = sole(state, "http://host/photos")
    with pytest.raises(LibraryBusyError, match="is served by another process already"):
        sole(state, "http://host/photos")
    first.release()
    sole(state, "http://host/photos").release()


def test_no_library_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"there is no library at .*: make one with `sonolux add FOLDER`"):
        asyncio.run(Supervisor(str(tmp_path / "nowhere")).start())
    assert not (tmp_path / "nowhere").exists()
