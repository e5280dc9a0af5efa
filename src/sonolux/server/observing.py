"""Observation of requests: an id each, a JSON line in the log, the metrics; and an answer where all else failed.

A line tells the method, the path without what stands behind its question mark, the status, the time. It holds no header
and no body, and so no token, no cookie and no question.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from contextvars import ContextVar
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sonolux.server.metrics import ServiceMetrics
from sonolux.server.problems import ProblemError, problem_response

LOG = logging.getLogger("sonolux.server")

LONGEST_PATH = 300
"""Characters of a path that are logged."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request under way."""


class Observer:
    """Middleware that gives requests their ids, and logs and counts them."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        id_ = secrets.token_hex(8)
        request_id.set(id_)
        started, status = time.perf_counter(), 0

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = id_
            await send(message)

        self.metrics.under_way.inc()
        try:
            await self.app(scope, receive, send_observed)
        except (ClientDisconnect, ConnectionError, TimeoutError) as error:
            LOG.info("the client or the file is gone", extra={"data": {"reason": str(error)}})
        except Exception:
            LOG.exception("a request has failed")
            if status:
                raise  # half of an answer has gone: the connection is cut
            detail = f"the log of the service says more, under request {id_}"
            await problem_response(ProblemError("internal", detail))(scope, receive, send_observed)
        finally:
            self.metrics.under_way.dec()
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "other"
        self.metrics.count(scope["method"], route, status, seconds)
        client = scope.get("client") or ("", 0)
        data = {
            "method": scope["method"][:16],
            "path": scope["path"][:LONGEST_PATH],
            "status": status,
            "seconds": round(seconds, 4),
            "client": client[0],
        }
        LOG.info("request", extra={"data": data})


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, message, the request's id, and what a record brings as ``data``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line."""
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if request_id.get():
            told["request"] = request_id.get()
        told |= getattr(record, "data", {})
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=True, default=str)


def log_json_lines() -> None:
    """Have the service, and uvicorn under it, log JSON lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("sonolux.server", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True
