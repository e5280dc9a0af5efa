"""Start-up benchmark: seconds that the command line and the package take, beside Python itself."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from sonolux.evaluation.benchmarks.report import Report, compare_with_target

RUNS = 15


def benchmark_startup() -> Report:
    """Time whole processes, in turn."""
    script = str(Path(sys.executable).with_name("sonolux"))
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import sonolux'": [sys.executable, "-c", "import sonolux"],
        "sonolux --help": [script, "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(RUNS + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if run:
                times[name].append(time.perf_counter() - started)
    return _report(times)


def _report(times: dict[str, list[float]]) -> Report:
    pass_, import_, help_ = times.values()
    rows = []
    for name, taken in times.items():
        ratio = median(t / p for t, p in zip(taken, pass_, strict=True))
        rows.append([f"`{name}`", f"{min(taken):.3f}", f"{median(taken):.3f}", f"{max(taken):.3f}", f"{ratio:.1f}"])
    return Report(
        name="startup",
        title="Start",
        command="sonolux bench startup",
        about=f"Seconds of whole processes, {RUNS} runs of each in turn after a warm-up.",
        columns=("command", "min", "median", "max", "ratio to `pass`"),
        rows=rows,
        verdicts=[
            compare_with_target("sonolux --help, seconds", median(help_), 0.4, at_most=True),
            compare_with_target("import sonolux, seconds", median(import_), 0.3, at_most=True),
        ],
    )
