"""Tables as people have them: what a spreadsheet, a data set or a text editor wrote, as rows of cells.

Text in any encoding, with commas, semicolons, tabs or bars between the cells; ``.xlsx`` (its first visible sheet of
several rows); ``.jsonl``, an object a line. The first line, below titles, may name the columns, in any case, under any
of the usual names (`FILES`, `LABELS`, ...). Lines are numbered from 1, as editors show them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from sonolux.errors import MediaError, TrainingError
from sonolux.extras import extras_named
from sonolux.media.texts.encodings import has_text_bytes, marked_encoding, unmarked_encoding
from sonolux.media.texts.text_decoding import clean, decode_legacy, decode_text
from sonolux.types import Failure

FILES = (
    *("path", "file_name", "filename", "file", "file_path", "filepath", "fname", "slice_file_name", "image_path"),
    *("audio_path", "image_file", "audio_file", "image_name", "image", "audio", "picture", "photo", "sound", "img"),
    *("recording", "wav", "wav_filename", "clip", "begin_file", "image_id", "id"),
)
LABELS = (
    *("label", "labels", "class", "class_name", "classname", "category", "categories", "event_label", "tag", "species"),
    *("annotation", "breed", "target", "y"),
)
WORDS = ("text", "sentence", "transcript", "transcription", "normalized_text", "normalized_transcription", "words")
STARTS = ("start", "onset", "begin", "start_time", "begin_time", "begin_time_s", "start_s", "start_seconds", "from")
ENDS = ("end", "offset", "stop", "end_time", "stop_time", "end_time_s", "end_s", "end_seconds", "to")
PARTS = ("split", "subset", "partition", "set")
"""Names of columns, as `plain_name` has them, the best first."""

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".jsonl", ".ndjson")
DELIMITERS = (",", ";", "\t", "|")
QUOTED: Literal[0] = csv.QUOTE_MINIMAL
UNQUOTED: Literal[3] = csv.QUOTE_NONE
SAMPLE = 50
"""Lines by which the delimiter is told."""

FOREIGN_WORD = re.compile(r"[^\W\d_]*(?:[^\x00-\x7f][^\W\d_]*)+")
WESTERN_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ\x80-\xbf‘’“”–—…€„]*")
"""Words with a character beyond ASCII, and those of them that languages of western Europe write in Windows-1252."""

GUESSED = 30
"""Such words, from which the encoding is guessed as that of any text."""

TITLES = 10
"""Lines of a single cell, a title or a remark, that may stand above the names of the columns."""

ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
"""What a spreadsheet shows for a formula that comes to nothing."""

LARGEST_CELL = 2**20
"""Characters."""

MARKS = re.compile("^(\ufeff|ï»¿)+")
"""Byte order marks where files were put behind each other, as they are and as they look in Windows-1252."""

FORMULA = re.compile(r"'(?=[=+\-@])")
"""What keeps a cell from being taken for a formula by a spreadsheet."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of a table: its number, and its cells without space around them."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """Return the cell of a column; empty where the line is shorter, or there is no such column."""
        return self.cells[column] if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and what their columns are called.

    Attributes
    ----------
    file : Path
    columns : tuple of str
        Names by `plain_name`; empty where the first line names none.
    rows : tuple of TableRow
    delimiter : str
        Between the cells; empty where the file has none.
    """

    file: Path
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    delimiter: str = ""

    def column(self, names: Sequence[str]) -> int | None:
        """Return the number of the column with the first of these names that there is, None for none of them."""
        return next((self.columns.index(name) for name in names if name in self.columns), None)

    def failure(self, row: TableRow, reason: str) -> Failure:
        """Return that a row is left out, and why."""
        return Failure(str(self.file), f"line {row.line}: {reason}")


def is_table(data: Path) -> bool:
    """Say whether a path is a table."""
    return data.suffix.lower() in SUFFIXES and data.is_file()


def plain_name(name: str) -> str:
    """Return the name of a column in lower case, with one underscore for all that is neither letter nor digit."""
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", name).casefold()).strip("_")


def read_table(file: Path, names: Sequence[str] = (*FILES, *LABELS, *WORDS)) -> Table:
    """Read a table.

    Parameters
    ----------
    file : Path
    names : sequence of str
        The first line names the columns if one of its cells is among these.

    Raises
    ------
    TrainingError
        Where it cannot be read, or has no rows.
    """
    rows, delimiter, named = _rows_of(file)
    if not rows:
        raise TrainingError(f"{file} is empty: a table has a line for each row, and may name its columns in the first")
    if not named:
        rows = _below_titles(rows, names)
    first = tuple(plain_name(cell) for cell in rows[0].cells)
    if named or set(first) & set(names):
        if len(rows) == 1:
            raise TrainingError(f"{file} has no rows below its first line")
        return Table(file, first, tuple(rows[1:]), delimiter)
    return Table(file, (), tuple(rows), delimiter)


def _below_titles(rows: list[TableRow], names: Sequence[str]) -> list[TableRow]:
    """Return the rows from the names of the columns on, where nothing but single cells stands above these."""
    for at, row in enumerate(rows[:TITLES]):
        if sum(map(bool, row.cells)) != 1:
            return rows[at:] if set(map(plain_name, row.cells)) & set(names) else rows
    return rows


def check_rows(table: Path, failed: Sequence[Failure], good: int) -> None:
    """Raise TrainingError where a table has more rows that cannot be used than rows that can."""
    if len(failed) > good:
        raise TrainingError(
            f"{table}: {len(failed):,} of {len(failed) + good:,} rows cannot be used, the first for:"
            f" {_told(table, failed[0])}"
        )


def _told(table: Path, failure: Failure) -> str:
    return failure.reason if failure.path == str(table) else f"{failure.path}: {failure.reason}"


def _rows_of(file: Path) -> tuple[list[TableRow], str, bool]:
    """Return the rows of a file, what is between their cells, and whether the first surely names the columns."""
    try:
        if file.suffix.lower() == ".xlsx":
            return list(_sheet(file)), "", False
        text = decode_table(file.read_bytes())
        if file.suffix.lower() in {".jsonl", ".ndjson"}:
            return _objects(text), "", True
        return *_delimited(text), False
    except (OSError, MediaError, ValueError, csv.Error) as error:
        raise TrainingError(f"{file} cannot be read: {' '.join(str(error).split())}") from error


def decode_table(content: bytes) -> str:
    """Return the text of a table; one in no Unicode is in a code page of Windows, as Excel writes it.

    Which is guessed as from any text, but a few words, however often they stand there, tell too little for that.
    """
    if marked_encoding(content) is not None or unmarked_encoding(content) is not None or not has_text_bytes(content):
        return decode_text(content)
    try:
        return clean(content.decode("utf-8"))
    except UnicodeDecodeError:
        western = content.decode("cp1252", "replace")
    words = set(FOREIGN_WORD.findall(western))
    if len(words) < GUESSED and all(map(_is_western, words)):
        return clean(western)
    return decode_legacy(content)


def _is_western(word: str) -> bool:
    """Tell whether a word could be one of western Europe: most of its letters are of ASCII, all of Windows-1252."""
    letters = [letter for letter in word if letter.isalpha()]
    beyond = sum(not letter.isascii() for letter in letters)
    return WESTERN_WORD.fullmatch(word) is not None and (2 * beyond <= len(letters) or len(letters) == 1)


def _delimited(text: str) -> tuple[list[TableRow], str]:
    lines = text.split("\n")
    above = 0
    if lines[0].strip().lower().startswith("sep=") and len(lines[0].strip()) in {4, 5}:
        delimiter, above = lines[0].strip()[4:] or "\t", 1  # what Excel is told in this way
    else:
        delimiter = _delimiter([line for line in lines if line.strip()][:SAMPLE])
    csv.field_size_limit(LARGEST_CELL)
    # Between tabs and bars quotes mean nothing: a sentence may begin with one.
    quoted = delimiter in {",", ";"}
    body = io.StringIO("\n".join(lines[above:]), newline="")
    reader = csv.reader(body, delimiter=delimiter, quoting=QUOTED if quoted else UNQUOTED, skipinitialspace=True)
    rows, line = [], above + 1
    for cells in reader:
        kept = tuple(_plain_cell(cell, unquote=not quoted) for cell in cells)
        if any(kept):
            rows.append(TableRow(line, kept))
        line = above + reader.line_num + 1
    return rows, delimiter


def _delimiter(lines: Sequence[str]) -> str:
    """Return what parts most lines into the same number of cells, above one; a comma where nothing does."""
    best, found = (0.0, 0), ","
    for delimiter in DELIMITERS:
        quoting = QUOTED if delimiter in {",", ";"} else UNQUOTED
        counts = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter, quoting=quoting) if any(cells))
        several = {count: times for count, times in counts.items() if count > 1}
        if several:
            count = max(several, key=lambda count: (several[count], count))
            score = (several[count] / counts.total(), count)
            if score > best:
                best, found = score, delimiter
    return found


def _plain_cell(cell: str, *, unquote: bool) -> str:
    cell = MARKS.sub("", cell.strip()).strip()
    if unquote and len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', ""):
        cell = cell[1:-1].replace('""', '"').strip()
    return unicodedata.normalize("NFC", FORMULA.sub("", cell, count=1) if cell.startswith("'") else cell)


def _objects(text: str) -> list[TableRow]:
    """Return the rows of a file with an object of JSON a line, the names of their members first."""
    objects: list[tuple[int, dict[str, object]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"line {number} is no object of JSON")
        objects.append((number, found))
    names = list(dict.fromkeys(name for _, one in objects for name in one))
    rows = [
        TableRow(line, tuple(_plain_cell(_text(one.get(name)), unquote=False) for name in names))
        for line, one in objects
    ]
    return [TableRow(0, tuple(names)), *rows] if rows else []


def _sheet(file: Path) -> Iterator[TableRow]:
    """Yield the rows of a sheet of an Excel workbook, as its values were when it was saved.

    Of the first that is not hidden and has more than one row: before the data often stands a sheet about them.
    """
    from zipfile import BadZipFile

    with extras_named(str(file), TrainingError):
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
            for sheet in sheets:
                rows = _sheet_rows(sheet)
                begun = list(islice(rows, 2))
                if len(begun) > 1 or sheet is sheets[-1]:
                    yield from chain(begun, rows)
                    return
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, KeyError, IndexError, TypeError, SyntaxError) as error:
        raise ValueError(f"it is no Excel workbook (.xlsx): {error}") from error


def _sheet_rows(sheet: Any) -> Iterator[TableRow]:
    for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        kept = tuple(_plain_cell("" if cell in ERRORS else _text(cell), unquote=False) for cell in cells)
        if any(kept):
            yield TableRow(line, kept)


def _text(cell: object) -> str:
    """Return what a cell shows: a whole number as one, also where a spreadsheet kept it with a fraction.

    Of the values of JSON, a list of one is that one, and a file as the Hugging Face hub writes it its path.
    """
    if cell is None:
        return ""
    if isinstance(cell, list) and len(cell) == 1:
        return _text(cell[0])
    if isinstance(cell, dict) and isinstance(cell.get("path"), str):
        return str(cell["path"])
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else json.dumps(cell, default=str) if isinstance(cell, bool) else str(cell)
