"""Jobs of the service that holds a library, followed until they are over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from sonolux.cli.output import Output
from sonolux.cli.warm.service import Service

SOONEST, LATEST = 0.05, 0.5
"""Seconds from one look at the job to the next: longer and longer, for many are over at once."""

PATIENCE = 2.0
"""Seconds after which it is worth saying that others go first."""


def job_looks(service: Service, id_: str, out: Output) -> Iterator[dict[str, Any]]:
    """Yield a job as it is, again and again, the last time when it is over."""
    pause, patient_until = SOONEST, time.monotonic() + PATIENCE
    told = False
    while True:
        job: dict[str, Any] = service.ask("GET", f"jobs/{id_}")
        yield job
        if job["state"] not in ("queued", "running"):
            return
        if job["state"] == "queued" and not told and time.monotonic() > patient_until:
            out.say("the service does another job first")
            told = True
        time.sleep(pause)
        pause = min(1.5 * pause, LATEST)
