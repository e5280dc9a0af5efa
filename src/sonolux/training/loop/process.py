"""One process of a data-parallel training: the program that `sonolux.training.loop.processes` starts."""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import torch
from lightning.fabric.plugins import ClusterEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import distributed

from sonolux.errors import SonoluxError
from sonolux.training.loop.fit import fit_here
from sonolux.training.loop.processes import JOB, STORE, SharedTraining
from sonolux.training.loop.shared_batch import Sharing, SharingSteps, share_modules

WAITING = timedelta(minutes=30)
"""For another process, at a step."""


def main(folder: str, rank: int) -> None:
    """Do the part of a job that is this process's.

    Parameters
    ----------
    folder : str
        Of the job.
    rank : int
        Number of this process.
    """
    said = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _train(Path(folder), rank, said)
    except SonoluxError as error:
        _say(said, {"refused": str(error)})
        sys.exit(1)
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0]
        _say(said, {"failed": f"{type(error).__name__}: {line[:300]}"})
        raise


def _train(folder: Path, rank: int, said: IO[str]) -> None:
    # Written by the parent, in a folder of its own; mapped, so that all share one copy of what is learned from.
    job: SharedTraining = torch.load(folder / JOB, map_location="cpu", mmap=True, weights_only=False)
    torch.set_num_threads(job.threads)
    if job.device == "cuda":
        torch.cuda.set_device(rank)
    store = distributed.FileStore(str(folder / STORE), job.processes)  # type: ignore[attr-defined]
    backend = "nccl" if job.device == "cuda" else "gloo"
    distributed.init_process_group(backend, store=store, rank=rank, world_size=job.processes, timeout=WAITING)
    sharing = Sharing(rank, job.processes)
    share_modules(job.learner.shared(), sharing)

    def tell(done: float, line: str) -> None:
        _say(said, {"done": done, "line": line})

    best = fit_here(
        job.learner,
        job.unfinished,
        tell if rank == 0 else None,
        precision=job.precision,
        accelerator=job.device,
        devices=job.processes,
        strategy=DDPStrategy(cluster_environment=_Place(rank, job.processes), find_unused_parameters=True),
        callbacks=[SharingSteps(sharing)],
    )
    distributed.barrier()
    if rank == 0:
        _say(said, {"end": {"best": str(best), "history": [asdict(epoch) for epoch in job.learner.history]}})
    distributed.destroy_process_group()


def _say(said: IO[str], what: dict[str, Any]) -> None:
    said.write(json.dumps(what) + "\n")
    said.flush()


def _end_with_parent() -> None:
    """End at once when the parent has: nobody waits for this training any more."""
    sys.stdin.buffer.read()
    os._exit(1)


class _Place(ClusterEnvironment):
    """Where a process stands among those of its training, which has started it and has them meet."""

    def __init__(self, rank: int, processes: int) -> None:
        super().__init__()
        self._rank, self._processes = rank, processes

    @property
    def creates_processes_externally(self) -> bool:
        """Whether somebody else starts processes."""
        return True

    @property
    def main_address(self) -> str:
        """Nobody asks: they have met by a file."""
        return "localhost"

    @property
    def main_port(self) -> int:
        """Nobody asks."""
        return 0

    @staticmethod
    def detect() -> bool:
        """Return that this is never found, but given."""
        return False

    def world_size(self) -> int:
        """Return how many processes there are."""
        return self._processes

    def set_world_size(self, size: int) -> None:
        """Leave it."""

    def global_rank(self) -> int:
        """Return the number of this process."""
        return self._rank

    def set_global_rank(self, rank: int) -> None:
        """Leave it."""

    def local_rank(self) -> int:
        """Return its number on this machine."""
        return self._rank

    def node_rank(self) -> int:
        """Return the number of this machine."""
        return 0
