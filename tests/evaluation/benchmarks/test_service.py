"""The benchmark of the service: what a first screen asks for, and verdicts kind by kind."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.service import Load, _verdicts
from sonolux.evaluation.serving.clients import LoadTally
from sonolux.evaluation.serving.first_page import CONNECTIONS, SHOWN, FirstPage

SLOW = 0.05


class Service(ThreadingHTTPServer):
    """Answers with hits of which every fourth is a sound, and with thumbnails that take their time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.clients: set[int] = set()
        self.broken = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        kinds = ("image", "video", "image", "audio")
        self.send({"hits": [{"id": f"i{n}", "modality": kinds[n % 4]} for n in range(60)]})

    def do_GET(self) -> None:
        self.server.asked.append(self.path.split("/")[4])
        self.server.clients.add(self.client_address[1])
        time.sleep(SLOW)
        self.send({}, 503 if self.server.broken else 200)

    def send(self, told: object, status: int = 200) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served
        served.shutdown()


def test_a_first_screen_is_the_first_pictures_each_once_over_a_browsers_connections(service: Service) -> None:
    with FirstPage(service.server_port) as page:
        taken = page.time("a ship")
        assert sorted(service.asked) == sorted([f"i{n}" for n in range(60) if n % 4 != 3][:SHOWN])
        assert len(service.clients) == CONNECTIONS
        assert 1000 * SLOW * SHOWN / CONNECTIONS <= taken < 1000 * SLOW * SHOWN
        service.broken = True
        with pytest.raises(SonoluxError, match="answered 503"):
            page.time("a ship")


def test_each_kind_of_request_is_judged_by_its_own_median() -> None:
    """Of a mix, the median is that of thumbnails and the p99 that of questions, which says nothing of either."""
    calm = LoadTally({"words": [100.0] * 99 + [120.0], "thumbnail": [1.0] * 95 + [9.0] * 5, "example": [50.0] * 40})
    calm.latencies["picture"] = [60.0] * 9
    load = Load(calm, {"front": 1.0}, {"front": 1.0}, {})
    screens = {"made": [500.0] * 3, "made before": [200.0] * 3}
    commands = {"sonolux --help": [100.0], "sonolux search": [120.0]}
    told = list(_verdicts(([1.0], [2.0], screens), commands, (load, load)))
    kinds = {line.split(":")[0]: "missed" in line for line in told if line.startswith("p99 over median")}
    assert kinds == {f"p99 over median of {kind}": kind == "thumbnail" for kind in calm.latencies}
    assert "p99 over median of picture: not judged, for there were 9 requests" in told
    first = [line for line in told if line.startswith("first 12 thumbnails")]
    assert ["missed" in line for line in first] == [True, False]
