"""Processes of a data-parallel training: started, listened to, and ended together.

Each is a program of its own (`sonolux.training.loop.process`) that reads the learner from a file, whatever the parent
was started by. The first alone writes checkpoints and tells where the training stands. Where one dies, the others are
ended; where the parent dies, they end themselves. They meet by a file, so that no port can be taken.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch

from sonolux.errors import TrainingError
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.trained import Epoch, TrainingProgress

FOLDER = "job-"
"""What the folder of a job begins with."""

JOB, STORE = "job", "store"
"""Files in the folder of a job: what is to be done, and where its processes meet."""

PATIENCE = 20.0
"""Seconds in which the others end when one has ended; then they are killed."""

PROGRAM = "import sys; sys.path[:] = {path!r}; from sonolux.training.loop.process import main; main({folder!r}, {rank})"


@dataclass(frozen=True, slots=True)
class SharedTraining:
    """What every process of a training needs to know.

    Attributes
    ----------
    learner : Learner
    unfinished : Path
        Folder of checkpoints.
    processes : int
    threads : int
        Of each process.
    device : str
        Type of the devices.
    precision : str
        As Lightning calls it.
    """

    learner: Learner
    unfinished: Path
    processes: int
    threads: int
    device: str
    precision: str


def fit_in_processes(job: SharedTraining, progress: TrainingProgress | None) -> Path:
    """Train by a job to its end; return the checkpoint of its best epoch, and tell the learner its history.

    Raises
    ------
    TrainingError
        What one of them raised, or that one died.
    """
    job.unfinished.mkdir(parents=True, exist_ok=True)
    for left in job.unfinished.glob(f"{FOLDER}*"):  # by a parent that was killed; nobody else is in this folder
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=FOLDER, dir=job.unfinished, ignore_cleanup_errors=True) as folder:
        _write(job, Path(folder))
        crew = _Crew(Path(folder), job.processes)
        try:
            end = crew.follow(progress)
        finally:
            crew.end()
    job.learner.history = [Epoch(**epoch) for epoch in end["history"]]
    return Path(end["best"])


def _write(job: SharedTraining, folder: Path) -> None:
    """Write down a job for its processes."""
    own = [one for one in (job.learner, *job.learner.modules()) if type(one).__module__ == "__main__"]
    if own:
        raise TrainingError(
            f"{type(own[0]).__name__} is defined in the program itself, where other processes do not find it:"
            " put it into a module, or train on one device"
        )
    try:
        torch.save(job, folder / JOB)
    except OSError as error:
        raise TrainingError(f"{folder}: {error.strerror or error}") from error
    except Exception as error:  # whatever a learner holds that cannot be sent to another process
        raise TrainingError(f"this training cannot be sent to processes: leave --devices away ({error})") from None


class _Crew:
    """The processes of one job."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._told: queue.SimpleQueue[tuple[int, dict[str, Any] | None]] = queue.SimpleQueue()
        self._running: list[subprocess.Popen[str]] = []
        try:
            for rank in range(count):
                self._start(rank)
        except BaseException:
            self.end()
            raise

    def _start(self, rank: int) -> None:
        program = PROGRAM.format(path=[one for one in sys.path if one], folder=str(self._folder), rank=rank)
        with (self._folder / f"errors{rank}").open("wb") as errors:
            started = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env=os.environ | _loopback(),
                # In a session of its own: Ctrl-C reaches the parent alone, which then ends them.
                start_new_session=True,
            )
        self._running.append(started)
        assert started.stdout is not None
        threading.Thread(target=self._listen, args=(rank, started.stdout), daemon=True).start()

    def _listen(self, rank: int, said: IO[str]) -> None:
        with said:
            for line in said:
                self._told.put((rank, json.loads(line)))
        self._told.put((rank, None))

    def follow(self, progress: TrainingProgress | None) -> dict[str, Any]:
        """Pass on where the training stands, until it has ended; return what the first process says of the end."""
        reasons: dict[int, str] = {}
        while True:
            rank, told = self._told.get()
            if told is None:
                raise self._death(rank, reasons)
            if "end" in told:
                end: dict[str, Any] = told["end"]
                return end
            if "refused" in told:
                raise TrainingError(told["refused"])
            if "failed" in told:
                reasons[rank] = told["failed"]
            elif progress is not None:
                progress(told["done"], told["line"])

    def _death(self, first: int, reasons: dict[int, str]) -> TrainingError:
        """Return why the training ended: who was killed counts more than who then lost the connection to it."""
        self._wait()
        while not self._told.empty():
            rank, told = self._told.get()
            if told and "refused" in told:
                return TrainingError(told["refused"])
            if told and "failed" in told:
                reasons[rank] = told["failed"]
        codes = [one.poll() for one in self._running]
        # Who loses the connection may abort.
        killed = [rank for rank, code in enumerate(codes) if code is not None and code < 0 and code != -signal.SIGABRT]
        rank = (killed or sorted(reasons, key=lambda one: ("onnection" in reasons[one], one)) or [first])[0]
        why = f"killed by signal {-(codes[rank] or 0)}" if killed else reasons.get(rank) or self._last_words(rank)
        return TrainingError(
            f"process {rank + 1} of {len(self._running)} of the training has ended, {why};"
            " the same command goes on from the last whole epoch"
        )

    def _last_words(self, rank: int) -> str:
        lines = (self._folder / f"errors{rank}").read_text("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def _wait(self) -> None:
        """Wait a little for all to end."""
        for one in self._running:
            try:
                one.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                return

    def end(self) -> None:
        """End all that have not."""
        for one in self._running:
            if one.stdin is not None:
                one.stdin.close()  # whereupon a process ends
        for one in self._running:
            one.kill()
            one.wait()


def _loopback() -> dict[str, str]:
    """Return the environment in which processes on one machine listen on it alone, where that is known how."""
    inside = Path("/sys/class/net/lo").exists() and "GLOO_SOCKET_IFNAME" not in os.environ
    return {"GLOO_SOCKET_IFNAME": "lo"} if inside else {}
