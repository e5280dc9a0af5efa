"""The running service: uvicorn with the app, the library process under its supervisor, and how both end.

SIGTERM and Ctrl-C let requests under way finish, within a bound; the library process then parks its job and flushes.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from sonolux.errors import SonoluxError
from sonolux.server.app import make_app
from sonolux.server.configuration import Configuration
from sonolux.server.observing import log_json_lines
from sonolux.server.security.connections import timed_protocol
from sonolux.server.security.own_socket import listen_on_own
from sonolux.server.security.tokens import TokenStore
from sonolux.server.state import ServiceState
from sonolux.server.supervisor import Supervisor, private_folder

ENDING_SECONDS = 10
"""For requests under way, once the service ends."""

BACKLOG = 512
"""Connections that wait to be taken up: whoever comes while the library is opened waits, and is not refused."""

IDLE_SECONDS = 15
"""For a connection between two requests."""

OWN = "front"
"""Name of the service's own socket."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


def check_exposure(configuration: Configuration, certificate: Certificate | None, *, insecure: bool) -> None:
    """Raise where others than this machine could reach the service, and read along.

    Raises
    ------
    SonoluxError
        With what to do.
    """
    if configuration.needs_token and certificate is None and not insecure:
        raise SonoluxError(
            f"{configuration.host} can be reached from other machines, where anybody on the way could read along: give"
            " --tls-cert and --tls-key, or, behind a proxy that does that or on a network you trust, --insecure"
        )


def token_for(state: ServiceState, configuration: Configuration, *, new: bool) -> str:
    """Return a new token, where the service needs one and has none, or another is wanted; else nothing."""
    if not configuration.needs_token:
        return ""
    store = TokenStore(state)
    return store.new_token() if new or not store.has_token() else ""


def run_service(
    configuration: Configuration,
    state: ServiceState,
    certificate: Certificate | None = None,
    started: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Parameters
    ----------
    configuration : Configuration
    state : ServiceState
    certificate : Certificate, optional
        For HTTPS.
    started : callable, optional
        Called with the port once questions are answered.

    Raises
    ------
    SonoluxError
        Where the library or the address cannot be had.
    """
    log_json_lines()
    listening = listen(configuration)
    try:
        with suppress(asyncio.CancelledError):  # asked to end before it had started
            asyncio.run(_serve(configuration, state, certificate, listening, started))
    finally:
        listening.close()


def listen(configuration: Configuration) -> socket.socket:
    """Open the port, before anything else is started; SonoluxError where that is not possible."""
    family = socket.AF_INET6 if ":" in configuration.host else socket.AF_INET
    # By this number asyncio knows TCP, and sends at once what is small: else answers wait 40 ms for acknowledgements.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((configuration.host.strip("[]"), configuration.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        place = f"{configuration.host}:{configuration.port}"
        raise SonoluxError(f"cannot listen on {place}: {error.strerror or error}: choose another --port") from error
    listening.set_inheritable(False)
    return listening


async def _serve(
    configuration: Configuration,
    state: ServiceState,
    certificate: Certificate | None,
    listening: socket.socket,
    started: Callable[[int], None] | None,
) -> None:
    folder = private_folder()
    own = listen_on_own(folder / OWN)
    supervisor = Supervisor(configuration.location, configuration.roots, folder=folder, announced=folder / OWN)
    server: StoppableServer | None = None
    serving = asyncio.current_task()

    def end(number: int) -> None:
        if server is not None:
            server.handle_exit(number, None)
        elif serving is not None:
            serving.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    try:
        await supervisor.start()
        app = make_app(replace(configuration, own_socket=folder / OWN), supervisor.client, state)
        server = StoppableServer(_uvicorn_configuration(app, configuration, certificate), app, own)
        if started is not None:
            started(listening.getsockname()[1])
        await server.serve(sockets=[listening])
    finally:
        own.close()
        await supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


class StoppableServer(uvicorn.Server):
    """uvicorn's server, which answers at the service's own socket too, and leaves signals to who started it.

    Nobody can read along at the own socket, so it needs no certificate. By itself uvicorn would end the process by the
    signal that it got, and leave no time to what comes after it: to have the library process park its job.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI, own: socket.socket) -> None:
        super().__init__(config)
        self._stopping = app.state.front.stopping
        self._own = own

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_unix_server(self._answering, sock=self._own))

    def _answering(self) -> asyncio.Protocol:
        """Return what answers one connection to the own socket."""
        protocol: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Take no signals."""
        return nullcontext()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order; asked a second time, at once."""
        super().handle_exit(sig, frame)
        self._stopping.set()


def _uvicorn_configuration(
    app: FastAPI, configuration: Configuration, certificate: Certificate | None
) -> uvicorn.Config:
    limits = configuration.limits
    return uvicorn.Config(
        app,
        http=timed_protocol(limits.header_seconds, limits.send_seconds),
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        # What is beyond it is answered 503 by uvicorn itself: connections that ask nothing count too.
        limit_concurrency=2 * limits.requests,
        h11_max_incomplete_event_size=limits.header + limits.query,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=ENDING_SECONDS,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
