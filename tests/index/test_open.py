"""Names of libraries: folders and URLs, well and badly formed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sonolux.errors import LibraryError
from sonolux.index import open_index
from sonolux.index.embedded import EmbeddedIndex
from sonolux.index.names import split_url


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
        ("http://a:6333,b:7333/trips", "http://a:6333 http://b:7333", "trips"),
        ("http://a,b,a,[::1]/trips", "http://a:6333 http://b:6333 http://[::1]:6333", "trips"),
        ("https://a,b/deep/trips", "https://a:443/deep https://b:443/deep", "trips"),
        ("http://host/my.manifesto", "http://host:6333", "my.manifesto"),
    ],
)
def test_a_url(location: str, url: str, name: str) -> None:
    named = split_url(location)
    assert named == (tuple(url.split()), name)
    assert split_url(named.location) == named


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
        ("http://a,me:secret@host/trips", "SONOLUX_QDRANT_API_KEY"),
        ("http://a,/trips", "on a host"),
        ("http://a,b:port/trips", "no URL"),
        ("http://a,b", "names no collection"),
        ("http://host/trips.manifest", "library trips keeps its manifest"),
        ("http://host/trips.manifest-0123abcd", "library trips keeps its manifest"),
    ],
)
def test_what_is_no_place_for_a_library(location: str, reason: str) -> None:
    with pytest.raises(LibraryError, match=reason) as refused:
        open_index(location)
    assert "secret" not in str(refused.value)


def test_without_the_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    for name in [name for name in sys.modules if name.startswith("sonolux.index.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(LibraryError, match=r"sonolux\[cluster\]"):
        open_index("http://host/trips")


def test_importing_the_room_imports_no_engine() -> None:
    code = "import sonolux.index, sys; print([m for m in sys.modules if m.startswith('qdrant')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
