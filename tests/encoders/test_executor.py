"""Batches are encoded in threads and in processes alike."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.executor_contract import ExecutorContract, images
from sonolux.encoders import register, resolve
from sonolux.encoders.classical.hog import Hog
from sonolux.encoders.executor import ProcessExecutor, ThreadExecutor, chosen_executor
from sonolux.encoders.registry import ENCODERS
from sonolux.errors import EncoderError, SonoluxError
from sonolux.settings import settings


class TestThreads(ExecutorContract):
    setting = "threads"

    @pytest.fixture
    def executor(self) -> Iterator[ThreadExecutor]:
        executor = ThreadExecutor()
        yield executor
        executor.close()


class TestProcesses(ExecutorContract):
    setting = "processes"

    @pytest.fixture
    def executor(self) -> Iterator[ProcessExecutor]:
        executor = ProcessExecutor(2)
        yield executor
        executor.close()


def test_the_settings_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(chosen_executor(), ThreadExecutor)
    monkeypatch.setenv("SONOLUX_EXECUTOR", "processes")
    monkeypatch.setenv("SONOLUX_ENCODING_PROCESSES", "3")
    settings.cache_clear()
    chosen = chosen_executor()
    assert isinstance(chosen, ProcessExecutor) and chosen.at_once == 3
    chosen.close()
    monkeypatch.setenv("SONOLUX_EXECUTOR", "ray")
    settings.cache_clear()
    with pytest.raises(SonoluxError, match="SONOLUX_EXECUTOR cannot be 'ray'"):
        chosen_executor()


def test_a_process_that_dies_is_one_line_and_the_next_batch_has_another() -> None:
    executor = ProcessExecutor()
    executor.submit(resolve("hog"), images(1)).result()
    process = executor._idle.get()
    executor._idle.put(process)
    os.kill(process._process.pid, signal.SIGKILL)
    with pytest.raises(EncoderError, match=r"^an encoding process ended \(signal 9\): SONOLUX_EXECUTOR=threads"):
        executor.submit(resolve("hog"), images(1)).result()
    assert executor.submit(resolve("hog"), images(1)).result().rows[0].keys() == {"hog"}
    executor.close()


def test_what_a_program_registered_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(Hog):
        name = spec = space = "mine"

    monkeypatch.setattr(ENCODERS, "entries", dict(ENCODERS.entries))
    register("mine", Mine)
    executor = ProcessExecutor()
    with pytest.raises(EncoderError, match=r"no encoder 'mine'.*not what a program registered"):
        executor.submit(resolve("mine"), images(1)).result()
    executor.close()


def test_an_encoder_that_is_another_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    [hog] = resolve("hog")
    hog.digest = "another"
    executor = ProcessExecutor()
    with pytest.raises(EncoderError, match="hog gives another hog in an encoding process than here"):
        executor.submit([hog], images(1)).result()
    executor.close()


def test_a_script_needs_no_guard_and_no_process_stays(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from contracts.executor_contract import images\n"
        "from sonolux.encoders import resolve\n"
        "from sonolux.encoders.executor import ProcessExecutor\n"
        "executor = ProcessExecutor()\n"
        "print(len(executor.submit(resolve('hog'), images(2)).result().rows))\n"
        "print(executor._idle.get()._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=False, timeout=120)
    count, pid = ended.stdout.split()
    assert (count, ended.returncode) == ("2", -signal.SIGKILL)
    for _ in range(100):
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the process is still there")
