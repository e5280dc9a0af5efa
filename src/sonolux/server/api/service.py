"""The service itself: health, metrics, and what its kinds of problems mean."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from sonolux.server.api.documents import HealthDocument
from sonolux.server.api.refusals import refusals
from sonolux.server.calls.protocol import CallError, LibraryUnavailable
from sonolux.server.front import FrontDep
from sonolux.server.metrics import METRICS_TYPE
from sonolux.server.problems import KINDS, ProblemError

router = APIRouter(tags=["service"])

SOON = 2.0
"""Seconds within which the library process has to say that it is there."""


@router.get("/healthz")
async def tell_health() -> HealthDocument:
    """Tell that the service answers at all."""
    return HealthDocument(status="alive")


@router.get("/readyz", responses=refusals("unavailable"))
async def tell_readiness(front: FrontDep) -> HealthDocument:
    """Tell whether questions are answered: the library is open, its models are warm."""
    try:
        told = await front.calls.call("ping", deadline=SOON)
    except (CallError, LibraryUnavailable) as error:
        raise ProblemError("unavailable", str(error), headers={"retry-after": "2"}) from None
    if not told["ready"]:
        raise ProblemError("unavailable", "the models are being loaded", headers={"retry-after": "2"})
    return HealthDocument(status="ready")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def tell_metrics(front: FrontDep) -> Response:
    """Return the metrics of the service, for Prometheus."""
    metrics = front.metrics
    metrics.uploads.set(sum(upload.bytes for upload in front.uploads.all()))
    try:
        told = await front.calls.call("ping", deadline=SOON)
        metrics.library.set(float(told["ready"]))
        metrics.wait.set(told["longest_wait"])
    except (CallError, LibraryUnavailable):
        metrics.library.set(0)
    return Response(metrics.text(), headers={"content-type": METRICS_TYPE})


@router.get("/problems/{kind}", responses=refusals("not-found"))
async def explain_problem(kind: str) -> dict[str, Any]:
    """Return what a kind of problem is; docs/api.md says what to do about it."""
    if kind not in KINDS:
        raise ProblemError("not-found", "there is no such kind of problem")
    return {**asdict(KINDS[kind]), "type": KINDS[kind].uri}
