"""Tables of media in the layout of Hugging Face data sets, for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

CELL = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def cell(content: bytes | None, path: str | None = None) -> dict[str, Any]:
    """What a column of images or audio holds for one file."""
    return {"bytes": content, "path": path}


def write_table(
    path: Path, cells: Sequence[Any], kind: Any = CELL, column: str = "image", *, group: int = 2, **more: Any
) -> Path:
    """Write a table: a column of media, numbers of the classes cat and dog, further columns; a group has two rows."""
    columns = {column: pa.array(cells, kind)} | {name: pa.array(values) for name, values in more.items()}
    features = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}, column: {"_type": "Image"}}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    parquet.write_table(pa.table(columns).replace_schema_metadata(told), path, row_group_size=group)
    return path
