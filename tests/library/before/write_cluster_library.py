"""Write what a library on a cluster stores, as JSON: ``python write_cluster_library.py FILE.json.xz``.

Three images, a text, a judgement and an interaction; every collection with its metadata, named vectors and points, as
the client's in-process mode holds them. `restore` puts them back. Made with the sources of a version on the search
path, it writes what that version wrote.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
from PIL import Image
from qdrant_client import QdrantClient, models

if TYPE_CHECKING:
    from sonolux.library import Library

NAME = "trips"


def write(file: Path) -> None:
    import qdrant_client

    client = QdrantClient(":memory:")
    with mock.patch.object(client, "close"), mock.patch.object(qdrant_client, "QdrantClient", lambda *_, **__: client):
        from sonolux.library import Library

        with tempfile.TemporaryDirectory() as folder, Library(f"http://localhost:6333/{NAME}") as library:
            _fill(library, Path(folder))
    kept = {held.name: _stored(client, held.name) for held in client.get_collections().collections}
    file.write_bytes(lzma.compress(json.dumps(kept, indent=1).encode()))


def _fill(library: Library, things: Path) -> None:
    for number, name in enumerate(("red", "green", "blue")):
        pixels = np.zeros((32, 32, 3), np.uint8)
        pixels[..., number] = np.linspace(120, 255, 32, dtype=np.uint8)
        Image.fromarray(pixels).save(things / f"{name}.png")
    (things / "poem.txt").write_text("The lighthouse keeper counts the ships.\n")
    library.add(things, spaces=["colour-layout", "bm25"])
    library.judge(text="ships at sea", liked=[things / "poem.txt"])
    library.interact("ann", things / "poem.txt")


def restore(file: Path, client: QdrantClient) -> None:
    """Put collections that were written into a cluster."""
    for name, stored in json.loads(lzma.decompress(file.read_bytes())).items():
        client.create_collection(
            name,
            vectors_config={key: models.VectorParams(**params) for key, params in stored["vectors"].items()},
            sparse_vectors_config={
                key: models.SparseVectorParams(**params) for key, params in stored["sparse_vectors"].items()
            },
            metadata=stored["metadata"],
        )
        if stored["points"]:
            client.upsert(name, [models.PointStruct(**point) for point in stored["points"]])


def _stored(client: QdrantClient, name: str) -> dict[str, Any]:
    config = client.get_collection(name).config
    points, _ = client.scroll(name, limit=1000, with_vectors=True)
    return {
        "metadata": config.metadata,
        "vectors": {key: _plain(params) for key, params in (config.params.vectors or {}).items()},  # type: ignore[union-attr]
        "sparse_vectors": {key: _plain(params) for key, params in (config.params.sparse_vectors or {}).items()},
        "points": [{**_plain(point), "vector": _plain_vectors(point.vector)} for point in points],
    }


def _plain_vectors(vectors: Any) -> dict[str, Any]:
    return {
        name: _plain(vector) if isinstance(vector, models.SparseVector) else vector
        for name, vector in (vectors or {}).items()
    }


def _plain(model: Any) -> dict[str, Any]:
    return dict(json.loads(model.model_dump_json(exclude_none=True)))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
