"""The application: routers under guards, and the page, as one FastAPI app.

A request passes the guards from the outside in: security headers, observation, host,
origin, sign-in, places, bounds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import from_thread
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from sonolux import __version__
from sonolux.errors import SonoluxError
from sonolux.server.api import (
    export,
    interactions,
    items,
    jobs,
    library,
    media,
    recommending,
    saved,
    search,
    service,
    session,
    uploads,
)
from sonolux.server.api.documents import ProblemDocument
from sonolux.server.api.refusals import add_refusals
from sonolux.server.configuration import Configuration
from sonolux.server.etags import JsonTags
from sonolux.server.front import Calls, Front
from sonolux.server.observing import LOG, Observer
from sonolux.server.security.bounds import RequestBounds
from sonolux.server.security.concurrency import RequestPlaces
from sonolux.server.security.headers import SecurityHeaders
from sonolux.server.security.hosts import HostGuard
from sonolux.server.security.origins import OriginGuard
from sonolux.server.security.sign_in import SignInGuard
from sonolux.server.state import ServiceState

if TYPE_CHECKING:
    from mcp.server import MCPServer

PAGE = Path(__file__).with_name("page")

SUBJECTS = (search, recommending, interactions, items, media, uploads, library, jobs, saved, export, session, service)
ROUTERS = [module.router for module in SUBJECTS]

LOOK_SECONDS = 0.5
"""Between two looks for jobs that have ended."""

CLEANING_SECONDS = 600.0
"""Between two looks for uploads that have expired."""


def make_app(configuration: Configuration, calls: Calls, state: ServiceState) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    configuration : Configuration
    calls : Calls
        The library process, or what answers in its place.
    state : ServiceState
        The service's own folder.
    """
    front = Front.of(configuration, calls, state)
    app = FastAPI(
        title="Sonolux",
        version=__version__,
        description="Find photos, music, sounds, speech, video and text in one library.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=_guards(front),
        separate_input_output_schemas=False,
    )
    app.state.front = front
    add_refusals(app)
    for router in ROUTERS:
        app.include_router(router)
    _describe_problems(app)
    app.state.assistants = _add_assistants(app, front) if find_spec("mcp") else None
    # Asked last of all: mounted at /, it would answer for methods that an address of the API does not take.
    app.router.default = StaticFiles(directory=PAGE, html=True)
    return app


def _add_assistants(app: FastAPI, front: Front) -> MCPServer:
    """Have tools for assistants at ``/mcp``, behind the same guards as all else."""
    from sonolux.server.assistants import http_routes, make_assistants

    assistants = make_assistants(front)
    app.router.routes += http_routes(assistants)
    return assistants


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        if app.state.assistants is not None:
            await stack.enter_async_context(app.state.assistants.session_manager.run())
        tasks = await stack.enter_async_context(anyio.create_task_group())
        front = app.state.front
        tasks.start_soon(_repeat, front.uploads.remove_expired, CLEANING_SECONDS)
        tasks.start_soon(_repeat, _forget_after_jobs(front), LOOK_SECONDS)
        yield
        tasks.cancel_scope.cancel()


async def _repeat(work: Callable[[], None], seconds: float) -> None:
    """Do some work in a thread again and again; what fails once, on a full disk say, is tried again."""
    while True:
        await anyio.sleep(seconds)
        try:
            await anyio.to_thread.run_sync(work)
        except (SonoluxError, OSError):
            LOG.exception("the service cannot keep its state in order")


def _forget_after_jobs(front: Front) -> Callable[[], None]:
    """Return what looks whether jobs have ended, and has locations forgotten that may have changed by them."""
    seen = 0

    def look() -> None:
        nonlocal seen
        last = front.jobs.last_end()
        if last != seen:
            seen = last
            from_thread.run_sync(front.locations.forget)

    return look


def _guards(front: Front) -> list[Middleware]:
    """Return the middleware, the outermost first."""
    configuration = front.configuration
    return [
        Middleware(SecurityHeaders, secure=configuration.secure),
        Middleware(Observer, metrics=front.metrics),
        Middleware(HostGuard, configuration=configuration),
        Middleware(OriginGuard),
        Middleware(SignInGuard, tokens=front.tokens, configuration=configuration),
        Middleware(RequestPlaces, places=front.requests),
        Middleware(RequestBounds, limits=configuration.limits),
        Middleware(JsonTags),
    ]


def _describe_problems(app: FastAPI) -> None:
    """Have the description of the API name problem documents where FastAPI would name its own errors."""
    describe = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            found = describe()
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas[ProblemDocument.__name__] = ProblemDocument.model_json_schema()
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
