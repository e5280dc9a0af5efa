"""A front over a library that answers in the same process, and problem documents, for the tests of the service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from sonolux.errors import SonoluxError
from sonolux.library import Library
from sonolux.server.app import make_app
from sonolux.server.calls.answering import Answering
from sonolux.server.calls.answers import calls_over
from sonolux.server.calls.protocol import CallError
from sonolux.server.calls.serving import as_call_error
from sonolux.server.configuration import Configuration
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.state import ServiceState

BASE = "http://127.0.0.1:8000"


class DirectCalls:
    """The calls of a library process, answered in this one."""

    def __init__(self, library: Library, state: ServiceState) -> None:
        answering = Answering(library, state.uploads, CopyGroups(state))
        answering.warm.set()
        self.functions = calls_over(answering)
        self.asked: list[str] = []

    async def call(self, name: str, /, *, deadline: float = 30.0, **params: Any) -> Any:
        self.asked.append(name)
        if name not in self.functions:  # as the library process says it
            raise CallError("not-found", f"there is no call {name!r}")
        try:
            return await asyncio.wait_for(asyncio.to_thread(self.functions[name], params), deadline)
        except SonoluxError as error:
            raise as_call_error(error) from error


@dataclass(frozen=True)
class Service:
    """A front, its library, and how to make a client of it."""

    location: Path
    media: Path
    library: Library

    def state(self) -> ServiceState:
        return ServiceState.of(str(self.location))

    def app(self, calls: Any = None, **given: Any) -> Any:
        configuration = Configuration(str(self.location), **{"roots": (self.media,), **given})
        return make_app(configuration, calls or DirectCalls(self.library, self.state()), self.state())

    def client(self, base: str = BASE, **given: Any) -> TestClient:
        return TestClient(self.app(**given), base_url=base, client=("127.0.0.1", 50000), raise_server_exceptions=False)

    def id_of(self, name: str) -> str:
        return next(item.id for item in self.library.items() if Path(item.path).name == name)

    def first(self, modality: str) -> str:
        return next(item.id for item in self.library.items({"modality": modality}))


def problem(response: httpx.Response, kind: str, status: int) -> dict[str, Any]:
    """Return the problem document that a response is, of this kind."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert (told["type"], told["status"]) == (f"/problems/{kind}", status)
    assert told["title"] and told["detail"]
    return told
