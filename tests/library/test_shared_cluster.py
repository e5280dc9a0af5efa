"""Two processes share a library on a cluster: neither loses what the other has written into the manifest."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from PIL import Image
from qdrant_client import QdrantClient

from sonolux.errors import QueryError
from sonolux.index.remote import RemoteIndex
from sonolux.library import Library

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


@pytest.fixture(scope="module")
def client() -> Iterator[QdrantClient]:
    with_process = QdrantClient(":memory:")
    yield with_process
    with_process.close()


@pytest.fixture
def name() -> str:
    return f"trips-{uuid.uuid4()}"


def opened(client: QdrantClient, name: str) -> Library:
    """Return the library as another process opens it."""
    library = Library(f"http://nowhere:6333/{name}")
    library.index = RemoteIndex(client, name)
    return library


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(folder / f"{number}.png")
    return folder


def test_a_space_that_another_process_added_stays(client: QdrantClient, name: str, images: Path) -> None:
    late = images.with_name("late")
    late.mkdir()
    (images / "3.png").rename(late / "3.png")
    with opened(client, name) as first, opened(client, name) as second:
        first.add(images, spaces=["colour-layout"])
        assert second.info()["spaces"] == {"colour-layout": 3}
        first.add(images, spaces=["hog"])
        assert second.add(late).added == 1
        with opened(client, name) as fresh:
            assert fresh.info()["spaces"] == {"colour-layout": 4, "hog": 4}
            assert set(fresh.manifest.spaces) == {"colour-layout", "hog"}
            # Points that each has written: 3, then 3 in another space, then 1.
            assert fresh.manifest.changes == 7


def test_a_space_that_another_process_dropped_stays_away(client: QdrantClient, name: str, images: Path) -> None:
    with opened(client, name) as first, opened(client, name) as second:
        first.add(images, spaces=["colour-layout", "hog"])
        assert list(second.info()["spaces"]) == ["colour-layout", "hog"]
        first.drop_space("hog")
        second.add(images, spaces=["colour-histogram"])
        for library in (second, opened(client, name)):
            assert set(library.info()["spaces"]) == {"colour-layout", "colour-histogram"}
        with pytest.raises(QueryError, match="no space 'hog'"):
            second.drop_space("hog")


def test_counters_of_two_processes_are_added(client: QdrantClient, name: str, images: Path) -> None:
    with opened(client, name) as first, opened(client, name) as second:
        first.add(images / "0.png", spaces=["colour-layout"])
        assert second.manifest.changes == 1
        for library, number in ((first, 1), (second, 2), (first, 3)):
            library.add(images / f"{number}.png")
        assert opened(client, name).manifest.changes == 4
