"""Transcripts as data sets of speech lay them out: which recording, and what is said in it.

A table with a column of files and one of words, as Common Voice has it (``clips`` beside it), or without a first line
that names them, as LJSpeech has it (``ID|text|normalised text``, ``wavs`` beside it); Kaldi's ``wav.scp`` and ``text``;
LibriSpeech's ``*.trans.txt``; or a ``.txt`` of the same name beside each recording.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sonolux.errors import MediaError, TrainingError
from sonolux.training.data.folders import METADATA
from sonolux.training.data.listed import column_of_files, missing_file
from sonolux.training.data.part_names import part_named
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import WORDS, check_rows, decode_table, read_table
from sonolux.types import Failure

TABLES = (*METADATA, "validated.tsv", "transcripts.csv", "transcripts.tsv", "sentences.csv")
"""Names of tables of words that are looked for in a folder."""

BESIDE = {".txt", ".lab", ".json", ".xml", ".srt", ".vtt", ".textgrid"}
"""Endings of what lies beside a recording and is none."""


@dataclass(slots=True)
class Transcripts:
    """What is said.

    Attributes
    ----------
    said : dict of str to str
        Words of each recording.
    parts : dict of str to str
        ``train``, ``val`` or ``test``, where a recording's table is called so.
    failed : list of Failure
        Rows that were left out.
    """

    said: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)

    def add(self, path: str, text: str, row: Failure) -> None:
        """Keep the words of a recording; `row` says where they stand, in case they have to be left out."""
        if not any(letter.isalnum() for letter in text):
            self.failed.append(Failure(row.path, f"{row.reason}: no words"))
        elif self.said.get(path, text) != text:
            self.failed.append(Failure(row.path, f"{row.reason}: other words for {path} stand above"))
        else:
            self.said[path] = text


def read_transcript_table(file: Path) -> Transcripts:
    """Read a table of recordings and words.

    Raises
    ------
    TrainingError
        Where it cannot be read, lacks a column, or has more bad rows than good ones.
    """
    table = read_table(file)
    finder = FileFinder(file.parent)
    files = column_of_files(table, finder)
    words = table.column(WORDS)
    if words is None and table.columns:
        raise TrainingError(f"{file} has no column text: its first line is to be path,text, with rows below")
    found = Transcripts()
    for row in table.rows:
        named = row.cell(files)
        path = finder.file(named) if named else None
        if path is None:
            found.failed.append(missing_file(table, row, named) if named else table.failure(row, "no path"))
            continue
        # Of LJSpeech the last column has numbers written out.
        text = row.cell(words) if words is not None else next(reversed([c for c in row.cells[files + 1 :] if c]), "")
        found.add(path, text, table.failure(row, named))
    check_rows(file, found.failed, len(found.said))
    return found


def read_transcript_folder(folder: Path) -> Transcripts:
    """Read the words of a folder of speech, in whichever of the layouts it is.

    Raises
    ------
    TrainingError
        Where it is in none of them.
    """
    if (folder / "wav.scp").is_file() and (folder / "text").is_file():
        return _kaldi(folder)
    parted = {file: part for file in sorted(folder.glob("*.tsv")) if (part := part_named(file.stem))}
    if parted:
        return _parted(parted)
    table = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if table is not None:
        return read_transcript_table(table)
    listed = sorted(folder.rglob("*.trans.txt"))
    found = _librispeech(listed) if listed else _beside(folder)
    if not found.said:
        raise TrainingError(
            f"{folder} says nowhere what is said: no table {', '.join(TABLES[:2])}, no wav.scp and text (Kaldi), no"
            " etc and feat (Sphinx), no .txt beside each recording"
        )
    check_rows(folder, found.failed, len(found.said))
    return found


def _parted(tables: dict[Path, str]) -> Transcripts:
    """Return what the tables of Common Voice say, which are called by their parts."""
    found = Transcripts()
    for file, part in tables.items():
        one = read_transcript_table(file)
        found.said |= one.said
        found.parts |= dict.fromkeys(one.said, part)
        found.failed += one.failed
    return found


def _kaldi(folder: Path) -> Transcripts:
    if (folder / "segments").is_file():
        raise TrainingError(f"{folder / 'segments'} cuts recordings into utterances: give a file an utterance instead")
    finder = FileFinder(folder)
    words = dict(_by_name(folder / "text"))
    found = Transcripts()
    scp = str(folder / "wav.scp")
    for name, named in _by_name(folder / "wav.scp"):
        path = finder.file(named)
        if named.rstrip().endswith("|"):
            found.failed.append(Failure(scp, f"{name}: is a command, and none is run: write the path of a file"))
        elif path is None:
            found.failed.append(Failure(named, f"is not there (wav.scp, {name})"))
        else:
            found.add(path, words.get(name, ""), Failure(str(folder / "text"), name))
    check_rows(folder / "wav.scp", found.failed, len(found.said))
    return found


def _librispeech(lists: list[Path]) -> Transcripts:
    found = Transcripts()
    for file in lists:
        finder = FileFinder(file.parent)
        for name, text in _by_name(file):
            path = finder.file(name)
            if path is None:
                found.failed.append(Failure(str(file), f"{name}: no recording is called so"))
            else:
                found.add(path, text, Failure(str(file), name))
    return found


def _beside(folder: Path) -> Transcripts:
    found = Transcripts()
    recordings: dict[Path, list[Path]] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in BESIDE and file.is_file():
            recordings.setdefault(file.with_suffix(""), []).append(file)
    for file in sorted(folder.rglob("*.txt")):
        mine = recordings.get(file.with_suffix(""), [])
        if len(mine) == 1:
            found.add(os.path.abspath(mine[0]), _content(file), Failure(str(file), file.name))
    return found


def _by_name(file: Path) -> Iterator[tuple[str, str]]:
    """Yield name and rest of each line."""
    for line in _content(file).split("\n"):
        name, _, rest = line.strip().partition(" ") if " " in line.strip() else line.strip().partition("\t")
        if name:
            yield name, rest.strip()


def _content(file: Path) -> str:
    try:
        return decode_table(file.read_bytes())
    except (OSError, MediaError) as error:
        raise TrainingError(f"{file} cannot be read: {error}") from error
