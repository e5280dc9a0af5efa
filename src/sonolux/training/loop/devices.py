"""Data-parallel training, asked for: how many devices of this machine share each batch.

The number belongs to the machine, not to the recipe: a training that was stopped goes on with another number, and the
model says nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from sonolux.errors import TrainingError

if TYPE_CHECKING:
    from sonolux.training.recipe import Recipe

_asked: ContextVar[int] = ContextVar("devices of a training", default=1)


@contextmanager
def on_devices(count: int) -> Iterator[None]:
    """Have each network that is trained inside share its batches among so many devices.

    Parameters
    ----------
    count : int
        GPUs where there are any, else processes on the CPU.

    Raises
    ------
    TrainingError
        For none.
    """
    if count < 1:
        raise TrainingError(f"a training takes one device at least, not {count}")
    before = _asked.set(count)
    try:
        yield
    finally:
        _asked.reset(before)


def devices_asked() -> int:
    """Return how many devices share a batch here; 1 unless `on_devices` says more."""
    return _asked.get()


def check_devices(recipe: Recipe) -> None:
    """Refuse a training that cannot be shared, and more devices than there are.

    Raises
    ------
    TrainingError
        With what there is.
    """
    asked = devices_asked()
    if asked == 1:
        return
    if not recipe.resumable:
        raise TrainingError(f"{recipe.method} does not learn in steps that devices can share: leave --devices away")
    there, kind = _devices_there()
    if asked > there:
        raise TrainingError(f"there {'is' if there == 1 else 'are'} {there} {kind}, not {asked}: --devices {there}")


def _devices_there() -> tuple[int, str]:
    """Return how many devices of the kind that the settings name there are, and what they are called."""
    import torch

    from sonolux.checkpoints.device import chosen_device

    device = chosen_device()
    if device.type == "cpu":
        cores = _cores()
        return cores, "processor core" if cores == 1 else "processor cores"
    if device.type != "cuda" or ":" in str(device):
        return 1, f"device called {device}"
    there = torch.cuda.device_count()
    return there, "GPU" if there == 1 else "GPUs"


def _cores() -> int:
    """Return how many processor cores this process may use, as far as the system tells."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
