"""A full disk and a clock that is turned back: what was kept stays, what cannot be kept is said so.

A limit on the size of files (RLIMIT_FSIZE) stands for the disk: writes fail in the same places.
"""

from __future__ import annotations

import io
import os
import resource
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from starlette.testclient import TestClient

from serving import Service, problem
from sonolux.library import Library
from sonolux.server.configuration import Limits
from sonolux.server.jobs.table import JobTable
from sonolux.server.jobs.worker import JobWorker
from sonolux.server.security.tokens import SESSION_SECONDS, TokenStore
from sonolux.server.state import DiskFullError, ServiceState
from sonolux.server.uploads import UploadFolder
from sonolux.settings import settings


def picture(side: int) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@contextmanager
def full(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def in_pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 10_000):
        yield content[start : start + 10_000]


@pytest.fixture
def uploads(service: Service) -> Iterator[UploadFolder]:
    folder = UploadFolder(service.state(), Limits())
    yield folder
    for upload in folder.all():
        folder.remove(uuid.UUID(upload.id))
    assert list(folder.folder.iterdir()) == []


def test_a_disk_that_fills_while_an_upload_comes(client: TestClient, uploads: UploadFolder) -> None:
    kept = client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=picture(16)).json()["id"]
    with full(100_000):
        told = problem(client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=in_pieces(picture(400))), "quota", 507)
        assert "full" in told["detail"] and "remove" in told["detail"]
    assert [path.name for path in uploads.folder.iterdir()] == [kept]
    assert client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=picture(400)).status_code == 201


def test_a_disk_that_fills_before_an_upload_is_noted(
    client: TestClient, uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table cannot be written: one that takes the place of another leaves that as it was."""

    @contextmanager
    def writing(self: ServiceState) -> Iterator[None]:
        raise DiskFullError("service.sqlite cannot be written: database or disk is full")
        yield

    id_ = client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=picture(8)).json()["id"]
    with full(1_000):
        problem(client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=picture(9)), "quota", 507)
        problem(client.post("/api/v1/jobs", json={"kind": "optimize"}), "quota", 507)
    with monkeypatch.context() as patched:
        patched.setattr(ServiceState, "writing", writing)
        problem(client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=picture(9)), "quota", 507)
        problem(client.put(f"/api/v1/uploads/{id_}", content=picture(10)), "quota", 507)
        assert client.get(f"/api/v1/uploads/{id_}").json()["bytes"] == len(picture(8))
    assert [path.name for path in uploads.folder.iterdir()] == [id_]
    assert (uploads.folder / id_).read_bytes() == picture(8)
    assert client.get("/api/v1/jobs").json() == {"jobs": []}


def test_a_disk_that_is_full_while_a_job_adds(
    service: Service, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job fails in a line, questions are answered, and with room again the next job is done."""
    with Library(tmp_path / "library.sonolux") as library:
        (tmp_path / "note.txt").write_text("a note about rain", encoding="utf-8")
        library.add(tmp_path / "note.txt", spaces=["bm25"])
        table = JobTable(ServiceState.of(str(tmp_path / "library.sonolux")))
        worker = JobWorker(library, table, [str(tmp_path)])
        (tmp_path / "more.txt").write_text("more about snow", encoding="utf-8")
        params = {"paths": [str(tmp_path / "more.txt")], "labels": False}
        with monkeypatch.context() as patched:
            patched.setattr(settings(), "min_free", 2**62)
            first = table.insert("add", params)
            worker.start()
            ended = over(table, first.id)
            assert ended == ("failed", ended[1]) and "disk" in ended[1] and "nearly full" in ended[1]
            assert library.search("rain", k=1)[0].path.endswith("note.txt")
        assert over(table, table.insert("add", params).id) == ("done", "")
        worker.park()
        assert library.info()["files"] == 2


def over(table: JobTable, id_: str) -> tuple[str, str]:
    end = time.monotonic() + 60
    while table.job(id_).ended is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    return table.job(id_).state, table.job(id_).reason


def test_a_state_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    state = ServiceState(tmp_path)
    state.prepare("test", ("CREATE TABLE words (word TEXT)",))
    with full(1_000), pytest.raises(DiskFullError, match=r"service\.sqlite cannot be"), state.writing() as rows:
        rows.executemany("INSERT INTO words VALUES (?)", [("x" * 1000,)] * 100)
    with state.reading() as rows:
        assert rows.execute("SELECT count(*) FROM words").fetchone()[0] == 0


# -- clocks ----------------------------------------------------------------------------------------------------


def test_an_upload_of_the_future_expires_once_the_clock_was_turned_back(
    service: Service, uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.time()
    with service.client() as client:
        monkeypatch.setattr(time, "time", lambda: begun + 10 * 365 * 86_400)
        id_ = client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=picture(8)).json()["id"]
        monkeypatch.setattr(time, "time", lambda: begun)  # as it is in truth
        assert client.get(f"/api/v1/uploads/{id_}").status_code == 200
        uploads.remove_expired()
        assert client.get(f"/api/v1/uploads/{id_}").status_code == 200  # nothing is lost by the clock
        monkeypatch.setattr(time, "time", lambda: begun + 2 * 86_400)
        uploads.remove_expired()
        problem(client.get(f"/api/v1/uploads/{id_}"), "not-found", 404)


def test_a_session_of_the_future_ends_once_the_clock_was_turned_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, store = time.time(), TokenStore(ServiceState(tmp_path))
    monkeypatch.setattr(time, "time", lambda: begun + 10 * 365 * 86_400)
    secret = store.open_session()
    monkeypatch.setattr(time, "time", lambda: begun)
    assert store.session_name(secret) is not None
    monkeypatch.setattr(time, "time", lambda: begun + SESSION_SECONDS + 1)
    assert store.session_name(secret) is None


def test_jobs_are_taken_as_they_came_whatever_the_clock_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.server.jobs import table as module

    table = JobTable(ServiceState(tmp_path))
    monkeypatch.setattr(module, "time_now", lambda: "2099-01-01T00:00:00.000+00:00")
    first = table.insert("optimize", {})
    monkeypatch.setattr(module, "time_now", lambda: "1999-01-01T00:00:00.000+00:00")
    second = table.insert("copies", {})
    assert [job.id for job in table.jobs()] == [second.id, first.id]
    taken = table.take(os.getpid())
    assert taken is not None and taken.id == first.id
    assert table.changed_after(0)[-1].id == first.id
