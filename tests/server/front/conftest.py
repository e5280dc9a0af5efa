"""The front over a real library that answers in the same process, and over a real server where sockets matter."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.testclient import TestClient

from serving import Service
from sonolux.library import Library
from sonolux.server.configuration import Limits
from sonolux.server.security.connections import timed_protocol


@pytest.fixture(scope="module")
def service(sample: Path, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of the sample; tests of one file share it, and change no item."""
    location = Path(shutil.copytree(filled, tmp_path_factory.mktemp("served") / "library.sonolux"))
    with Library(location) as library:
        yield Service(location, sample.resolve(), library)


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with service.client() as opened:
        yield opened


@pytest.fixture
def serve(service: Service) -> Iterator[Callable[..., str]]:
    """Return a function that serves on a free port of loopback, and returns the address; all end with the test."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(limits: Limits | None = None, **given: Any) -> str:
        bounds = limits or Limits()
        app = service.app(limits=bounds, **given)
        protocol = timed_protocol(bounds.header_seconds, bounds.send_seconds)
        config = uvicorn.Config(app, http=protocol, ws="none", log_config=None, h11_max_incomplete_event_size=20_000)
        server = uvicorn.Server(config)
        listening = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        running.append((server, thread))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                httpx.get(f"{address}/healthz", trust_env=False)
                return address
            except httpx.TransportError:
                time.sleep(0.05)
        raise TimeoutError(address)

    yield start
    for server, thread in running:
        server.should_exit = server.force_exit = True
        thread.join(20)
        assert not thread.is_alive()
