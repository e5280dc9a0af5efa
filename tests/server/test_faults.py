"""Faults of the running service: killed processes, a second service of one library.

Whatever is killed, and whenever: an upload that was answered 201 is there afterwards, a job that was answered 202 ends
done, and no lock is left.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import PIL.Image
import pytest

from sonolux.evaluation.serving.process import ServedLibrary
from sonolux.library import Library

FILES = 37
ADDED = 120
"""Files that each job adds."""

SOON = 120.0


def until(holds: Callable[[], Any], seconds: float = SOON) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
    return found


class Served(ServedLibrary):
    """A service that can be killed, and whose failures are no errors of the test."""

    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def library_pid(self) -> int:
        """Return the library process, 0 for none."""
        for child in Path(f"/proc/{self.pid()}/task/{self.pid()}/children").read_text().split():
            if b"sonolux.server.library_process" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        return 0

    def kill(self) -> None:
        """Kill the front, as a machine without memory does."""
        os.kill(self.pid(), signal.SIGKILL)
        assert self._process is not None
        self._process.wait(30)

    def sent(self, method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> Any:
        """Return status and JSON of an answer, None where none came."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": media_type})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


class Uploading:
    """Somebody who uploads pictures one after the other, and notes which were acknowledged."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.acknowledged: dict[str, bytes] = {}
        self.service: Served | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Uploading:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            content, id_ = picture(self.random), str(uuid.uuid4())
            service = self.service
            told = service and service.sent("PUT", f"/api/v1/uploads/{id_}", content, "application/octet-stream")
            if told and told[0] == 201:
                self.acknowledged[id_] = content


def picture(random: np.random.Generator) -> bytes:
    out = io.BytesIO()
    PIL.Image.fromarray(random.integers(0, 256, (24, 24, 3), dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def write_files(folder: Path, seed: int) -> None:
    folder.mkdir()
    for number in range(ADDED):
        (folder / f"{number}.txt").write_text(
            f"Note {number} of {seed} is about {'word ' * (number % 7)}and {number}.\n"
        )


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_what_is_acknowledged_outlives_kills(copied: Path, private_home: Path, kills: int) -> None:
    media, log, random = private_home / "media", private_home / "serve.log", Random(kills)
    media.mkdir()
    jobs: list[str] = []
    service = Served(copied, media, log).__enter__()
    try:
        with Uploading(kills) as uploading:
            for number in range(kills):
                write_files(media / str(number), number)
                uploading.service = service
                params = [("add", {"paths": [str(media / str(number))], "labels": False}), ("optimize", {})]
                for kind, given in params:
                    told = service.sent("POST", "/api/v1/jobs", json.dumps({"kind": kind, "params": given}).encode())
                    assert told is not None and told[0] == 202, told
                    jobs.append(told[1]["id"])
                time.sleep(random.uniform(0.05, 1.5))
                if number % 2:
                    service.kill()
                    service = Served(copied, media, log).__enter__()
                else:
                    os.kill(until(service.library_pid), signal.SIGKILL)
                    until(lambda service=service: ready(service))
                for id_ in jobs[-2:]:
                    ended = until(lambda id_=id_, service=service: over(service, id_))
                    assert ended["state"] == "done", ended
        assert len(uploading.acknowledged) >= kills
        for id_, content in uploading.acknowledged.items():
            assert service.ask("GET", f"/api/v1/uploads/{id_}")["bytes"] == len(content)
            assert (copied / "service" / "uploads" / id_).read_bytes() == content
        assert {service.ask("GET", f"/api/v1/jobs/{id_}")["state"] for id_ in jobs} == {"done"}
    finally:
        service.__exit__()
    assert not list((copied / "service" / "uploads").glob("*.part"))
    with Library(copied) as library:  # no lock is left
        assert library.info()["files"] == FILES + kills * ADDED
        assert len({item.path for item in library.items()}) == FILES + kills * ADDED
        assert library.search("a picture", k=5) is not None


def ready(service: Served) -> bool:
    told = service.sent("GET", "/readyz")
    return told is not None and told[0] == 200


def over(service: Served, id_: str) -> Any:
    """Return a job that is over, None for one that is not, or while nobody answers."""
    told = service.sent("GET", f"/api/v1/jobs/{id_}")
    return told[1] if told and told[0] == 200 and told[1]["ended"] else None


def test_a_second_service_of_one_library_says_who_has_it(copied: Path, private_home: Path) -> None:
    with Served(copied, private_home, private_home / "serve.log") as service:
        script = str(Path(sys.executable).with_name("sonolux"))
        command = [script, "serve", "--library", str(copied), "--port", "0"]
        second = subprocess.run(command, capture_output=True, text=True, timeout=SOON, check=False)
        assert second.returncode == 1
        told = [line for line in second.stderr.splitlines() if line.startswith("sonolux: ")]
        assert len(told) == 1 and f"in use by process {service.library_pid()}" in told[0]
        assert ready(service)
