"""Images and labels as data sets pack them: a parquet table of encoded images, or a pair of IDX files.

Parquet: a column ``image`` of encoded images (bytes, or structs with ``bytes``, as the Hugging Face hub stores them)
and a column ``label``. IDX: ``NAME-images-idx3-ubyte.gz`` beside ``NAME-labels-idx1-ubyte.gz`` (LeCun, Cortes and
Burges, "The MNIST database", 1998).
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError, TrainingError
from sonolux.extras import extras_named
from sonolux.media.images.image import decode_image
from sonolux.settings import settings

SUFFIXES = (".parquet", "-images-idx3-ubyte.gz")

UBYTE = 0x08
"""IDX code of unsigned bytes."""


def is_packed(path: Path) -> bool:
    """Tell whether a file is named like a data set of either kind."""
    return path.name.endswith(SUFFIXES)


def read_packed(path: Path) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Return the images of a data set, each (h, w, 3) of its own size, and their labels.

    Raises
    ------
    TrainingError
        Where the file is missing, broken, or has other columns; or pyarrow is missing.
    """
    try:
        return _read_parquet(path) if path.suffix == ".parquet" else _read_idx(path)
    except (OSError, ValueError, EOFError, zlib.error, MediaError) as error:
        raise TrainingError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _read_parquet(path: Path) -> tuple[list[NDArray[np.uint8]], list[str]]:
    with extras_named(str(path), TrainingError):
        from pyarrow import parquet
    table = parquet.read_table(path)
    missing = {"image", "label"} - set(table.column_names)
    if missing:
        raise TrainingError(f"{path} has no column {' or '.join(sorted(missing))}")
    side = settings().image_side
    images = [_decoded(cell, number, side) for number, cell in enumerate(table["image"].to_pylist())]
    return images, [str(label) for label in table["label"].to_pylist()]


def _decoded(cell: Any, number: int, side: int) -> NDArray[np.uint8]:
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(content, bytes):
        raise ValueError(f"row {number} holds no encoded picture")
    try:
        return decode_image(content, side, settings().max_pixels).pixels
    except MediaError as error:
        raise MediaError(f"row {number}: {error}") from error


def _read_idx(path: Path) -> tuple[list[NDArray[np.uint8]], list[str]]:
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    greys, numbers = _idx(path, 3), _idx(labels, 1)
    if len(greys) != len(numbers):
        raise ValueError(f"{len(greys)} pictures, but {len(numbers)} labels beside them")
    return list(np.repeat(greys[..., None], 3, axis=3)), [str(number) for number in numbers.tolist()]


def _idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    content = gzip.decompress(path.read_bytes())
    head = 4 + 4 * dimensions
    if len(content) < head or content[:4] != bytes((0, 0, UBYTE, dimensions)):
        raise ValueError(f"{path.name} is no IDX file of bytes in {dimensions} dimensions")
    shape = tuple(np.frombuffer(content[4:head], ">u4").tolist())
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
