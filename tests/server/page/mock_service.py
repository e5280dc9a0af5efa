"""Mock of the service: the HTTP interface over made-up data, with the headers that the real one sends.

Run it alone to look at the page: ``python tests/server/page/mock_service.py 8000``. What is asked decides what is
found: "many" 10,000 hits, "million" 1,000,000, "doubtful" none that chance does not explain, "zero" none at all,
"wrong" a problem, anything else 240.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import mock_answers
import mock_tastes
from mock_problems import ProblemError

PAGE = Path(__file__).parents[3] / "src" / "sonolux" / "server" / "page"
POLICY = (
    "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types lit-html"
)
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class State:
    """What the mock remembers, and what a test sets."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rankings: dict[str, dict[str, Any]] = {}
        self.judgements: list[dict[str, Any]] = []
        self.saved: dict[str, Any] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.jobs: list[dict[str, Any]] = [
            mock_answers.made_job("job-1", "add", "running", 312, 1280),
            mock_answers.made_job("job-0", "annotate", "failed", 40, 41),
        ]
        self.token: str | None = None
        self.expired: set[str] = set()
        self.requests: list[str] = []
        self.video: bytes = b""
        self.broken_media = False
        self.silent = False
        self.read_only = False
        self.interactions: list[dict[str, Any]] = []
        self.stations: list[dict[str, Any]] = []
        self.station_length = 100


class Handler(mock_answers.Answers, mock_tastes.TasteAnswers, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer("GET")

    def do_POST(self) -> None:
        self.answer("POST")

    def do_PUT(self) -> None:
        self.answer("PUT")

    def do_DELETE(self) -> None:
        self.answer("DELETE")

    def answer(self, method: str) -> None:
        url = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.state.requests.append(f"{method} {self.path}")
        try:
            self.route(method, unquote(url.path))
        except ProblemError as problem:
            told = {
                "type": f"/problems/{problem.kind}",
                "title": problem.kind,
                "status": problem.status,
                "detail": problem.detail,
            }
            self.send(problem.status, json.dumps(told).encode(), "application/problem+json")

    def route(self, method: str, path: str) -> None:
        if not path.startswith("/api/"):
            return self.send_page(path)
        if path == "/api/v1/session" and method == "POST":
            if json.loads(self.body)["token"] != self.state.token:
                raise ProblemError(
                    401, "unauthorized", "This is not the token that was printed when the service started."
                )
            return self.send(204, b"", None, {"Set-Cookie": "session=ok; HttpOnly; SameSite=Strict; Path=/"})
        if self.state.token and "session=ok" not in (self.headers.get("Cookie") or ""):
            raise ProblemError(401, "unauthorized", "A token is needed.")
        for verb, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return getattr(self, handler)(*found.groups())
        raise ProblemError(404, "not-found", f"Nothing is at {path}")

    def send(self, status: int, content: bytes, kind: str | None, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        for key, value in (more or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def send_data(self, data: Any, status: int = 200) -> None:
        self.send(status, json.dumps(data).encode(), "application/json")

    def send_page(self, path: str) -> None:
        file = (PAGE / (path.lstrip("/") or "index.html")).resolve()
        if not file.is_file() or PAGE not in file.parents:
            return self.send(404, b"", None)
        self.send(
            200, file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"), {"Cache-Control": "no-cache"}
        )


ID = r"([^/]+)"
ROUTES = [
    ("POST", "/api/v1/search", "search"),
    ("GET", f"/api/v1/rankings/{ID}", "window"),
    ("GET", "/api/v1/facets", "facets"),
    ("GET", "/api/v1/items", "items"),
    ("GET", f"/api/v1/items/{ID}", "item"),
    ("GET", f"/api/v1/items/{ID}/thumbnail", "thumbnail"),
    ("GET", f"/api/v1/items/{ID}/waveform", "waveform"),
    ("GET", f"/api/v1/items/{ID}/spectrogram", "spectrogram"),
    ("GET", f"/api/v1/items/{ID}/text", "text"),
    ("GET", f"/api/v1/items/{ID}/annotations", "item_annotations"),
    ("GET", f"/api/v1/items/{ID}/neighbours", "neighbours"),
    ("GET", f"/api/v1/items/{ID}/copies", "copies"),
    ("GET", f"/api/v1/items/{ID}/media", "media"),
    ("GET", f"/api/v1/items/{ID}/media/web", "web_media"),
    ("PUT", f"/api/v1/uploads/{ID}", "put_upload"),
    ("GET", f"/api/v1/uploads/{ID}", "upload"),
    ("POST", "/api/v1/jobs", "add_job"),
    ("GET", "/api/v1/jobs", "jobs"),
    ("DELETE", f"/api/v1/jobs/{ID}", "cancel_job"),
    ("GET", "/api/v1/events", "events"),
    ("GET", "/api/v1/spaces", "spaces"),
    ("GET", "/api/v1/info", "info"),
    ("POST", "/api/v1/judgements", "add_judgement"),
    ("GET", "/api/v1/judgements", "judgements"),
    ("GET", f"/api/v1/uploads/{ID}/thumbnail", "upload_thumbnail"),
    ("DELETE", "/api/v1/judgements", "forget_judgement"),
    ("POST", "/api/v1/identify", "identify"),
    ("GET", "/api/v1/saved", "saved_all"),
    ("PUT", f"/api/v1/saved/{ID}", "save"),
    ("DELETE", f"/api/v1/saved/{ID}", "forget_saved"),
    ("GET", "/api/v1/map", "map"),
    ("POST", "/api/v1/recommendations", "recommend"),
    ("POST", "/api/v1/recommendations/next", "choose_next"),
    ("GET", "/api/v1/recommendations/starters", "starters"),
    ("GET", "/api/v1/interactions", "interactions"),
    ("POST", "/api/v1/interactions", "interact"),
    ("DELETE", "/api/v1/interactions", "withdraw"),
    ("GET", "/api/v1/interactions/taste", "taste"),
    ("DELETE", "/api/v1/interactions/users", "forget_user"),
    ("POST", "/api/v1/export", "export"),
]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """A page that is left, or a film that is no longer loaded, hangs up."""


def start(port: int = 0) -> tuple[Server, State]:
    """Serve on loopback from a thread, until the server's `shutdown`."""
    state = State()
    handler = type("BoundHandler", (Handler,), {"state": state})
    server = Server(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, state


if __name__ == "__main__":
    running, _ = start(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
    sys.stdout.write(f"http://127.0.0.1:{running.server_port}/\n")
    sys.stdout.flush()
    time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 3600)
