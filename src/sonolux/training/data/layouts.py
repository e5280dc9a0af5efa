"""Folder layouts: which folder above a file is its class, and which its part, its fold, or a wrapper around all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sonolux.training.data.part_names import TRAIN, part_named, part_of_folder
from sonolux.training.data.sources import plain_label

STRAY = 0.1
"""Share of the files that may lie beside the folders of classes, left out, before there are no classes."""

FOLD = re.compile(r"(?:fold|split|cv|partition)[\s_.-]*\d+", re.IGNORECASE)
SHARED = 2
"""Classes that two folders have in common from which on they are parts or folds of the same data."""

Below = Mapping[str, tuple[str, ...]]
"""Of each path, the names of the folders between the data and the file, and its own."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the folders say of each file.

    Attributes
    ----------
    labels : dict of str to str
        Label of each path that has one; empty where nothing has.
    parts : dict of str to str, or None
        Part of each of these paths.
    left_out : dict of str to str
        Of each other path, why it has no label.
    notes : tuple of str
        What else is to be said of the folders.
    """

    labels: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def wrapper(below: Below) -> str | None:
    """Return the one folder that all files lie in, where it holds folders of files itself; None for none."""
    tops = {parts[0] for parts in below.values()}
    flat = sum(len(parts) < 3 for parts in below.values())
    return tops.pop() if len(tops) == 1 and flat <= STRAY * len(below) else None


def read_layout(below: Below) -> Layout:
    """Return what the folders above each file say; every file lies in one at least."""
    return _parts_above(below) or _folds(below) or _classes(below)


def _parts_above(below: Below) -> Layout | None:
    """Return the layout of parts with the classes in them, None where the folders are none."""
    by_top = _by_top(below)
    named = {top: part for top in by_top if (part := part_of_folder(top))}
    if len(set(named.values())) < 2:
        return None
    inside = {top: _unwrapped(by_top[top]) for top in named}
    classes = {top: {_key(parts[0]) for parts in inner.values() if len(parts) > 1} for top, inner in inside.items()}
    counts = Counter(name for names in classes.values() for name in names)
    if len(named) < len(by_top) and sum(count > 1 for count in counts.values()) < SHARED:
        return None  # some classes are called like parts
    told = ", ".join(sorted(named))
    if not counts:
        return Layout(notes=(f"{told} are parts, and hold no folders of classes: a table with path,label says more",))
    largest = max(classes.values(), key=len)
    labels, parts, left = {}, {}, {}
    for top in by_top:
        strange = top in named and len(classes[top]) == 1 < len(largest) and not classes[top] & largest
        for path in by_top[top]:
            if top not in named:
                left[path] = f"lies beside {told}, which are the parts"
            elif len(inside[top][path]) < 2 or strange:
                left[path] = f"has no label: {top} has no folders of the classes"
            else:
                labels[path], parts[path] = plain_label(inside[top][path][0]), named[top]
    return Layout(_one_spelling(labels, parts), parts, left)


def _one_spelling(labels: Mapping[str, str], parts: Mapping[str, str]) -> dict[str, str]:
    """Return the labels, with those that differ in case from part to part spelt as where they are learned from."""
    spelt: dict[str, dict[str, str]] = {}
    for path, label in labels.items():
        before = spelt.setdefault(label.casefold(), {}).setdefault(parts[path], label)
        if before != label:  # one part has both: they are two classes
            return dict(labels)
    first = {key: of.get(TRAIN) or next(iter(of.values())) for key, of in spelt.items()}
    return {path: first[label.casefold()] for path, label in labels.items()}


def _folds(below: Below) -> Layout | None:
    """Return the layout of folds with the same classes in each, None where the folders are none."""
    by_top = _by_top(below)
    if len(by_top) < 2 or not all(map(FOLD.fullmatch, by_top)):
        return None
    classes = [{_key(parts[1]) for parts in files.values() if len(parts) > 2} for files in by_top.values()]
    told = ", ".join(sorted(by_top)[:3])
    if not any(classes):
        return Layout(
            notes=(f"{told} ... are folds, and hold no folders of classes: a table with path,label says more",)
        )
    if len(set.intersection(*classes)) < SHARED:
        return None
    labels = {path: plain_label(parts[1]) for path, parts in below.items() if len(parts) > 2}
    left = {path: "lies beside the folders of the classes" for path in below if path not in labels}
    return Layout(labels, None, left, (f"{told} ... are folds, and no classes: the folders in them are",))


def _classes(below: Below) -> Layout:
    """Return the layout of a folder a class, with parts in each where they have any."""
    labels = {path: plain_label(parts[0]) for path, parts in below.items()}
    told = {path: part_named(parts[1]) for path, parts in below.items() if len(parts) > 2}
    if len(told) == len(below) and all(told.values()) and len(set(told.values())) > 1:
        return Layout(labels, {path: part or "" for path, part in told.items()})
    return Layout(labels)


def _by_top(below: Below) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path, parts in below.items():
        found.setdefault(parts[0], {})[path] = parts
    return found


def _unwrapped(files: Below) -> dict[str, Sequence[str]]:
    """Return the names below a part, without folders that wrap all of its classes."""
    inner: dict[str, tuple[str, ...]] = {path: parts[1:] for path, parts in files.items()}
    while (deep := [parts for parts in inner.values() if len(parts) > 2]) and (
        len({parts[0] for parts in inner.values() if len(parts) > 1}) == 1 and len(deep) > (1 - STRAY) * len(inner)
    ):
        inner = {path: parts[1:] if len(parts) > 2 else parts[-1:] for path, parts in inner.items()}
    return dict(inner)


def _key(name: str) -> str:
    return plain_label(name).casefold()
