"""Start-up benchmark: seconds that the command line, the package and a first question take, beside Python itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from sonolux.evaluation.benchmarks.report import Report, compare_with_target

RUNS = 15


def benchmark_startup() -> Report:
    """Time whole processes, in turn."""
    from sonolux.library import Library
    from sonolux.sample import write_sample

    script = str(Path(sys.executable).with_name("sonolux"))
    with tempfile.TemporaryDirectory() as folder:
        library, media = Path(folder) / "library", Path(folder) / "sample"
        write_sample(media)
        with Library(library) as opened:
            opened.add(media)
        picture = next((media / "photos").glob("*.jpg"))
        asked = [script, "search", "--library", str(library)]
        return _report(
            _timed(
                {
                    "python -c pass": [sys.executable, "-c", "pass"],
                    "python -c 'import sonolux'": [sys.executable, "-c", "import sonolux"],
                    "sonolux --help": [script, "--help"],
                    "sonolux search 'rain'": [*asked, "rain"],
                    "sonolux search --image photo.jpg": [*asked, "--image", str(picture)],
                }
            )
        )


def _timed(commands: Mapping[str, Sequence[str]]) -> dict[str, list[float]]:
    """Return the seconds of each run of each command."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(RUNS + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if run:
                times[name].append(time.perf_counter() - started)
    return times


def _report(times: dict[str, list[float]]) -> Report:
    pass_, import_, help_, *_ = times.values()
    rows = []
    for name, taken in times.items():
        ratio = median(t / p for t, p in zip(taken, pass_, strict=True))
        rows.append([f"`{name}`", f"{min(taken):.3f}", f"{median(taken):.3f}", f"{max(taken):.3f}", f"{ratio:.1f}"])
    return Report(
        name="startup",
        title="Start",
        command="sonolux bench startup",
        about=f"Seconds of whole processes, {RUNS} runs of each in turn after a warm-up; questions are for the sample.",
        columns=("command", "min", "median", "max", "ratio to `pass`"),
        rows=rows,
        verdicts=[
            compare_with_target("sonolux --help, seconds", median(help_), 0.4, at_most=True),
            compare_with_target("import sonolux, seconds", median(import_), 0.3, at_most=True),
        ],
    )
