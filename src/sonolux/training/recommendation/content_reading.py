"""Content of items, read: words counted, images and sounds decoded in worker processes, or described by an encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sonolux.checkpoints.inputs import SourceDescriptors, Words
from sonolux.encoders.trained.encoder import word_counts
from sonolux.errors import TrainingError
from sonolux.training.alignment.pair_reading import describe_lines
from sonolux.training.alignment.pair_sources import Thing
from sonolux.training.data.images import read_images
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.sounds import COEFFICIENTS, RATE, make_sound_input, read_sounds
from sonolux.training.data.sources import FoundFiles
from sonolux.training.data.texts import vocabulary_of
from sonolux.training.recommendation.content import ItemContent
from sonolux.types import Failure

ReadContent = tuple[ItemContent, tuple[str, ...], tuple[Failure, ...]]
"""Content, the names of the items that have it, in its order, and the files that could not be read."""


def read_content(
    kind: str, table: Path, cells: Mapping[str, str], *, side: int, cepstra: bool, tower: str = ""
) -> ReadContent:
    """Read one content of items.

    Parameters
    ----------
    kind : {"audio", "image", "text"}
    table : Path
        That names them.
    cells : mapping of str to str
        By item, words or the path of a file, which several may share.
    side : int
        Pixels of an image.
    cepstra : bool
        Whether sounds are heard as cepstra, for bags of words, or as levels.
    tower : str
        An encoder that describes the content, if it is not to be read as it is; see `sonolux.encoders.resolve`.

    Raises
    ------
    TrainingError
        Where there is too little that can be read.
    """
    if tower:
        return _described(kind, table, cells, tower)
    if kind == "text":
        texts = list(cells.values())
        how = Words(vocabulary=vocabulary_of(texts, str(table), numbers=True), numbers=True)
        return RowSet(str(table), word_counts(texts, how), how), tuple(cells), ()
    found = FoundFiles(str(table), tuple(dict.fromkeys(cells.values())))
    if kind == "image":
        images = read_images(found, side)
        return images.subset(_rows(cells, images.paths)), _readable(cells, images.paths), images.failed
    sounds = read_sounds(found, make_sound_input(RATE, COEFFICIENTS if cepstra else 0))
    return sounds.subset(_rows(cells, sounds.paths)), _readable(cells, sounds.paths), sounds.failed


def _described(kind: str, table: Path, cells: Mapping[str, str], tower: str) -> ReadContent:
    """Return what an encoder writes of items."""
    names = list(cells)
    pairs = describe_lines(
        str(table), [(Thing(kind, cells[name]),) for name in names], {kind: (tower,)}, known="", fewest=1
    )
    if list(pairs.views) != [kind]:
        raise TrainingError(f"{table}: {tower} describes no {kind} of any item")
    rows = pairs.views[kind][pairs.pairs[:, 0]]
    how = SourceDescriptors(source=tower, digests=pairs.towers.digests)
    return RowSet(str(table), rows, how), tuple(names[row] for row in pairs.lines), pairs.failed


def _readable(cells: Mapping[str, str], paths: Sequence[str]) -> tuple[str, ...]:
    there = set(paths)
    return tuple(name for name, path in cells.items() if path in there)


def _rows(cells: Mapping[str, str], paths: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the row of each item that can be read, in the order of the items."""
    places = {path: row for row, path in enumerate(paths)}
    return np.array([places[cells[name]] for name in _readable(cells, paths)], np.intp)
