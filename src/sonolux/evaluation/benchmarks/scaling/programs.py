"""Programs of the benchmark: measurements in a process of its own, so that no other shares its memory or settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from sonolux.errors import SonoluxError

PACKAGE = "sonolux.evaluation.benchmarks.scaling"

GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": "131072"}
"""Arrays that are freed go back to the system at once, so that what is held is what is used."""


def run_program(name: str, *given: object, environment: Mapping[str, str] | None = None) -> Any:
    """Run a module of this package with arguments; return the JSON of the last line that it prints.

    Raises
    ------
    SonoluxError
        Where it fails, with the last line that it says.
    """
    command = [sys.executable, "-m", f"{PACKAGE}.{name}", *map(str, given)]
    paths = os.pathsep.join(path for path in sys.path if path)
    env = os.environ | {"PYTHONPATH": paths} | GIVEN_BACK | dict(environment or {})
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if ran.returncode or not ran.stdout.strip():
        said = ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"]
        raise SonoluxError(f"the measurement {name} {' '.join(map(str, given))} failed: {said[-1]}")
    return json.loads(ran.stdout.splitlines()[-1])
