"""Whether a model can be had: from a cache as the hub's client lays it out, and from servers of every temper."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from sonolux.encoders import default_specs, resolve
from sonolux.encoders.defaults import CLASSICAL, HUB, PACKAGED
from sonolux.encoders.hub import state
from sonolux.encoders.hub.state import hub_state
from sonolux.errors import EncoderError
from sonolux.settings import settings

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def own_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start with an empty cache and a hub that nobody serves."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    state._hub_answers.cache_clear()
    hub(monkeypatch, "auto")


def hub(monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    monkeypatch.setenv("SONOLUX_HUB", policy)
    monkeypatch.setenv("SONOLUX_HUB_TIMEOUT", "0.5")
    settings.cache_clear()


def cache(name: str, source: Path) -> Path:
    """Lay a checkpoint out as the hub's client caches it: blobs by hash, links by name."""
    from sonolux.checkpoints.digest import file_sha256

    root = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    snapshot = root / "snapshots" / COMMIT
    for folder in (root / "blobs", root / "refs", snapshot):
        folder.mkdir(parents=True)
    (root / "refs" / "main").write_text(COMMIT)
    for file in source.iterdir():
        blob = root / "blobs" / file_sha256(file)
        shutil.copy(file, blob)
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serve a hub that knows names with "good" in them; yield the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/" or "good" in self.path else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{served.server_port}")
        yield asked
        served.shutdown()
        thread.join()


def test_a_cached_model_is_found_and_used_without_network(clip: Path) -> None:
    cache("some/tiny-clip", clip)
    assert hub_state("some/tiny-clip") == "cached"
    image, text = resolve("some/tiny-clip")
    assert (image.name, text.name) == ("some/tiny-clip:image", "some/tiny-clip:text")
    assert image.space == text.space == "tiny-clip"
    assert image.spec == "some/tiny-clip"
    assert image.digest == resolve(str(clip))[0].digest  # the same content, wherever it lies
    assert text.encode(["a dog"]).shape == (1, 12)


def test_a_cached_model_without_weights_is_absent(clip: Path, tmp_path: Path) -> None:
    partial = tmp_path / "partial"
    shutil.copytree(clip, partial)
    (partial / "model.safetensors").unlink()
    cache("some/partial", partial)
    assert hub_state("some/partial") == "absent"


def test_off_means_off(monkeypatch: pytest.MonkeyPatch, clip: Path) -> None:
    cache("some/tiny-clip", clip)
    hub(monkeypatch, "off")
    assert hub_state("some/tiny-clip") == "absent"
    with pytest.raises(EncoderError, match="the hub is off: unset SONOLUX_HUB"):
        resolve("some/tiny-clip")


def test_a_known_name_is_reachable_and_an_unknown_one_absent(server: list[str]) -> None:
    assert hub_state("org/good") == "reachable"
    assert hub_state("org/bad") == "absent"
    assert server == ["/", "/api/models/org/good", "/api/models/org/bad"]


@pytest.mark.parametrize("offline", ["cached", "environment"])
def test_offline_nobody_is_asked(offline: str, server: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    if offline == "cached":
        hub(monkeypatch, "cached")
    else:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert hub_state("org/good") == "absent"
    with pytest.raises(EncoderError, match="only cached models are allowed"):
        resolve("org/good")
    assert server == []


def test_a_hub_that_never_answers_costs_one_short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        specs, line = default_specs()
        assert time.monotonic() - start < 2
    assert specs == [*CLASSICAL, *PACKAGED]
    assert f"not cached or reachable on the hub: {HUB[0]}, {HUB[1]}" in line


def test_looking_the_host_up_may_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def unresolved(*args: object, **options: object) -> None:
        released.wait(5)
        raise OSError("no such host")

    monkeypatch.setattr(state, "urlopen", unresolved)
    start = time.monotonic()
    assert hub_state("org/good") == "absent"
    assert time.monotonic() - start < 2
    released.set()


def test_a_download_that_fails_is_one_line() -> None:
    with pytest.raises(EncoderError, match="org/name cannot be fetched from the hub") as refusal:
        resolve("org/name")
    assert "\n" not in str(refusal.value)


def test_an_impossible_name_is_absent() -> None:
    assert hub_state("org/bad--name..") == "absent"


def test_the_defaults_take_what_is_there_and_say_so(server: list[str], clip: Path) -> None:
    cache(HUB[0], clip)
    specs, line = default_specs()
    assert specs == [*CLASSICAL, *PACKAGED, HUB[0]]
    assert f"{HUB[0]} (cached)" in line
    assert f"not cached or reachable on the hub: {HUB[1]}" in line
    assert HUB[2] not in line  # it is `sentences`
    assert "\n" not in line


def test_every_default_name_is_a_hub_name() -> None:
    for name in HUB:
        huggingface_hub.utils.validate_repo_id(name)
