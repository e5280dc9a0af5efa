"""Texts to learn from, as bags of words: how often each holds each of the words that occur most.

Long files are learned from in passages, for in passages a library finds them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sonolux.checkpoints.inputs import Words
from sonolux.encoders.trained.encoder import word_counts, words_in
from sonolux.errors import TrainingError
from sonolux.media.finding import find
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.training.data.listed import files_in
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.sources import check_enough
from sonolux.training.data.tables import FILES, WORDS, check_rows, is_table, read_table
from sonolux.types import Failure, Modality

VOCABULARY = 2_000
"""Words that count, at most."""

TEXTS = 2
"""A word of fewer texts has nothing to tell of any other."""


def read_words(data: Path | str, most: int = VOCABULARY) -> RowSet:
    """Read all texts of a folder, or those that a table holds or names, as bags of words.

    Parameters
    ----------
    data : path
        A folder, or a table with a column ``text``, or a column ``path`` relative to the file.
    most : int
        Size of the vocabulary, at most.

    Raises
    ------
    TrainingError
        Where there is no such place, the table is broken, or too few texts or words can be read.
    """
    data = Path(data).expanduser()
    failed: list[Failure] = []
    if data.is_dir():
        texts = _read([path for path in find([os.path.abspath(data)]) if isinstance(path, str)], failed)
    elif is_table(data):
        texts = _listed(data, failed)
    else:
        raise TrainingError(f"{data} is neither a folder of texts nor a table with a column text or path")
    check_enough(data, len(texts), "texts or passages", failed)
    how = Words(vocabulary=vocabulary_of(texts, str(data), most))
    return RowSet(str(data), word_counts(texts, how), how, tuple(failed))


def vocabulary_of(
    texts: Sequence[str], source: str, most: int = VOCABULARY, *, numbers: bool = False
) -> tuple[str, ...]:
    """Return the words that occur most in texts, most frequent first, English stop words and lone letters left out.

    With `numbers`, runs of digits are words too.

    Raises
    ------
    TrainingError
        Where no word occurs in two texts.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    counts: Counter[str] = Counter()
    holders: Counter[str] = Counter()
    for text in texts:
        words = words_in(text, numbers=numbers)
        counts.update(words)
        holders.update(set(words))
    telling = [
        word
        for word in counts
        if holders[word] >= TEXTS and word not in ENGLISH_STOP_WORDS and not (len(word) == 1 and word.isascii())
    ]
    if not telling:
        raise TrainingError(f"{source}: no word occurs in {TEXTS} texts, so there is nothing to learn")
    return tuple(sorted(telling, key=lambda word: (-counts[word], word))[:most])


def _listed(file: Path, failed: list[Failure]) -> list[str]:
    table = read_table(file, (*WORDS, *FILES))
    column = table.column(WORDS)
    if column is None:
        if table.column(FILES) is None:
            raise TrainingError(f"{file} has no column text or path: its first line is to name one")
        found = files_in(table)
        failed += found.failed
        return _read(found.paths, failed)
    empty = [table.failure(row, "no text") for row in table.rows if not row.cell(column)]
    check_rows(file, empty, len(table.rows) - len(empty))
    failed += empty
    return [row.cell(column) for row in table.rows if row.cell(column)]


def _read(paths: Sequence[str], failed: list[Failure]) -> list[str]:
    """Return the texts of files, long ones passage by passage; note what holds none."""
    limits = settings()
    texts: dict[str, list[str]] = {path: [] for path in paths}
    with DecoderPool(
        limits.workers, ReadOptions.from_settings(), timeout=limits.decode_seconds, memory=limits.decode_memory
    ) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failed.append(event)
            elif isinstance(event, Segment) and event.modality is Modality.TEXT and isinstance(event.content, str):
                texts[path].append(event.content)
    known = {failure.path for failure in failed}
    failed += [Failure(path, "holds no text") for path, found in texts.items() if not found and path not in known]
    return [text for found in texts.values() for text in found]
