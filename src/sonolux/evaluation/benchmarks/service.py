"""Service benchmark: what HTTP costs, what many clients wait for, and what a browser shows when.

The library holds pictures of CIFAR-10 and recordings, added with the default spaces and kept in the folder of work, so
that a second run starts at once. Everything is measured in one run: a question asked of `Library` and over HTTP; the
thumbnails of a first screen; whole commands with the service running; clients in closed loops, alone and while a job
adds other pictures.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import numpy as np

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.serving.clients import EVENTS, LoadTally, Mix, run_clients, search_body, watch
from sonolux.evaluation.serving.first_page import SHOWN, FirstPage
from sonolux.evaluation.serving.process import ServedLibrary
from sonolux.library import Library

WORDS = (
    "a ship at sea",
    "truck",
    "a bird on a branch",
    "frog",
    "red car",
    "an aeroplane in the sky",
    "horse",
    "violin",
)
QUESTIONS = 200
COMMANDS = 15
ADDED = 5_000
"""Pictures that a job adds while clients ask."""

SETTLED = 10.0
"""Seconds after which memory is to be flat."""

WATCHED = 0.05
"""Seconds between two requests of somebody who only watches."""

UPLOADS = 64

JUDGED = 20
"""Requests of a kind of which a p99 says something."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of clients in closed loops.

    Attributes
    ----------
    tally : LoadTally
    settled, last : dict
        MiB by process, after `SETTLED` seconds and at the end.
    watched : dict
        Milliseconds of what was asked beside them, by path.
    """

    tally: LoadTally
    settled: dict[str, float]
    last: dict[str, float]
    watched: dict[str, list[float]]


def benchmark_service(
    data: Path, work: Path, say: Announce, *, photos: int = 20_000, clients: int = 64, seconds: float = 60.0
) -> Report:
    """Measure the service over a library of pictures and recordings.

    Parameters
    ----------
    data : Path
        Folder of the data sets: ``cifar10`` and ``recordings``.
    work : Path
        Folder in which the library is made, or found again.
    say : callable
        Called with a line on where it stands.
    photos : int
        Pictures in the library.
    clients : int
        Clients that ask side by side.
    seconds : float
        For how long.
    """
    folder, library = _library(data, work, photos, say)
    say("asking the library itself")
    alone = _ask_library(library)
    shutil.rmtree(work / "cache", ignore_errors=True)  # so that the first thumbnails are made in every run
    with ServedLibrary(library, folder, work / "serve.log", (work / "cache").resolve()) as service:
        say("asking over HTTP")
        over_http = _ask_service(service)
        say("looking at first screens")
        screens = _look_at_first_screens(service)
        commands = _time_commands(library)
        mix = _mix(service, folder)
        say(f"{clients} clients for {seconds:.0f} s")
        quiet = _load(service, mix, clients, seconds)
        say(f"{clients} clients while a job adds {ADDED:,} pictures")
        with _adding(service, _more_pictures(data, folder)):
            busy = _load(service, mix, clients, seconds)
        metrics = _metrics(service)
    with Library(library) as opened:
        opened.remove(folder / "more")
    return _report(photos, clients, seconds, (alone, over_http, screens), commands, (quiet, busy), metrics)


def _library(data: Path, work: Path, photos: int, say: Announce) -> tuple[Path, Path]:
    """Return the folder of media and the library, made unless they are there."""
    work = work.resolve()
    folder, library = work / f"media-{photos}", work / f"{photos}.sonolux"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _write_pictures(data / "cifar10" / "train.parquet", folder / "pictures", photos)
        shutil.copytree(data / "recordings", folder / "recordings")
        (folder / "whole").touch()
    say(f"adding what is not there yet of {photos:,} pictures")
    with Library(library) as opened:
        opened.add(folder / "pictures", folder / "recordings")
    return folder, library


def _write_pictures(table: Path, folder: Path, count: int) -> None:
    """Write the first pictures of a table as files, named by their class."""
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(table).slice(0, count)
    folder.mkdir(parents=True)
    for number, (image, label) in enumerate(zip(rows["image"], rows["label"], strict=True)):
        content = image.as_py()
        content = content["bytes"] if isinstance(content, dict) else content
        (folder / f"{label.as_py()} {number:05}.jpg").write_bytes(content)


def _more_pictures(data: Path, folder: Path) -> Path:
    """Write the pictures that a job adds, other ones in every run."""
    more = folder / "more" / f"{time.time_ns()}"
    _write_pictures(data / "cifar10" / "test.parquet", more, ADDED)
    for number, path in enumerate(more.iterdir()):
        content = path.read_bytes()
        note = f"{more.name} {number}".encode()
        path.write_bytes(content[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + content[2:])
    return more


def _ask_library(library: Path) -> list[float]:
    """Return milliseconds of questions in words."""
    with Library(library) as opened:
        for words in WORDS:
            opened.search(words, k=20)
        return [_timed(lambda words=words: opened.search(words, k=20)) for words in _questions()]


def _ask_service(service: ServedLibrary) -> list[float]:
    """Return milliseconds of the same questions over one connection."""
    connection = HTTPConnection("127.0.0.1", service.port)

    def ask(words: str) -> None:
        body = search_body({"kind": "text", "text": words})
        connection.request("POST", "/api/v1/search", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SonoluxError(f"a question was answered {answer.status}: {text[:300].decode(errors='replace')}")

    for words in WORDS:
        ask(words)
    taken = [_timed(lambda words=words: ask(words)) for words in _questions()]
    connection.close()
    return taken


def _look_at_first_screens(service: ServedLibrary) -> dict[str, list[float]]:
    """Return milliseconds to the first thumbnails, where they are made and where they were made before."""
    screens = {}
    with FirstPage(service.port) as page:
        for number, name in enumerate(("made", "made before")):
            screens[name] = [page.time(f"{words} {number}") for words in WORDS]
    return screens


def _questions() -> Iterator[str]:
    """Yield questions no two of which are the same, so that no kept ranking answers."""
    for number in range(QUESTIONS):
        yield f"{WORDS[number % len(WORDS)]} {number}"


def _timed(call: Any) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def _time_commands(library: Path) -> dict[str, list[float]]:
    """Return milliseconds of whole commands, in turn."""
    script = str(Path(sys.executable).with_name("sonolux"))
    commands = {
        "sonolux --help": [script, "--help"],
        "sonolux search": [script, "search", "a ship at sea", "--library", str(library)],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(COMMANDS + 1):
        for name, command in commands.items():
            once = _timed(lambda command=command: subprocess.run(command, check=True, capture_output=True))
            if run:
                taken[name].append(once)
    return taken


def _mix(service: ServedLibrary, folder: Path) -> Mix:
    """Return what clients ask for: words, and items and files of the library."""
    where = quote('{"modality": "image"}')  # recordings have no thumbnail
    items = [item["id"] for item in service.ask("GET", f"/api/v1/items?limit=200&where={where}")["items"]]
    pictures = sorted((folder / "pictures").iterdir())[:UPLOADS]
    return Mix(WORDS, items, [_enlarged(path) for path in pictures])


def _enlarged(path: Path) -> bytes:
    """Return a picture as somebody sends one."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(path) as image:
        image.resize((640, 640)).save(out, "JPEG")
    return out.getvalue()


def _load(service: ServedLibrary, mix: Mix, clients: int, seconds: float) -> Load:
    """Have clients ask, and others watch beside them."""
    paths = ("/healthz", f"/api/v1/items/{mix.items[0]}/thumbnail?width=320", "/api/v1/jobs", EVENTS)
    with ProcessPoolExecutor(len(paths), get_context("spawn")) as processes, ThreadPoolExecutor(1) as threads:
        watching = {path: processes.submit(watch, service.port, path, WATCHED, seconds) for path in paths}
        running = threads.submit(run_clients, service.port, mix, clients, seconds)
        time.sleep(min(SETTLED, seconds / 2))
        settled = service.memory()
        tally = running.result()
        last = service.memory()
        watched = {path.split("?")[0].split("/")[-1]: future.result() for path, future in watching.items()}
    return Load(tally, settled, last, watched)


@contextmanager
def _adding(service: ServedLibrary, folder: Path) -> Iterator[None]:
    """Have a job add a folder; what it has not added at the end is cancelled, and the folder goes."""
    job = service.ask("POST", "/api/v1/jobs", {"kind": "add", "params": {"paths": [str(folder)]}})
    try:
        yield
    finally:
        done = service.ask("GET", f"/api/v1/jobs/{job['id']}")
        if done["state"] in ("queued", "running"):
            service.ask("DELETE", f"/api/v1/jobs/{job['id']}")
        shutil.rmtree(folder)


def _metrics(service: ServedLibrary) -> dict[str, float]:
    """Return the plain numbers that the service counts."""
    connection = HTTPConnection("127.0.0.1", service.port)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    plain = [line.split() for line in lines if line and line[0] != "#" and "{" not in line]
    return {name: float(value) for name, value in (line[:2] for line in plain)}


def _report(
    photos: int,
    clients: int,
    seconds: float,
    asked: tuple[list[float], list[float], dict[str, list[float]]],
    commands: dict[str, list[float]],
    loads: tuple[Load, Load],
    metrics: dict[str, float],
) -> Report:
    quiet, busy = loads
    rows = [
        _row("a question in words, `Library.search`", asked[0]),
        _row("the same over HTTP, one client", asked[1]),
        *(_row(f"a question and its first {SHOWN} thumbnails, {name}", taken) for name, taken in asked[2].items()),
        *(_row(f"`{name}`, whole command", taken) for name, taken in commands.items()),
    ]
    for name, load in (("", quiet), (", while adding", busy)):
        rows += [
            _row(f"{kind}, {clients} clients{name}", taken) for kind, taken in sorted(load.tally.latencies.items())
        ]
        rows += [_row(f"{path}, watched{name}", taken) for path, taken in load.watched.items()]
    return Report(
        name="serve",
        title="The service",
        command=f"sonolux bench serve --photos {photos} --clients {clients} --seconds {seconds:.0f}",
        about=(
            f"Milliseconds. A library of {photos:,} pictures of CIFAR-10 and 14 recordings with the default spaces;"
            f" {clients} clients in closed loops for {seconds:.0f} s, seed 0: words, an example, an upload and a"
            f" question with it, an item, thumbnails. Then the same while a job adds {ADDED:,} other pictures."
        ),
        columns=("what", "times", "median", "p99", "most"),
        rows=rows,
        verdicts=[*_verdicts(asked, commands, loads), *_memory_told(quiet), *_waits_told(metrics)],
    )


def _verdicts(
    asked: tuple[list[float], list[float], dict[str, list[float]]],
    commands: dict[str, list[float]],
    loads: tuple[Load, Load],
) -> Iterator[str]:
    quiet, busy = loads
    alone, over_http = median(asked[0]), median(asked[1])
    yield compare_with_target("HTTP over `Library.search`, ms", over_http - alone, 5, at_most=True)
    for name, taken in asked[2].items():
        told = f"first {SHOWN} thumbnails after a question, {name}, ms"
        yield compare_with_target(told, median(taken), 300, at_most=True)
    help_, search = commands.values()
    ratio = median(one / other for one, other in zip(search, help_, strict=True))
    yield compare_with_target("`sonolux search` over `sonolux --help`", ratio, 1.5, at_most=True)
    for name, load in (("", quiet), (" while adding", busy)):
        told = f": {load.tally.errors[0]}" if load.tally.errors else ""
        yield compare_with_target(f"failed requests{name}", load.tally.failed, 0, at_most=True, form=".0f") + told
    for kind, taken in sorted(quiet.tally.latencies.items()):
        told = f"p99 over median of {kind}"
        if len(taken) < JUDGED:
            yield f"{told}: not judged, for there were {len(taken)} requests"
        else:
            yield compare_with_target(told, _p99(taken) / median(taken), 5, at_most=True)
    for path, taken in busy.watched.items():
        yield compare_with_target(f"p99 of {path} while adding, ms", _p99(taken), 150, at_most=True)
    ratio = _p99(_questions_of(busy)) / median(_questions_of(quiet))
    yield compare_with_target("p99 of questions while adding over their quiet median", ratio, 10, at_most=True)


def _memory_told(load: Load) -> Iterator[str]:
    for name, settled in load.settled.items():
        ratio = load.last[name] / max(settled, 1.0)
        yield compare_with_target(f"memory of the {name} process, end over {SETTLED:.0f} s", ratio, 1.05, at_most=True)


def _waits_told(metrics: dict[str, float]) -> Iterator[str]:
    longest = metrics.get("sonolux_longest_wait_seconds")
    if longest is not None:
        yield f"longest that a question waited while the index put away what was written: {1000 * longest:.0f} ms"


def _questions_of(load: Load) -> list[float]:
    return [one for kind in ("words", "example", "picture") for one in load.tally.latencies[kind]]


def _p99(taken: Sequence[float]) -> float:
    return float(np.percentile(taken, 99))


def _row(what: str, taken: Sequence[float]) -> list[str]:
    return [what, f"{len(taken):,}", f"{median(taken):.1f}", f"{_p99(taken):.1f}", f"{max(taken):.1f}"]
