"""An object store for tests: the part of S3 that is read, on loopback, with the faults that real ones have."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

KEY, SECRET = "AKIDOFTESTS", "a-secret-of-tests"
CHANGED = "Mon, 01 Jan 2024 00:00:00 GMT"
FORBIDDEN = ("GOOGLE_", "AZURE_", "AWS_")


def entity_tag(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()


@dataclass
class ObjectStore:
    """What a store holds, how it misbehaves, and what it was asked.

    Attributes
    ----------
    buckets : dict
        Contents by key, by the name of the bucket.
    faults : dict
        What becomes of requests for a key: a status (``503``), or ``"cut"``, ``"stall"``, ``"replace"``; ``times``
        says how often, then all is well.
    page : int
        Keys of a page of a listing.
    ranges, conditions, quoted : bool
        Whether ranges are sent, ``If-Match`` is heeded, and entity tags in listings have quotes.
    asked : list
        Method, key and ``Range`` of each request, in turn; of a listing the key is "".
    """

    buckets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    page: int = 1000
    ranges: bool = True
    conditions: bool = True
    quoted: bool = True
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def fault_of(self, key: str) -> Any:
        if key not in self.faults:
            return None
        left = self.times.get(key)
        if left == 0:
            return None
        if left is not None:
            self.times[key] = left - 1
        return self.faults[key]

    def count(self, method: str) -> int:
        return sum(one[0] == method for one in self.asked)


class _Handler(BaseHTTPRequestHandler):
    store: ObjectStore
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        bucket, _, key = unquote(address.path).lstrip("/").partition("/")
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        key = "" if "list-type" in asked else key
        self.store.asked.append((self.command, key, self.headers.get("Range", "")))
        self.store.headers.append(dict(self.headers))
        fault = self.store.fault_of(key)
        if isinstance(fault, int):
            self.refuse(fault, {403: "AccessDenied", 503: "SlowDown"}.get(fault, "InternalError"))
        elif bucket not in self.store.buckets:
            self.refuse(404, "NoSuchBucket")
        elif "list-type" in asked:
            self.answer(200, _page(self.store, self.store.buckets[bucket], asked), {"Content-Type": "application/xml"})
        elif key not in self.store.buckets[bucket]:
            self.refuse(404, "NoSuchKey")
        else:
            self.send(bucket, key, fault)

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>{KEY}</Message></Error>".encode(), {})

    def answer(self, status: int, body: bytes, headers: dict[str, str], sent: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[:sent])
        self.wfile.flush()

    def send(self, bucket: str, key: str, fault: Any) -> None:
        content = self.store.buckets[bucket][key]
        headers = {"ETag": f'"{entity_tag(content)}"', "Last-Modified": CHANGED}
        condition = self.headers.get("If-Match")
        if self.store.conditions and condition is not None and condition != headers["ETag"]:
            self.refuse(412, "PreconditionFailed")
            return
        first, last, status = 0, len(content), 200
        asked = self.headers.get("Range", "")
        if asked and self.store.ranges:
            start, _, end = asked.removeprefix("bytes=").partition("-")
            first, last, status = int(start), min(int(end) + 1, len(content)) if end else len(content), 206
            headers["Content-Range"] = f"bytes {first}-{last - 1}/{len(content)}"
        body = content[first:last]
        broken = self.command == "GET" and fault in ("cut", "stall", "replace")
        self.answer(status, body, headers, len(body) // 2 if broken else None)
        if not broken:
            return
        if fault == "replace":
            self.store.buckets[bucket][key] = content[::-1]
        if fault == "stall":
            self.store.ended.wait(30)
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _page(store: ObjectStore, objects: dict[str, bytes], asked: dict[str, str]) -> bytes:
    prefix, after = asked.get("prefix", ""), asked.get("continuation-token", asked.get("start-after", ""))
    keys = [key for key in sorted(objects, key=str.encode) if key.startswith(prefix) and key > after]
    some, more = keys[: store.page], len(keys) > store.page
    mark = '"' if store.quoted else ""
    name = quote if asked.get("encoding-type") == "url" else escape
    rows = "".join(
        f"<Contents><Key>{name(key)}</Key><LastModified>2024-01-01T00:00:00.250Z</LastModified>"
        f"<ETag>{escape(mark + entity_tag(objects[key]) + mark)}</ETag><Size>{len(objects[key])}</Size></Contents>"
        for key in some
    )
    token = f"<NextContinuationToken>{escape(some[-1])}</NextContinuationToken>" if more else ""
    told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}"
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<?xml version="1.0"?><ListBucketResult xmlns="{space}">{told}</ListBucketResult>'.encode()


@contextmanager
def serving_objects() -> Iterator[ObjectStore]:
    """Have a store on loopback for as long as a block lasts."""
    store = ObjectStore()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    server.daemon_threads = True
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def use_store(monkeypatch: pytest.MonkeyPatch, url: str, key: str = KEY, secret: str = SECRET) -> None:
    """Have this process and those that it starts read a store, with no credentials but these."""
    import os

    from sonolux.media.workers import isolated
    from sonolux.settings import settings

    isolated._workers.end()  # those that an earlier test has left know its store
    for name in [name for name in os.environ if name.startswith(FORBIDDEN)]:
        monkeypatch.delenv(name)
    told = {"ENDPOINT_URL": url, "ACCESS_KEY_ID": key, "SECRET_ACCESS_KEY": secret, "REGION": "us-east-1"}
    for name, value in told.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("SONOLUX_STORAGE_SECONDS", "20")
    monkeypatch.setenv("SONOLUX_WORKERS", "1")
    settings.cache_clear()


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have requests that go on failing given up soon."""
    from sonolux.settings import settings

    monkeypatch.setenv("SONOLUX_STORAGE_SECONDS", "0.5")
    settings.cache_clear()
