"""Export of a library, in plain formats that anything reads.

``items.jsonl`` holds one item a line, with its annotations where it has any; of a region its ``box`` in shares of the
image, and the ``time`` of its frame and its ``mask`` where it has them (see `sonolux.types.Mask`). Each space has
``<space>.npy``, rows of descriptors (float32, or packed uint8; ``.npz`` of a SciPy CSR matrix for term weights), and
``<space>.ids.txt``, the item of each row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, save_npz, vstack

from sonolux.errors import LibraryError
from sonolux.index import Index, Point
from sonolux.index.payload import region_as_stored
from sonolux.library.annotation_payload import annotations_of, with_annotations
from sonolux.library.items import item_of
from sonolux.types import Space


def export(index: Index, folder: Path, spaces: Sequence[Space]) -> int:
    """Write items and descriptors.

    Parameters
    ----------
    index : Index
    folder : Path
        Made if need be; must be empty.
    spaces : sequence of Space
        Whose descriptors to write.

    Returns
    -------
    items : int
        How many items were written.

    Raises
    ------
    LibraryError
        Where the folder holds something already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise LibraryError(f"{folder} is not empty: name a new folder to export to")
    count = 0
    with (folder / "items.jsonl").open("w", encoding="utf-8") as lines:
        for point in index.scroll():
            lines.write(json.dumps(_as_data(point)) + "\n")
            count += 1
    for space in spaces:
        _export_space(index, folder, space)
    return count


def _as_data(point: Point) -> dict[str, Any]:
    item = item_of(point)
    region = region_as_stored(item.region) if item.region else None
    return asdict(item) | {"region": region} | with_annotations(annotations_of(point.payload))


def _export_space(index: Index, folder: Path, space: Space) -> None:
    name = re.sub(r"[^\w.@-]", "_", space.name)
    ids: list[str] = []
    rows = _rows(index, space, ids)
    if space.kind == "sparse":
        texts = list(rows)
        save_npz(folder / f"{name}.npz", vstack(texts, format="csr") if texts else csr_array((0, space.dim)))
    else:
        width, dtype = (space.dim // 8, np.uint8) if space.kind == "binary" else (space.dim, np.float32)
        shape = (index.count(space=space.name), width)
        matrix = np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
        for number, row in enumerate(rows):
            matrix[number] = row
        matrix.flush()
    (folder / f"{name}.ids.txt").write_text("".join(f"{item}\n" for item in ids))


def _rows(index: Index, space: Space, ids: list[str]) -> Iterator[Any]:
    for point in index.scroll(spaces=[space.name], keys=()):
        if space.name in point.vectors:
            ids.append(point.id)
            yield point.vectors[space.name]
