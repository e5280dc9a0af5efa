"""Folders of what is learned from: a folder a class, in parts or not, with whatever else lies beside."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sonolux.errors import MediaError, TrainingError
from sonolux.media.finding import find, is_model_folder, is_system_folder
from sonolux.media.safe_open import open_file
from sonolux.media.signatures import HEAD, image_format, is_container, is_pdf, is_text
from sonolux.training.data.layouts import STRAY, read_layout, wrapper
from sonolux.training.data.listed import files_in, list_files
from sonolux.training.data.part_names import part_named
from sonolux.training.data.sources import FoundFiles
from sonolux.training.data.tables import LABELS, is_table, read_table
from sonolux.types import Failure

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.tsv", "metadata.xlsx")
"""Tables of image and audio folders as the Hugging Face hub lays them out."""

WRAPPED = "all files lie in"


def files_at(data: Path, things: str) -> FoundFiles:
    """Return the files to learn from, the label of each where they have any, and the part where they are parted.

    Parameters
    ----------
    data : Path
        A folder: where its files lie in folders of their own, these name the labels, see
        `sonolux.training.data.layouts`. Tables called `METADATA` in it that hold labels are read instead. Or a table of
        its own, see `sonolux.training.data.listed`.
    things : str
        What the files are, ``pictures``, ``sounds``, ..., for messages.

    Raises
    ------
    TrainingError
        Where there is no such place, or the table is broken.
    """
    if is_table(data):
        return list_files(data)
    if not data.is_dir():
        raise TrainingError(f"{data} is neither a folder nor a table (.csv, .tsv, .xlsx): name a folder of {things}")
    return _described(data) or _sorted(data, things)


def _described(folder: Path) -> FoundFiles | None:
    """Return the files of the tables in a folder, or in its parts; None where no table there has labels."""
    inner = [one for one in sorted(folder.iterdir()) if one.is_dir() and part_named(one.name)]
    found: dict[str | None, FoundFiles] = {}
    for place in (folder, *inner):
        file = next((place / name for name in METADATA if (place / name).is_file()), None)
        if file is None:
            continue
        table = read_table(file)
        if table.column(LABELS) is None or table.delimiter == "|":
            return None
        found[str(place)] = files_in(table)
    if not found:
        return None
    if str(folder) in found:
        return found[str(folder)]
    parts = {path: part_named(Path(place or "").name) or "" for place, one in found.items() for path in one.paths}
    labels = {path: label for one in found.values() for path, label in (one.labels or {}).items()}
    failed = tuple(failure for one in found.values() for failure in one.failed)
    notes = tuple(note for one in found.values() for note in one.notes)
    return FoundFiles(str(folder), tuple(labels), labels, parts, failed, notes)


def _sorted(folder: Path, things: str) -> FoundFiles:
    root = os.path.abspath(folder)
    failed: list[Failure] = []
    paths: list[str] = []
    for one in find([root]):
        if isinstance(one, str):
            paths.append(one)
        else:
            failed.append(one)
    below = _below(paths, root)
    beside = [path for path, parts in below.items() if len(parts) == 1]
    media = [path for path in beside if _may_be(path, things)]
    within = len(paths) - len(beside)
    if not within or len(media) > STRAY * (within + len(media)):
        why = f"{len(media):,} {things} lie beside the folders of {folder}, so nothing is labelled"
        said = ((why,) if within else ()) + _hints(beside)
        return FoundFiles(str(folder), tuple(paths), None, None, tuple(failed), said)
    for path in beside:
        why = "lies beside the folders of the classes" if path in media else f"is none of the {things}"
        failed.append(Failure(path, why))
        del below[path]
    if inner := wrapper(below):
        found = _described(folder / inner) or _sorted(folder / inner, things)
        if found.labels is not None:
            deeper = found.notes[:1] if found.notes and found.notes[0].startswith(WRAPPED) else ()
            remark = deeper or (f"{WRAPPED} {folder / inner}: the labels are what is found there",)
            once = tuple(dict.fromkeys((*failed, *found.failed)))
            return replace(found, source=str(folder), failed=once, notes=(*remark, *found.notes[len(deeper) :]))
    layout = read_layout(below)
    if not layout.labels:
        return FoundFiles(str(folder), tuple(paths), None, None, tuple(failed), (*layout.notes, *_hints(beside)))
    failed += [Failure(path, why) for path, why in layout.left_out.items()]
    notes = (*layout.notes, *_remarks(folder, paths, layout.parts))
    return FoundFiles(str(folder), tuple(layout.labels), layout.labels, layout.parts, tuple(failed), notes)


def _below(paths: Sequence[str], root: str) -> dict[str, tuple[str, ...]]:
    return {path: Path(os.path.relpath(path, root)).parts for path in paths}


def _remarks(folder: Path, paths: Sequence[str], parts: Mapping[str, str] | None) -> tuple[str, ...]:
    """Return what is to be said of a folder: its parts, folders of systems, and folders without files."""
    notes = []
    if parts is not None:
        counts = Counter(parts.values())
        notes.append("parts by their folders: " + ", ".join(f"{part} {counts[part]:,}" for part in counts))
    holders = {parent for path in paths for parent in Path(path).parents}
    tops = [folder, *(one for one in sorted(folder.iterdir()) if one.is_dir() and parts is not None)]
    for one in (inner for top in tops for inner in sorted(top.iterdir()) if inner.is_dir()):
        if is_system_folder(one.name):
            notes.append(f"{one} belongs to a system, and is no class")
        elif is_model_folder(one):
            notes.append(f"{one} is a model folder, and no class")
        elif Path(os.path.abspath(one)) not in holders and not one.is_symlink():
            notes.append(f"{one} is empty, and no class")
    return tuple(notes)


def _hints(beside: Sequence[str]) -> tuple[str, ...]:
    """Return, of files without labels, which of them is a table that may hold these."""
    found = [path for path in beside if is_table(Path(path)) and not path.endswith(".txt")]
    return tuple(f"{path} is a table: name it with --data to learn the labels in it" for path in found[:3])


def _may_be(path: str, things: str) -> bool:
    """Tell whether a file begins as an image does, or, where other things are wanted, as no image, text or PDF."""
    try:
        with open_file(path) as file:
            head = file.read(HEAD)
    except (MediaError, OSError):  # it is named as none of the things that are wanted
        return False
    if things == "pictures":
        return image_format(head) is not None
    return is_container(head) or not (image_format(head) or is_pdf(head) or is_text(head))
