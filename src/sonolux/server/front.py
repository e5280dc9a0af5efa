"""The front: what every request may need, made once, and how a request gets hold of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from anyio import CapacityLimiter, Event
from fastapi import Depends, Request

from sonolux.server.configuration import Configuration
from sonolux.server.jobs.table import JobTable
from sonolux.server.media.locations import Locations
from sonolux.server.media.web_versions import WebVersions
from sonolux.server.metrics import ServiceMetrics
from sonolux.server.saved import SavedSearches
from sonolux.server.security.concurrency import Places, Turns, client_of
from sonolux.server.security.tokens import TokenStore
from sonolux.server.state import ServiceState
from sonolux.server.uploads import UploadFolder

LONG = 600.0
"""Seconds for what may take long: a recording of hours is heard through."""

DECODERS = 8
"""Threads that wait for decoding processes, at most: others stay free for what is answered at once."""


class Calls(Protocol):
    """What answers for the library, as `sonolux.server.calls.client.LibraryClient` does."""

    async def call(self, name: str, /, *, deadline: float = 30.0, **params: Any) -> Any:
        """Call a function of the library process."""


@dataclass(slots=True)
class Front:
    """What requests need.

    Attributes
    ----------
    configuration : Configuration
    calls : Calls
        The library.
    state : ServiceState
    tokens : TokenStore or None
        None where no token is needed.
    uploads : UploadFolder
    saved : SavedSearches
    jobs : JobTable
    locations : Locations
        Of items.
    web_versions : WebVersions
    metrics : ServiceMetrics
    requests, exports : Places
        For what is under way.
    questions : Turns
        For what the library process works on.
    decoders : CapacityLimiter
        For threads that wait for decoding processes.
    stopping : Event
        Set when the service ends: who follows events is let go of.
    """

    configuration: Configuration
    calls: Calls
    state: ServiceState
    tokens: TokenStore | None
    uploads: UploadFolder
    saved: SavedSearches
    jobs: JobTable
    locations: Locations
    web_versions: WebVersions
    metrics: ServiceMetrics
    requests: Places
    exports: Places
    questions: Turns
    decoders: CapacityLimiter
    stopping: Event = field(default_factory=Event)

    @classmethod
    def of(cls, configuration: Configuration, calls: Calls, state: ServiceState) -> Front:
        """Make a front from its configuration."""
        limits = configuration.limits
        decoders = CapacityLimiter(DECODERS)
        # All programs of this machine come from one address: none is told from another, or kept short for it.
        requests_each = limits.requests_each if configuration.needs_token else limits.requests
        return cls(
            configuration=configuration,
            calls=calls,
            state=state,
            tokens=TokenStore(state) if configuration.needs_token else None,
            uploads=UploadFolder(state, limits, decoders),
            saved=SavedSearches(state),
            jobs=JobTable(state),
            locations=Locations(lambda id_: calls.call("locate", id=str(id_))),
            web_versions=WebVersions(limits.web_versions),
            metrics=ServiceMetrics(),
            requests=Places(requests_each, limits.requests, "requests"),
            exports=Places(max(limits.exports // 2, 1), limits.exports, "exports"),
            questions=Turns(limits.questions, limits.questions_waiting, limits.question_seconds),
            decoders=decoders,
        )


def front_of(request: Request) -> Front:
    """Return the front that a request came to."""
    front = request.app.state.front
    assert isinstance(front, Front)
    return front


async def take_turn(request: Request) -> AsyncIterator[None]:
    """Wait for a turn among the questions, and have it for as long as a request lasts."""
    async with front_of(request).questions.taken_by(client_of(request.scope)):
        yield


async def take_export(request: Request) -> AsyncIterator[None]:
    """Take a place among the exports, which may be sent for long."""
    with front_of(request).exports.taken_by(client_of(request.scope)):
        yield


FrontDep = Annotated[Front, Depends(front_of)]
TakesTurn = Depends(take_turn)
TakesExport = Depends(take_export)
