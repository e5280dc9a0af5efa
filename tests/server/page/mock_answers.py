"""Answers of the mock service, one method an address, over made-up data."""

from __future__ import annotations

import json
import math
import re
import struct
import time
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import made_up
from mock_problems import ProblemError

TOTALS = {"many": (10_000, 120), "million": (1_000_000, 5000), "doubtful": (40, 0), "zero": (0, 0)}
LIBRARY = 2_400


def made_job(name: str, kind: str, state: str, done: int, total: int) -> dict[str, Any]:
    failed = [{"path": "/home/ada/Media/broken <b>.mp4", "reason": "ends in the middle of a frame"}] if done else []
    return {
        "id": name,
        "kind": kind,
        "params": {"paths": ["/home/ada/Media"]},
        "state": state,
        "done": done,
        "total": total,
        "phase": "adding",
        "reason": "the annotator <i>stopped</i>" if state == "failed" else "",
        "current": "/home/ada/Media/2021/night train 18.jpg",
        "failed": failed,
        "summary": None,
        "created": "2026-05-01T10:00:00Z",
        "started": "2026-05-01T10:00:01Z",
        "ended": None,
        "cancel": 0,
        "attempts": 1,
    }


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
    "text": {"kind", "text", "weight", "minus"},
    "item": {"kind", "item", "weight", "minus"},
    "upload": {"kind", "upload", "weight", "minus"},
}


def refuse_unknown(search: dict[str, Any], needed: tuple[str, ...] = ("parts",)) -> None:
    """Refuse what the service refuses: what it does not know, and a question that asks nothing that is needed."""
    known = {"parts", "where", "spaces", "spans", "confident", "diverse", "limit", "fold", "explain", "facets", "depth"}
    unknown = set(search) - known
    wrong = [part for part in search["parts"] if not set(part) <= PARTS[part["kind"]]]
    if unknown or wrong or not any(search.get(key) for key in needed) or search.get("limit", 20) > 200:
        raise ProblemError(422, "invalid", f"not as documented: {unknown or wrong or search}")


class Answers:
    """What each address answers; `mock_service.Handler` sends it."""

    state: Any
    query: dict[str, str]
    body: bytes
    path: str
    headers: Any
    wfile: Any
    send: Any
    send_data: Any

    def search(self) -> None:
        asked = json.loads(self.body)
        refuse_unknown(asked)
        words = " ".join(part.get("text", "") for part in asked["parts"] if part["kind"] == "text")
        if "wrong" in words:
            raise ProblemError(422, "query", "where: 'colour' is no key; did you mean 'camera'?")
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
            raise ProblemError(410, "expired", "This ranking is no longer kept.")
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
            raise ProblemError(404, "nothing-to-see", "There is nothing to see of this item.")
        self.send(200, made_up.thumbnail(number).encode(), "image/svg+xml", {"Cache-Control": "max-age=3600"})

    def waveform(self, name: str) -> None:
        self.send_data(
            {"peaks": made_up.peaks(made_up.number_of(name), int(self.query.get("bins", 200))), "seconds": 8.0}
        )

    def spectrogram(self, name: str) -> None:
        bars = "".join(
            f'<rect x="{4 * n}" y="{n * 37 % 60}" width="4" height="30" fill="hsl({200 + n % 60},60%,{20 + n % 40}%)"/>'
            for n in range(200)
        )
        drawing = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 100" preserveAspectRatio="none">'
            f'<rect width="800" height="100" fill="#111a2b"/>{bars}</svg>'
        )
        self.send(200, drawing.encode(), "image/svg+xml")

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
            raise ProblemError(422, "invalid", "space: field required")
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
        if self.state.silent:
            return self.send(200, b"nothing that plays", "video/mp4")
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
            raise ProblemError(404, "not-found", "This upload is no longer kept.")
        self.send_data(self.state.uploads[name])

    def upload_thumbnail(self, name: str) -> None:
        raise ProblemError(404, "nothing-to-show", "This upload has nothing to see.")

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
        if "uploads" in asked["params"]:
            return self.keep_uploads(asked["params"]["uploads"], asked["params"]["into"] or "/home/ada/Media")
        if set(asked["params"]) != wanted.get(asked["kind"]):
            raise ProblemError(422, "question", f"a job {asked['kind']} cannot be queued: {sorted(asked['params'])}")
        job = {**made_job(f"job-{len(self.state.jobs) + 1}", asked["kind"], "queued", 0, 0), "params": asked["params"]}
        self.state.jobs.insert(0, job)
        self.send_data(job, 202)

    def keep_uploads(self, ids: list[str], root: str) -> None:
        job = {**made_job(f"job-{len(self.state.jobs) + 1}", "add", "done", 1, 1), "params": {"uploads": ids}}
        there = [self.state.uploads[one] for one in ids]
        kept = [{"upload": one["id"], "path": f"{root}/uploads/{one['name']}", "id": made_up.id_of(7)} for one in there]
        self.state.jobs.insert(0, {**job, "summary": {"added": len(kept), "kept": kept}})
        self.send_data({**job, "state": "queued"}, 202)

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
            ("clip@blocks.11", 768, 1680, "packaged:photos"),
            ("clip@blocks.6", 768, 1680, "packaged:photos"),
        )
        self.send_data(
            {
                "spaces": [
                    {
                        "space": name,
                        "kind": "dense",
                        "metric": "cosine",
                        "dim": dim,
                        "count": count,
                        "encoders": [
                            {
                                "name": encoder,
                                "spec": encoder,
                                "modality": modality,
                                "licence": "Apache-2.0",
                                "weight": 1.0,
                            }
                            for modality in ("image", "audio", "text")
                        ],
                    }
                    for name, dim, count, encoder in told
                ]
            }
        )

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
                "roots": ["/home/ada/Media", "/mnt/photos"],
                "read_only": self.state.read_only,
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
        refuse_unknown(search, ("parts", "where"))
        self.state.saved[name] = {"name": name, "search": search, "changed": 1.7e9}
        self.send_data(self.state.saved[name])

    def forget_saved(self, name: str) -> None:
        self.state.saved.pop(name, None)
        self.send(204, b"", None)

    def map_value(self, n: int) -> str | None:
        """Of a made-up file's folder; of its label: ten values, and none for every eleventh."""
        if self.query.get("colour") == "folder":
            return f"/home/ada/Media/{2019 + n % 4}/{n % 2}"
        if self.query.get("colour") != "label":
            return made_up.modality_of(n)
        return None if n % 11 == 10 else f"label {n % 11}"

    def map(self) -> None:
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
        every = range(LIBRARY)
        self.send_data(
            {
                "space": "photo",
                "ids": [made_up.id_of(n) for n in every],
                "x": [x for x, _ in points],
                "y": [y for _, y in points],
                "modality": [made_up.modality_of(n) for n in every],
                "name": [made_up.path_of(n).rpartition("/")[2] for n in every],
                "value": [self.map_value(n) for n in every],
            }
        )
