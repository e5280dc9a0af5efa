"""Ray: the speed of adding on it beside that without, of workers that wait, and the memory of the command itself."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.scaling.photos import write_drawn_photos
from sonolux.evaluation.benchmarks.scaling.programs import run_program
from sonolux.extras import require

ASKED, WORKERS, TIMES, FLAT = 0.8, 8, 7.0, 1.15
ROUNDS = 2


def benchmark_ray(photos: int, few: int, many: int, files: int, progress: Announce) -> tuple[Report, dict[str, Any]]:
    """Measure additions on a Ray of this machine.

    Parameters
    ----------
    photos : int
        That are added with and without Ray, in turn.
    few, many : int
        Photos of the two additions whose memory is compared.
    files : int
        That each worker reads which waits for them.
    progress : callable
    """
    require("this benchmark", "ray")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = [run_program("waiting", workers, files, folder / f"afar-{workers}") for workers in (1, WORKERS)]
        progress(f"files from afar: {rates[0]:.1f} a second by one worker, {rates[1]:.1f} by {WORKERS}")
        write_drawn_photos(folder / "photos", photos)
        rounds = []
        for number in range(ROUNDS):
            pair = [_added(folder / "photos", photos, folder / f"{number}-{on or 'here'}", on) for on in (None, "ray")]
            rounds.append((pair[0]["rate"], pair[1]["rate"]))
            progress(f"here {rounds[-1][0]:.0f}, on Ray {rounds[-1][1]:.0f} photos a second")
        peaks = []
        for n in (few, many):
            write_drawn_photos(folder / f"of-{n}", n)
            peaks.append(_added(folder / f"of-{n}", n, folder / f"library-{n}", "ray")["peak"] / 2**20)
            progress(f"{n:,} photos: {peaks[-1]:.0f} MiB")
    values = {"rounds": rounds, "afar": rates, "peaks": peaks}
    return _report(rounds, rates, peaks, (photos, few, many)), values


def _added(photos: Path, n: int, library: Path, on: str | None) -> dict[str, Any]:
    measured: dict[str, Any] = run_program("adding", photos, library, *([on] if on else []))
    if measured["added"] != n or measured["failed"]:
        raise SonoluxError(f"{measured['added']} of {n} photos were added on {on or 'this machine'}: no rate counts")
    return measured


def _report(
    rounds: list[tuple[float, float]], rates: list[float], peaks: list[float], sizes: tuple[int, int, int]
) -> Report:
    photos, few, many = sizes
    rows = [
        [f"{photos:,} photos a second, round {number}", f"{here:.0f}", f"{there:.0f}", f"{there / here:.2f}"]
        for number, (here, there) in enumerate(rounds, 1)
    ]
    rows.append([f"files from afar a second, 1 worker and {WORKERS}", *_pair(rates, ".1f")])
    rows.append([f"memory of the command, MiB, {few:,} photos and {many:,}", *_pair(peaks, ".0f")])
    return Report(
        "scale-ray",
        "On Ray",
        "sonolux bench scale --part ray",
        "Photos of some 500 pixels added with colour-layout and bm25, each addition in a process of its own, in turn:"
        " here with the decoding processes of the settings, and with a Ray that is started for it; the start of"
        " processes and of Ray is left out. Files from afar are read by a reader that waits half a second for each;"
        " tasks alone are timed, once all workers have begun. Memory is the most that the command itself holds which is"
        " no file's and not shared with Ray.",
        ("what", "first", "second", "second / first"),
        rows,
        [
            compare_with_target(
                "rate on Ray over that here, lowest round", min(there / here for here, there in rounds), ASKED
            ),
            compare_with_target(f"{WORKERS} waiting workers over one", rates[1] / rates[0], TIMES),
            compare_with_target(f"memory, {many:,} over {few:,} photos", peaks[1] / peaks[0], FLAT, at_most=True),
        ],
    )


def _pair(numbers: list[float], form: str) -> list[str]:
    return [f"{numbers[0]:{form}}", f"{numbers[1]:{form}}", f"{numbers[1] / numbers[0]:.2f}"]
