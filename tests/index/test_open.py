"""Names of libraries: folders and URLs, well and badly formed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sonolux.errors import LibraryError
from sonolux.index import open_index
from sonolux.index.embedded import EmbeddedIndex
from sonolux.index.open import split_url


@pytest.mark.parametrize("location", ["trips.sonolux", "/tmp/a b", "~/x", "http", "C:\\trips"])
def test_a_folder(location: str) -> None:
    index = open_index(location)
    assert isinstance(index, EmbeddedIndex)
    assert index.location == location


@pytest.mark.parametrize(
    ("location", "url", "name"),
    [
        ("http://host:6333/trips", "http://host:6333", "trips"),
        ("http://host/trips/", "http://host:6333", "trips"),
        ("https://host/trips", "https://host:443", "trips"),
        ("https://host:7000/deep/down/my%20trips", "https://host:7000/deep/down", "my trips"),
        ("http://[::1]:6333/trips", "http://[::1]:6333", "trips"),
    ],
)
def test_a_url(location: str, url: str, name: str) -> None:
    assert split_url(location) == (url, name)


def test_a_url_opens_a_collection() -> None:
    pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")
    assert open_index("http://host/trips").location == "http://host:6333/trips"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("http://host:6333", "names no collection"),
        ("http://host:6333/", "names no collection"),
        ("http:///trips", "on a host"),
        ("http://host/trips?key=1", "on a host"),
        ("http://host:port/trips", "no URL"),
        ("http://host:99999/trips", "no URL"),
        ("http://[::1/trips", "no URL"),
        ("ftp://host/trips", "not ftp"),
        ("http://me:secret@host/trips", "SONOLUX_QDRANT_API_KEY"),
    ],
)
def test_what_is_no_place_for_a_library(location: str, reason: str) -> None:
    with pytest.raises(LibraryError, match=reason) as refused:
        open_index(location)
    assert "secret" not in str(refused.value)


def test_without_the_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    for name in ("remote", "cluster"):
        monkeypatch.delitem(sys.modules, f"sonolux.index.{name}", raising=False)
    with pytest.raises(LibraryError, match=r"sonolux\[cluster\]"):
        open_index("http://host/trips")


def test_importing_the_room_imports_no_engine() -> None:
    code = "import sonolux.index, sys; print([m for m in sys.modules if m.startswith('qdrant')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
