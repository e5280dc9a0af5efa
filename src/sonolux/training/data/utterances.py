"""Speech to learn from: what was said, and the cepstra of how it sounded.

A folder as CMU Sphinx lays it out: ``etc/NAME_train.fileids`` and ``.transcription`` list recordings and their words,
``feat`` holds the cepstra of each (``.mfc``), ``etc/NAME.dic`` may pronounce the words in phones. Or recordings of a
minute at most and their words in any other layout of `sonolux.training.data.transcripts`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Cepstra
from sonolux.errors import TrainingError
from sonolux.features.speech_cepstra import speech_cepstra
from sonolux.training.data.decoding import BLOCK, decode_clips
from sonolux.training.data.sources import check_enough
from sonolux.training.data.tables import is_table
from sonolux.training.data.transcripts import Transcripts, read_transcript_folder, read_transcript_table
from sonolux.types import Failure

STACKED = 3
"""Frames that the network takes at once, unless its recipe says otherwise: so many times fewer does it write."""

Lexicon = dict[str, list[tuple[str, ...]]]
"""Of each word, the ways to pronounce it, in units."""

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*'?")
"""Letters and digits, with apostrophes between them or at the end."""


@dataclass(frozen=True, slots=True)
class UtteranceSet:
    """Utterances.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    cepstra : sequence of tensor, shape (frames, coefficients)
    words : sequence of tuple of str
        What was said, in upper case.
    how : Cepstra
        How the cepstra come from sound.
    lexicon : dict
        See `Lexicon`; words of the set without an entry are spelled.
    failed : tuple of Failure
        Recordings and rows that were left out.
    parts : tuple of str, or None
        Of each utterance ``train``, ``val`` or ``test``, where its table says so.
    paths : tuple of str
        File of each.
    groups : ndarray of int64, shape (n,), or None
        Which belong together, by who speaks for one, and must not be on both sides of a split; None for none.
    """

    source: str
    cepstra: Sequence[torch.Tensor]
    words: Sequence[tuple[str, ...]]
    how: Cepstra
    lexicon: Lexicon = field(default_factory=dict)
    failed: tuple[Failure, ...] = ()
    parts: tuple[str, ...] | None = None
    paths: tuple[str, ...] = ()
    groups: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.cepstra)

    def contents(self) -> list[bytes]:
        """Return what each utterance holds."""
        return [cepstra.numpy().tobytes() for cepstra in self.cepstra]

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any frame or word."""
        digest = hashlib.blake2b(digest_size=8)
        for cepstra, words in zip(self.cepstra, self.words, strict=True):
            digest.update(cepstra.numpy().tobytes())
            digest.update(" ".join(words).encode())
        return digest.hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> UtteranceSet:
        """Return some of the utterances."""
        cepstra, words = [self.cepstra[row] for row in rows], [self.words[row] for row in rows]
        parts = None if self.parts is None else tuple(self.parts[row] for row in rows)
        paths = tuple(self.paths[row] for row in rows) if self.paths else ()
        groups = None if self.groups is None else self.groups[rows]
        return UtteranceSet(
            self.source, cepstra, words, self.how, self.lexicon, parts=parts, paths=paths, groups=groups
        )

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        words = sum(map(len, self.words))
        return {"source": self.source, "utterances": len(self), "words": words, "fingerprint": self.fingerprint()}


def analysis(rate: int) -> Cepstra:
    """Return how speech is taken apart at a rate in hertz: as Sphinx does at 16,000, in proportion at others."""
    frame = 2 ** int(np.ceil(np.log2(0.0256 * rate)))
    wide = rate >= 16_000
    return Cepstra(
        rate=rate,
        window=round(0.0256 * rate),
        frame=frame,
        hop=round(0.010 * rate),
        bands=40 if wide else 31,
        lowest=133.3333 if wide else 200.0,
        highest=6855.4976 if wide else 0.4375 * rate,
    )


def read_utterances(data: Path | str, rate: int = 16_000, part: str = "train", stacked: int = STACKED) -> UtteranceSet:
    """Read the utterances of a folder or a table.

    Parameters
    ----------
    data : path
        See the module.
    rate : int
        Hertz at which recordings are heard; cepstra of a folder are those of 16,000.
    part : str
        Of a folder of Sphinx that has several: ``train`` or ``test``.
    stacked : int
        Frames that the network takes at once: a sentence with more letters than so are left cannot be learned.

    Raises
    ------
    TrainingError
        Where there is no such place, its lists do not fit together, or too few utterances can be read.
    """
    data = Path(data).expanduser()
    if (data / "etc").is_dir():
        found = _sphinx(data, part)
    elif data.is_dir():
        found = _heard(read_transcript_folder(data), analysis(rate), str(data), stacked)
    elif is_table(data):
        found = _heard(read_transcript_table(data), analysis(rate), str(data), stacked)
    else:
        raise TrainingError(f"{data} is neither a folder of speech nor a table with the columns path,text")
    check_enough(data, len(found), "utterances", found.failed)
    return found


def frames_needed(words: Sequence[str]) -> int:
    """Return how many frames a network has to write, at least, to spell words: a letter each, a space after each word.

    Between two equal letters there has to be one without any (Graves et al. 2006, section 3).
    """
    return sum(len(word) + 1 + sum(one == other for one, other in pairwise(word)) for word in words)


def normal(text: str) -> tuple[str, ...]:
    """Return the words of a text in upper case, without punctuation."""
    return tuple(word.upper() for word in WORD.findall(text))


def read_mfc(file: Path) -> torch.Tensor:
    """Return the cepstra (frames, 13) in a file of Sphinx: a count of numbers, then so many, all big-endian.

    Raises
    ------
    TrainingError
        Where the count does not fit.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise TrainingError(f"{file} cannot be read: {error}") from error
    count = int.from_bytes(content[:4], "big")
    if len(content) != 4 + 4 * count or count % 13 or not count:
        raise TrainingError(f"{file} is no file of 13 cepstra a frame: it says {count} numbers, {len(content)} bytes")
    numbers = np.frombuffer(content, ">f4", offset=4).reshape(-1, 13).astype(np.float32)
    if not np.isfinite(numbers).all():
        raise TrainingError(f"{file} holds NaN or infinity")
    return torch.from_numpy(numbers)


def _sphinx(folder: Path, part: str) -> UtteranceSet:
    lists = sorted((folder / "etc").glob(f"*_{part}.fileids"))
    if len(lists) != 1:
        raise TrainingError(f"{folder} has {len(lists)} lists etc/*_{part}.fileids: one is needed")
    names = lists[0].read_text(encoding="utf-8").split()
    transcription = lists[0].with_suffix(".transcription")
    said = _transcripts(transcription)
    missing = next((name for name in names if name.rpartition("/")[2] not in said), None)
    if missing is not None:
        raise TrainingError(f"{transcription} does not say what {missing} says")
    files = [folder / "feat" / f"{name}.mfc" for name in names]
    cepstra = [read_mfc(file) for file in files]
    words = [said[name.rpartition("/")[2]] for name in names]
    dictionary = lists[0].with_name(lists[0].name.replace(f"_{part}.fileids", ".dic"))
    lexicon = _dictionary(dictionary) if dictionary.exists() else {}
    paths = tuple(str(file.absolute()) for file in files)
    return UtteranceSet(str(folder), cepstra, words, analysis(16_000), lexicon, paths=paths)


def _transcripts(file: Path) -> dict[str, tuple[str, ...]]:
    """Return the words of each recording, of lines ``WORDS (name)``."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise TrainingError(f"{file} cannot be read: {error}") from error
    said = {}
    for number, line in enumerate(lines, start=1):
        text, bracket, name = line.rpartition("(")
        if not bracket or not name.rstrip().endswith(")"):
            raise TrainingError(f"{file}, line {number}: no (name) at the end")
        words = text.replace("<s>", "").replace("</s>", "").split()
        if not words:
            raise TrainingError(f"{file}, line {number}: no words")
        said[name.rstrip()[:-1]] = tuple(word.upper() for word in words)
    return said


def _dictionary(file: Path) -> Lexicon:
    """Return the lexicon in a file of lines ``WORD(2) PHONE PHONE``."""
    lexicon: Lexicon = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        lexicon.setdefault(re.sub(r"\(\d+\)$", "", word).upper(), []).append(tuple(phones))
    return lexicon


def _heard(found: Transcripts, how: Cepstra, source: str, stacked: int) -> UtteranceSet:
    """Return the recordings of transcripts; those too short for their words are left out."""
    said = {path: normal(text) for path, text in found.said.items()}
    blocks, unread = decode_clips(
        list(said), how.rate, lambda samples: speech_cepstra(torch.from_numpy(samples), how.analysis), BLOCK
    )
    failed = [*found.failed, *unread]
    kept = []
    for path in (path for path in said if path in blocks):
        written, needed = -(-len(blocks[path][0]) // stacked), frames_needed(said[path])
        if needed > written:
            seconds = len(blocks[path][0]) * how.hop / how.rate
            failed.append(Failure(path, f"is {seconds:.1f} s long, too short for its {needed} letters and spaces"))
        else:
            kept.append(path)
    parts = tuple(found.parts[path] for path in kept) if found.parts else None
    cepstra = [blocks[path][0] for path in kept]
    words = [said[path] for path in kept]
    return UtteranceSet(source, cepstra, words, how, {}, tuple(failed), parts, tuple(kept))
