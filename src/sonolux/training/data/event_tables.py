"""Tables of events: which sounds in which recording, from when to when.

A table with a column of files, one of labels and, where they are known, times in seconds; without any event the label
is empty. Or label tracks of Audacity, a ``.txt`` beside each recording, with a start, an end and a label in a line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sonolux.errors import MediaError, TrainingError
from sonolux.media.texts.text_decoding import decode_text
from sonolux.metrics.events import Event
from sonolux.training.data.listed import column_of_files, column_of_labels, missing_file
from sonolux.training.data.sources import plain_label
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import ENDS, FILES, LABELS, STARTS, Table, check_rows, decode_table, read_table
from sonolux.types import Failure

WHOLE = 600.0
"""Seconds that an event without times is given: as long as a recording may be."""

SEVERAL = ("labels", "tags", "categories")
"""Columns of which a cell may name several classes."""

TRACK_LINE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)(?:\t(.*))?")
"""Of Audacity: start, end, label."""


@dataclass(slots=True)
class ToldEvents:
    """Events as tables tell them.

    Attributes
    ----------
    events : dict of str to list of Event
        Of each recording; empty where nothing sounds in it.
    strong : bool
        Whether their times are known.
    failed : list of Failure
        Rows that were left out.
    sources : dict
        Where each event stands, by recording and event, for what is found wrong later.
    """

    strong: bool
    events: dict[str, list[Event]] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    sources: dict[tuple[str, Event], tuple[str, int]] = field(default_factory=dict)

    def add(self, path: str, event: Event, source: tuple[str, int]) -> None:
        """Keep an event; one that is told twice, as Raven does for each of its views, is one."""
        if event not in self.events.setdefault(path, []):
            self.events[path].append(event)
            self.sources[path, event] = source


def read_event_table(file: Path) -> ToldEvents:
    """Read a table of events, or a label track of Audacity.

    Raises
    ------
    TrainingError
        Where it cannot be read, lacks a column, or has more bad rows than good ones.
    """
    if file.suffix.lower() == ".txt" and is_label_track(file):
        return read_label_tracks([file])
    table = read_table(file, (*FILES, *LABELS, *STARTS, *ENDS))
    finder = FileFinder(file.parent)
    files = column_of_files(table, finder)
    labels = column_of_labels(table, files) if not table.columns else table.column(LABELS)
    if labels is None:
        raise TrainingError(
            f"{file} has no column label: its first line is to be path,label,start,end, with rows below"
        )
    starts, ends = table.column(STARTS), table.column(ENDS)
    told = ToldEvents(strong=starts is not None and ends is not None)
    for row in table.rows:
        named, label = row.cell(files), plain_label(row.cell(labels))
        path = finder.file(named) if named else None
        timed = told.strong and bool(row.cell(starts) or row.cell(ends))
        if path is None:
            told.failed.append(missing_file(table, row, named) if named else table.failure(row, "no path"))
        elif not label and timed:
            told.failed.append(table.failure(row, f"{named} has no label"))
        elif not label:
            told.events.setdefault(path, [])
        else:
            times = _times(row.cell(starts), row.cell(ends)) if told.strong else (0.0, WHOLE)
            if isinstance(times, str):
                told.failed.append(table.failure(row, times))
                continue
            for name in _labels_in(table, labels, label):
                told.add(path, Event(name, *times), (str(file), row.line))
    check_rows(file, told.failed, len(table.rows) - len(told.failed))
    return told


def label_tracks_in(folder: Path) -> list[Path]:
    """Return the label tracks of Audacity in a folder that lie beside the recording of the same name."""
    return [file for file in sorted(folder.rglob("*.txt")) if is_label_track(file) and _recording_of(file) is not None]


def is_label_track(file: Path) -> bool:
    """Tell whether the first line of a text is one of a label track of Audacity."""
    try:
        with file.open("rb") as opened:
            first = opened.readline(4096)
        return TRACK_LINE.fullmatch(decode_text(first, partial=True).rstrip("\n")) is not None
    except (OSError, MediaError):
        return False


def read_label_tracks(files: list[Path]) -> ToldEvents:
    """Read label tracks of Audacity, each beside its recording.

    Raises
    ------
    TrainingError
        Where one cannot be read, has no recording beside it, or more bad lines than good ones.
    """
    told = ToldEvents(strong=True)
    for file in files:
        recording = _recording_of(file)
        if recording is None:
            raise TrainingError(
                f"{file}: no recording called {file.stem} lies beside it: put it there, or write a table"
            )
        failed, good = [], 0
        told.events.setdefault(recording, [])
        for line, text in _track_lines(file):
            found = TRACK_LINE.fullmatch(text)
            times = _times(found[1], found[2]) if found else "start, end and label are to be parted by tabs"
            label = plain_label(found[3] or "") if found else ""
            if isinstance(times, str) or not label:
                failed.append(Failure(str(file), f"line {line}: {times if isinstance(times, str) else 'no label'}"))
                continue
            good += 1
            told.add(recording, Event(label, *times), (str(file), line))
        check_rows(file, failed, good)
        told.failed += failed
    return told


def _track_lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = decode_table(file.read_bytes())
    except (OSError, MediaError) as error:
        raise TrainingError(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("\\"):  # what follows a backslash is the range of frequencies
            yield number, line


def _recording_of(file: Path) -> str | None:
    beside = [
        one
        for one in sorted(file.parent.glob(f"{_escaped(file.stem)}.*"))
        if one != file
        and one.is_file()
        and one.stem == file.stem
        and one.suffix.lower() not in {".txt", ".aup3", ".aup"}
    ]
    return os.path.abspath(beside[0]) if len(beside) == 1 else None


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _labels_in(table: Table, column: int, cell: str) -> list[str]:
    if table.columns and table.columns[column] in SEVERAL:
        return [name for one in re.split(r"[,;|]", cell) if (name := plain_label(one))]
    return [cell]


def _times(start: str, end: str) -> tuple[float, float] | str:
    """Return when an event begins and ends in seconds, or what is wrong."""
    try:
        begins, ends = (float(cell.replace(",", ".")) for cell in (start, end))
    except ValueError:
        return f"start and end are seconds, not {start!r} and {end!r}"
    if not 0 <= begins < ends < float("inf"):
        return f"an event from {begins} to {ends} s does not end after it begins"
    return begins, ends
