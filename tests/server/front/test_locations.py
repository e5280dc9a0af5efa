"""Locations of items that are kept: shown while the library is busy, forgotten when jobs have ended; what repeats."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from serving import Service, problem
from sonolux.server import app as app_module
from sonolux.server.media import locations as module
from sonolux.server.media.locations import Locations
from sonolux.server.uploads import UploadFolder


class Places:
    """A library process that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []

    async def __call__(self, id_: UUID) -> dict[str, Any]:
        self.asked.append(id_)
        return {"id": str(id_), "times": len(self.asked)}


def test_a_location_is_kept_forgotten_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        places, ids = Places(), [uuid4() for _ in range(4)]
        kept = Locations(places)
        assert await kept.find(ids[0]) == await kept.find(ids[0])
        assert len(places.asked) == 1
        kept.forget()
        await kept.find(ids[0])
        assert len(places.asked) == 2
        monkeypatch.setattr(module, "KEPT_SECONDS", 0.0)
        await kept.find(ids[1])
        await kept.find(ids[1])
        assert len(places.asked) == 4
        monkeypatch.setattr(module, "KEPT_SECONDS", 60.0)
        monkeypatch.setattr(module, "MOST_KEPT", 2)
        for id_ in ids[1:]:
            await kept.find(id_)
        await kept.find(ids[1])
        assert len(places.asked) == 8  # the first had gone

    asyncio.run(main())


def test_what_is_found_while_a_job_ends_is_not_kept() -> None:
    async def main() -> None:
        id_ = uuid4()

        async def slow(_: UUID) -> dict[str, Any]:
            kept.forget()
            return {"id": str(id_)}

        kept = Locations(slow)
        assert await kept.find(id_) == {"id": str(id_)}
        assert not kept._kept

    asyncio.run(main())


def test_thumbnails_do_not_ask_the_library_twice_and_removed_items_are_gone(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "LOOK_SECONDS", 0.05)
    id_ = service.first("image")
    app = service.app()
    front, asked = app.state.front, app.state.front.calls.asked
    with app_client(app) as client:
        for _ in range(3):
            assert client.get(f"/api/v1/items/{id_}/thumbnail").status_code == 200
        assert asked.count("locate") == 1
        job = front.jobs.insert("optimize", {})
        front.jobs.take(1)
        front.jobs.finish(job.id, "done")
        until = time.monotonic() + 10
        while front.locations._kept:
            assert time.monotonic() < until
            time.sleep(0.02)
        problem(client.get(f"/api/v1/items/{uuid4()}/thumbnail"), "not-found", 404)


def test_a_disk_that_is_full_for_a_while_ends_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(_: UploadFolder) -> None:
        tried.append(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app_module, "CLEANING_SECONDS", 0.02)
    app = service.app()
    monkeypatch.setattr(UploadFolder, "remove_expired", fail)
    with app_client(app) as client:
        until = time.monotonic() + 10
        while len(tried) < 3:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert client.get("/healthz").status_code == 200


def app_client(app: Any) -> Any:
    from starlette.testclient import TestClient

    return TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))
