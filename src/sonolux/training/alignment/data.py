"""Captions to learn from: photos, each with the sentences that say what it shows, described as they are read.

Only what the maps are fitted to is kept of a photo, some kilobytes, so that many fit into memory. Tables hold a
path and a sentence a line, and as many lines a photo as it has sentences; see `sonolux.training.data.tables`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.trained.captions import photo_views, sentence_views
from sonolux.errors import TrainingError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Image, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.training.data.images import ReadProgress
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import SUFFIXES, TableRow, check_rows, read_table
from sonolux.types import Failure

PATHS = ("path", "file", "filename", "file_name", "image", "picture", "photo")
SENTENCES = ("caption", "sentence", "text", "description", "comment")
"""What the first line of a table may call its columns."""

NUMBERED = re.compile(r"#\d+$")
"""After the name of a photo, in the tables of Flickr8k and Flickr30k: which of its captions this is."""

FEWEST = 8
"""Photos from which anything can be learned."""

LONGEST = 10_000
"""Characters of a sentence."""

BATCH = 32
"""Photos described at once."""


@dataclass(frozen=True, slots=True)
class CaptionSet:
    """Photos and the sentences that belong to them.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    features, image_concepts : ndarray, shape (n, 1280) and (n, 384)
        Of each photo, see `sonolux.encoders.trained.captions.photo_views`.
    vectors, sentence_concepts : ndarray, shape (m, 384) each
        Of each sentence.
    owners : ndarray of int, shape (m,)
        Row of the photo that each sentence belongs to; every photo has one.
    failed : tuple of Failure
        Photos and sentences that were left out.
    notes : tuple of str
        What else is to be said of the table, a line each.
    """

    source: str
    features: NDArray[np.float32]
    image_concepts: NDArray[np.float32]
    vectors: NDArray[np.float32]
    sentence_concepts: NDArray[np.float32]
    owners: NDArray[np.int64]
    failed: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.features)

    def check(self, fewest: int = FEWEST) -> None:
        """Raise TrainingError for fewer photos, and where all photos or all captions are the same."""
        if len(self) < fewest:
            raise TrainingError(f"{self.source}: {len(self)} photos with captions; at least {fewest} are needed")
        if not all((rows != rows[0]).any() for rows in (self.features, self.vectors)):
            raise TrainingError(f"{self.source}: the photos to learn from, or their captions, are all the same")

    def subset(self, rows: NDArray[np.integer]) -> CaptionSet:
        """Return some of the photos, and their sentences."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.owners] >= 0
        return replace(
            self,
            features=self.features[rows],
            image_concepts=self.image_concepts[rows],
            vectors=self.vectors[kept],
            sentence_concepts=self.sentence_concepts[kept],
            owners=place[self.owners][kept],
        )

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        digest = hashlib.blake2b(self.features.tobytes(), digest_size=8)
        digest.update(self.vectors.tobytes())
        return {
            "source": self.source,
            "pictures": len(self),
            "captions": len(self.owners),
            "fingerprint": digest.hexdigest(),
        }


def read_captions(
    table: Path | str, pictures: Path | str | None = None, progress: ReadProgress | None = None
) -> CaptionSet:
    """Read a table of photos and sentences, and describe both.

    Parameters
    ----------
    table : path
        Its first line may name the columns, one of `PATHS` and one of `SENTENCES`; else there are two, in this order.
    pictures : path, optional
        Folder that paths are relative to; by default that of the table.
    progress : callable, optional

    Raises
    ------
    TrainingError
        Where the table cannot be read, most of its lines lack a path or a caption, or too few photos can be read.
    """
    table = Path(table).expanduser()
    folder = Path(pictures).expanduser() if pictures is not None else table.parent
    if not folder.is_dir():
        raise TrainingError(f"{folder} is no folder: say with --pictures where the photos are")
    captions, notes, unused = _by_photo(table, folder)
    if not captions:
        raise TrainingError(f"{table}: no caption in letters that the sentence model reads: it was trained on English")
    described, failed = _described(list(captions), progress)
    copies: dict[bytes, list[str]] = {}
    for path in captions:
        if path in described:
            copies.setdefault(described[path][0].tobytes(), []).append(path)
    kept = list(copies.values())
    if len(kept) < FEWEST:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{table}: {len(kept)} readable photos with captions; at least {FEWEST} are needed{why}")
    notes += [f"{same[1]} is the same photo as {same[0]}" for same in kept if len(same) > 1]
    said = [list(dict.fromkeys(sentence for path in same for sentence in captions[path])) for same in kept]
    features, concepts = (np.stack([described[same[0]][view] for same in kept]) for view in (0, 1))
    vectors, sentence_concepts = sentence_views([sentence for sentences in said for sentence in sentences])
    owners = np.repeat(np.arange(len(kept)), [len(sentences) for sentences in said])
    return CaptionSet(
        str(table), features, concepts, vectors, sentence_concepts, owners, (*failed, *unused), tuple(notes)
    )


def rows_in(table: Path) -> tuple[list[tuple[int, str, str]], list[Failure]]:
    """Return the number of each line of a table with its path and its sentence, and lines that lack either.

    Raises
    ------
    TrainingError
        Where the table cannot be read, or more lines lack something than have both.
    """
    if table.suffix.lower() not in SUFFIXES:
        raise TrainingError(f"{table} is no table: captions are read from {', '.join(SUFFIXES)}")
    told = read_table(table, (*PATHS, *SENTENCES))
    pictures, sentences = told.column(PATHS), told.column(SENTENCES)
    named = pictures is not None and sentences is not None
    rows: list[tuple[int, str, str]] = []
    failed: list[Failure] = []
    for row in told.rows:
        path, sentence = (row.cell(pictures), row.cell(sentences)) if named else (row.cell(0), row.cell(1))
        if wrong := _wrong_with(row, path, sentence, named=named):
            failed.append(told.failure(row, wrong))
        else:
            rows.append((row.line, path, sentence))
    check_rows(table, failed, len(rows))
    return rows, failed


def _wrong_with(row: TableRow, path: str, sentence: str, *, named: bool) -> str:
    """Return why a line cannot be used; nothing where it can."""
    if len(path) > LONGEST:
        return f"a path of {len(path):,} characters"
    if not path or not sentence:
        return f"{path} has no caption" if path else "no path"
    if not named and len(row.cells) > 2:
        return (
            f"{len(row.cells)} columns, not a path and a caption: name them in the first line, or put a caption with"
            " commas between quotes"
        )
    return ""


def _by_photo(table: Path, folder: Path) -> tuple[dict[str, list[str]], list[str], list[Failure]]:
    """Return the sentences of each photo, what is to be said of the table, and sentences that cannot be read."""
    captions: dict[str, list[str]] = {}
    twice: list[int] = []
    rows, failed = rows_in(table)
    finder = FileFinder(folder)
    for line, path, sentence in rows:
        absolute = finder.file(path) or finder.placed(NUMBERED.sub("", path))
        if not _latin(sentence):
            failed.append(Failure(absolute, f"line {line} is not in Latin letters: the sentence model reads English"))
        elif sentence in captions.setdefault(absolute, []):
            twice.append(line)
        else:
            captions[absolute].append(sentence[:LONGEST])
    others = f", as {len(twice) - 1:,} others do" if len(twice) > 1 else ""
    notes = [f"{table}: line {twice[0]} repeats an earlier one{others}: each counts once"] if twice else []
    return {path: said for path, said in captions.items() if said}, notes, failed


def _latin(sentence: str) -> bool:
    """Tell whether half of the letters of a sentence, if it has any, are Latin."""
    letters = [letter for letter in sentence if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return 2 * latin >= len(letters)


def _pixels(event: object) -> NDArray[np.uint8] | None:
    """Return the pixels of a segment that is a photo, or a page of one file, None of anything else."""
    if isinstance(event, Segment) and event.kind in ("image", "page") and isinstance(event.content, Image):
        return event.content.pixels
    return None


def _described(
    paths: Sequence[str], progress: ReadProgress | None
) -> tuple[dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]], list[Failure]]:
    """Decode photos in worker processes, as a library does, and describe them; return those that cannot be read too."""
    limits = settings()
    described: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
    failed: list[Failure] = []
    waiting: dict[str, NDArray[np.uint8]] = {}

    def describe() -> None:
        features, concepts = photo_views(list(waiting.values()))
        described.update(zip(waiting, zip(features, concepts, strict=True), strict=True))
        waiting.clear()

    options = ReadOptions.from_settings()
    with DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failed.append(event)
            elif path not in described and (pixels := _pixels(event)) is not None:
                waiting.setdefault(path, pixels)
            if len(waiting) == BATCH:
                describe()
                if progress is not None:
                    progress(len(described) + len(failed), len(paths))
    if waiting:
        describe()
    known = {*described, *(failure.path for failure in failed)}
    return described, [*failed, *(Failure(path, "holds no picture") for path in paths if path not in known)]
