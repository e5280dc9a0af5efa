"""Mock of the service: the HTTP interface over made-up data, with the headers that the real one sends.

Run it alone to look at the page: ``python tests/server/page/mock_service.py 8000``. What is asked decides what is found:
"many" 10,000 hits, "million" 1,000,000, "doubtful" none that chance does not explain, "zero" none at all, "wrong" a
problem, anything else 240.
"""

from __future__ import annotations

import json
import re
import struct
import sys
import threading
import time
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import made_up

PAGE = Path(__file__).parents[3] / "src" / "sonolux" / "server" / "page"
POLICY = (
    "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types lit-html"
)
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
TOTALS = {"many": (10_000, 120), "million": (1_000_000, 5000), "doubtful": (40, 0), "zero": (0, 0)}
LIBRARY = 2_400


class State:
    """What the mock remembers, and what a test sets."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rankings: dict[str, dict[str, Any]] = {}
        self.judgements: list[dict[str, Any]] = []
        self.saved: dict[str, Any] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.jobs: list[dict[str, Any]] = [
            made_job("job-1", "add", "running", 312, 1280),
            made_job("job-0", "annotate", "failed", 40, 41),
        ]
        self.token: str | None = None
        self.expired: set[str] = set()
        self.requests: list[str] = []
        self.video: bytes = b""
        self.broken_media = False


def made_job(name: str, kind: str, state: str, done: int, total: int) -> dict[str, Any]:
    failed = [{"path": "/home/ada/Media/broken <b>.mp4", "reason": "ends in the middle of a frame"}] if done else []
    return {
        "id": name, "kind": kind, "params": {"paths": ["/home/ada/Media"]}, "state": state, "done": done, "total": total, "phase": "adding", "reason": "the annotator <i>stopped</i>" if state == "failed" else "",
        "current": "/home/ada/Media/2021/night train 18.jpg", "failed": failed, "summary": None,
        "created": "2026-05-01T10:00:00Z", "started": "2026-05-01T10:00:01Z", "ended": None, "cancel": 0, "attempts": 1,
    }  # fmt: skip


class Problem(Exception):
    def __init__(self, status: int, kind: str, detail: str) -> None:
        self.status, self.kind, self.detail = status, kind, detail


@lru_cache(maxsize=64)
def numbers_of(modality: str) -> tuple[int, ...]:
    """Numbers in the first ten that have a modality."""
    return tuple(n for n in range(10) if made_up.modality_of(n) == modality)


def nth(ranking: dict[str, Any], rank: int) -> int:
    wanted = ranking["modality"]
    number = (
        rank
        if not wanted
        else rank // len(numbers_of(wanted)) * 10 + numbers_of(wanted)[rank % len(numbers_of(wanted))]
    )
    return number + ranking["shift"]


@lru_cache
def tone() -> bytes:
    """A second of a sine at 8 kHz, times 8, as WAV."""
    import math

    frames = b"".join(struct.pack("<h", int(9000 * math.sin(0.2 * n))) for n in range(64_000))
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(frames))
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        + b"data"
        + struct.pack("<I", len(frames))
        + frames
    )


PARTS = {
    "text": {"kind", "text", "weight"},
    "item": {"kind", "item", "weight", "minus"},
    "upload": {"kind", "upload", "weight"},
}


def refuse_unknown(search: dict[str, Any]) -> None:
    """Refuse what the service refuses: what it does not know, and a question that asks nothing."""
    unknown = set(search) - {"parts", "where", "spaces", "spans", "confident", "diverse", "limit"}
    wrong = [part for part in search["parts"] if not set(part) <= PARTS[part["kind"]]]
    if unknown or wrong or not search["parts"] or search.get("limit", 20) > 200:
        raise Problem(422, "invalid", f"not as documented: {unknown or wrong or search}")


class Handler(BaseHTTPRequestHandler):
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
        except Problem as problem:
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
                raise Problem(401, "unauthorized", "This is not the token that was printed when the service started.")
            return self.send(204, b"", None, {"Set-Cookie": "session=ok; HttpOnly; SameSite=Strict; Path=/"})
        if self.state.token and "session=ok" not in (self.headers.get("Cookie") or ""):
            raise Problem(401, "unauthorized", "A token is needed.")
        for verb, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return getattr(self, handler)(*found.groups())
        raise Problem(404, "not-found", f"Nothing is at {path}")

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

    def search(self) -> None:
        asked = json.loads(self.body)
        refuse_unknown(asked)
        words = " ".join(part.get("text", "") for part in asked["parts"] if part["kind"] == "text")
        if "wrong" in words:
            raise Problem(422, "query", "where: 'colour' is no key; did you mean 'camera'?")
        total, sure = next((TOTALS[key] for key in TOTALS if key in words), (240, 31))
        modality = asked.get("where", {}).get("modality")
        modality = (
            modality[0]
            if isinstance(modality, list) and len(modality) == 1
            else modality
            if isinstance(modality, str)
            else None
        )
        judged = sum(part["kind"] == "item" for part in asked["parts"])
        ranking = {"total": total, "sure": sure, "modality": modality, "shift": 30 * judged, "words": words}
        if asked.get("confident"):
            ranking["total"] = sure
        with self.state.lock:
            name = f"r{len(self.state.rankings)}"
            self.state.rankings[name] = ranking
        self.send_data(
            {
                **self.window_of(name, 0, asked.get("limit", 20)),
                "sure": sure,
                "spaces": ["clip", "words"],
                "seconds": 0.041,
            }
        )

    def window_of(self, name: str, offset: int, limit: int) -> dict[str, Any]:
        ranking = self.state.rankings[name]
        end = min(ranking["total"], offset + limit)
        hits = [made_up.hit(nth(ranking, rank), rank, ranking["sure"]) for rank in range(offset, end)]
        return {"ranking": name, "total": ranking["total"], "offset": offset, "hits": hits}

    def window(self, name: str) -> None:
        if name not in self.state.rankings or name in self.state.expired:
            raise Problem(410, "expired", "This ranking is no longer kept.")
        self.send_data(self.window_of(name, int(self.query["offset"]), int(self.query["limit"])))

    def facets(self) -> None:
        keys = parse_qs(urlsplit(self.path).query)["key"]
        told = {
            "modality": [("image", 1200), ("video", 480), ("audio", 480), ("text", 240)],
            "keywords": [("sea", 880), ("<u>evening</u>", 310), ("boat", 4), ("nowhere", 0)],
            "artist": [("Ada <Lovelace>", 120)],
        }
        self.send_data(
            {"facets": {key: [{"value": value, "count": count} for value, count in told.get(key, [])] for key in keys}}
        )

    def items(self) -> None:
        start = int(self.query.get("cursor") or 0)
        limit = int(self.query.get("limit", 60))
        end = min(LIBRARY, start + limit)
        self.send_data(
            {"items": [made_up.item(n) for n in range(start, end)], "next": str(end) if end < LIBRARY else None}
        )

    def item(self, name: str) -> None:
        number = made_up.number_of(name)
        spans = [
            {
                "id": made_up.id_of(number),
                "kind": "shot",
                "start": 4.0 * n,
                "end": 4.0 * n + 4,
                "unit": "seconds",
                "text": "",
                "region": None,
            }
            for n in range(3)
        ]
        timed = made_up.modality_of(number) in ("audio", "video")
        self.send_data(
            {
                **made_up.item(number),
                "spans": spans if timed else [],
                "annotations": made_up.annotations(number),
                "location": {"path": made_up.path_of(number), "root": "/home/ada/Media"},
            }
        )

    def thumbnail(self, name: str) -> None:
        number = made_up.number_of(name)
        if made_up.modality_of(number) in ("audio", "text"):
            raise Problem(404, "nothing-to-see", "There is nothing to see of this item.")
        self.send(200, made_up.thumbnail(number).encode(), "image/svg+xml", {"Cache-Control": "max-age=3600"})

    def waveform(self, name: str) -> None:
        self.send_data(
            {"peaks": made_up.peaks(made_up.number_of(name), int(self.query.get("bins", 200))), "seconds": 8.0}
        )

    def spectrogram(self, name: str) -> None:
        bars = "".join(
            f'<rect x="{4 * n}" y="{(n * 37) % 60}" width="4" height="30" fill="hsl({200 + n % 60},60%,{20 + n % 40}%)"/>'
            for n in range(200)
        )
        self.send(
            200,
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 100" preserveAspectRatio="none"><rect width="800" height="100" fill="#111a2b"/>{bars}</svg>'.encode(),
            "image/svg+xml",
        )

    def text(self, name: str) -> None:
        self.send_data(
            {
                "passages": [
                    {
                        "text": made_up.PASSAGE,
                        "kind": "passage",
                        "start": 210 * n,
                        "end": 210 * n + 203,
                        "unit": "characters",
                    }
                    for n in range(6)
                ]
            }
        )

    def item_annotations(self, name: str) -> None:
        self.send_data({"annotations": made_up.annotations(made_up.number_of(name))})

    def neighbours(self, name: str) -> None:
        number = made_up.number_of(name)
        if "space" not in self.query:
            raise Problem(422, "invalid", "space: field required")
        self.send_data({"hits": [made_up.hit(number + 10 * n, n, 6) for n in range(1, 13)]})

    def copies(self, name: str) -> None:
        number = made_up.number_of(name)
        self.send_data(
            {
                "total": 2,
                "groups": [
                    {"kind": kind, "items": [made_up.item(n) for n in (number, number + step)]}
                    for kind, step in (("identical", 10), ("near", 20))
                ],
            }
        )

    def media(self, name: str) -> None:
        if self.state.broken_media:
            return self.send(200, b"not a film", "video/mp4")
        self.web_media(name)

    def web_media(self, name: str) -> None:
        modality = made_up.modality_of(made_up.number_of(name))
        if modality == "image":
            return self.send(200, made_up.thumbnail(made_up.number_of(name)).encode(), "image/svg+xml")
        if modality == "text":
            return self.send(200, made_up.PASSAGE.encode(), "text/plain; charset=utf-8")
        content, kind = (tone(), "audio/wav") if modality == "audio" else (self.state.video, "video/mp4")
        span = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not span:
            return self.send(200, content, kind, {"Accept-Ranges": "bytes"})
        start, end = int(span[1]), int(span[2] or len(content) - 1)
        self.send(
            206,
            content[start : end + 1],
            kind,
            {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end}/{len(content)}"},
        )

    def put_upload(self, name: str) -> None:
        kind = (self.headers.get("Content-Type") or "").split("/")[0]
        self.state.uploads[name] = {
            "id": name,
            "name": self.query.get("name", ""),
            "modality": kind if kind in ("image", "audio", "video") else "text",
            "bytes": len(self.body),
            "expires": 1.8e9,
        }
        self.send_data(self.state.uploads[name], 201)

    def upload(self, name: str) -> None:
        if name not in self.state.uploads:
            raise Problem(404, "not-found", "This upload is no longer kept.")
        self.send_data(self.state.uploads[name])

    def upload_thumbnail(self, name: str) -> None:
        raise Problem(404, "nothing-to-show", "This upload has nothing to see.")

    def add_job(self) -> None:
        asked = json.loads(self.body)
        wanted = {
            "add": {"paths"},
            "remove": {"ids"},
            "annotate": {"annotator"},
            "copies": set(),
            "optimize": set(),
            "map": set(),
        }
        if set(asked["params"]) != wanted.get(asked["kind"]):
            raise Problem(422, "question", f"a job {asked['kind']} cannot be queued: {sorted(asked['params'])}")
        job = {**made_job(f"job-{len(self.state.jobs) + 1}", asked["kind"], "queued", 0, 0), "params": asked["params"]}
        self.state.jobs.insert(0, job)
        self.send_data(job, 202)

    def jobs(self) -> None:
        self.send_data({"jobs": self.state.jobs})

    def cancel_job(self, name: str) -> None:
        job = next(job for job in self.state.jobs if job["id"] == name)
        job.update(state="cancelled")
        self.send_data(job)

    def events(self) -> None:
        """Ten seconds of a job's progress."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for step in range(50):
                job = {**self.state.jobs[-2], "done": 312 + 10 * step}
                self.wfile.write(f"event: job\ndata: {json.dumps(job)}\n\n".encode())
                self.wfile.flush()
                time.sleep(0.2)
        except OSError:
            return  # The page was left.

    def spaces(self) -> None:
        told = (
            ("clip", 512, 2160, "packaged:photos"),
            ("sounds", 1024, 960, "packaged:musicnn"),
            ("words", 384, 740, "packaged:minilm"),
        )
        self.send_data({"spaces": [
            {"space": name, "kind": "dense", "metric": "cosine", "dim": dim, "count": count, "encoders": [
                {"name": encoder, "spec": encoder, "modality": modality, "licence": "Apache-2.0", "weight": 1.0}
                for modality in ("image", "audio", "text")
            ]}
            for name, dim, count, encoder in told
        ]})  # fmt: skip

    def info(self) -> None:
        self.send_data(
            {
                "location": "/home/ada/Media.sonolux",
                "created": "2026-01-05",
                "files": LIBRARY,
                "modalities": {"image": 1200, "video": 480, "audio": 480, "text": 240},
                "spans": 5210,
                "regions": 310,
                "spaces": {"clip": 2160},
                "roots": ["/home/ada/Media"],
                "read_only": False,
            }
        )

    def add_judgement(self) -> None:
        self.state.judgements.append(json.loads(self.body))
        self.send_data({"kept": 1})

    def forget_judgement(self) -> None:
        self.state.judgements.remove(json.loads(self.body))
        self.send(204, b"", None)

    def judgements(self) -> None:
        self.send_data({"judgements": self.state.judgements})

    def identify(self) -> None:
        self.send_data(
            {
                "matches": [
                    {
                        "id": made_up.id_of(9),
                        "path": "/home/ada/Media/night ferry <live>.flac",
                        "query_start": 1.0,
                        "query_end": 7.5,
                        "start": 31.0,
                        "speed": 1.0,
                        "chance": 2e-9,
                        "score": 214,
                    }
                ],
                "remarks": [],
            }
        )

    def saved_all(self) -> None:
        self.send_data({"saved": list(self.state.saved.values())})

    def save(self, name: str) -> None:
        search = json.loads(self.body)
        refuse_unknown(search)
        self.state.saved[name] = {"name": name, "search": search, "changed": 1.7e9}
        self.send_data(self.state.saved[name])

    def forget_saved(self, name: str) -> None:
        self.state.saved.pop(name, None)
        self.send(204, b"", None)

    def map(self) -> None:
        import math

        points = []
        for n in range(LIBRARY):
            cluster, spread = n % 7, 0.05 + 0.09 * ((n * 7919) % 1000) / 1000
            angle = (n * 2654435761 % 10_000) / 10_000 * 6.283
            points.append(
                [
                    0.5 + 0.33 * math.cos(cluster) + spread * math.cos(angle),
                    0.5 + 0.33 * math.sin(cluster) + spread * math.sin(angle),
                ]
            )
        self.send_data({"points": [
            {"id": made_up.id_of(n), "x": x, "y": y, "modality": made_up.modality_of(n), "path": made_up.path_of(n)} for n, (x, y) in enumerate(points)
        ]})  # fmt: skip


ID = r"([^/]+)"
ROUTES = [
    ("POST", "/api/v1/search", "search"), ("GET", f"/api/v1/rankings/{ID}", "window"), ("GET", "/api/v1/facets", "facets"),
    ("GET", "/api/v1/items", "items"), ("GET", f"/api/v1/items/{ID}", "item"), ("GET", f"/api/v1/items/{ID}/thumbnail", "thumbnail"),
    ("GET", f"/api/v1/items/{ID}/waveform", "waveform"), ("GET", f"/api/v1/items/{ID}/spectrogram", "spectrogram"),
    ("GET", f"/api/v1/items/{ID}/text", "text"), ("GET", f"/api/v1/items/{ID}/annotations", "item_annotations"),
    ("GET", f"/api/v1/items/{ID}/neighbours", "neighbours"), ("GET", f"/api/v1/items/{ID}/copies", "copies"),
    ("GET", f"/api/v1/items/{ID}/media", "media"), ("GET", f"/api/v1/items/{ID}/media/web", "web_media"),
    ("PUT", f"/api/v1/uploads/{ID}", "put_upload"), ("GET", f"/api/v1/uploads/{ID}", "upload"),
    ("POST", "/api/v1/jobs", "add_job"), ("GET", "/api/v1/jobs", "jobs"), ("DELETE", f"/api/v1/jobs/{ID}", "cancel_job"),
    ("GET", "/api/v1/events", "events"), ("GET", "/api/v1/spaces", "spaces"), ("GET", "/api/v1/info", "info"),
    ("POST", "/api/v1/judgements", "add_judgement"), ("GET", "/api/v1/judgements", "judgements"),
    ("GET", f"/api/v1/uploads/{ID}/thumbnail", "upload_thumbnail"), ("DELETE", "/api/v1/judgements", "forget_judgement"),
    ("POST", "/api/v1/identify", "identify"), ("GET", "/api/v1/saved", "saved_all"), ("PUT", f"/api/v1/saved/{ID}", "save"),
    ("DELETE", f"/api/v1/saved/{ID}", "forget_saved"), ("GET", "/api/v1/map", "map"),
]  # fmt: skip


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
