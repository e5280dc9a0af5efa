"""Labels from what a library knows of its files: keywords of photos, ratings, genres, kept judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sonolux.errors import TrainingError
from sonolux.library.library import Library
from sonolux.retrieval.filters import ANNOTATION_KEYS, META_KEYS
from sonolux.training.data.sources import FoundFiles, plain_label
from sonolux.types import Item, Modality

JUDGED = "judged"
"""Key of what was liked and disliked; after a colon, of one question."""

LIKED, DISLIKED = "liked", "disliked"

FEWEST = 4
"""Files of a value before it is a class of its own accord."""


def labelled_files(library: Library, key: str, modality: Modality) -> FoundFiles:
    """Return the files of a library with labels, to learn from.

    Parameters
    ----------
    library : Library
    key : str
        One of `sonolux.retrieval.filters.META_KEYS`, with or without ``meta.`` before it: ``"keywords"``; ``"label"``
        for what annotators said; ``"judged"`` for what was liked and disliked, ``"judged:QUESTION"`` of one question.
        ``"keywords=dog,cat"`` names the values that are classes; without, all that `FEWEST` files have.
    modality : Modality
        Of the files.

    Returns
    -------
    found : FoundFiles
        Files with exactly one of the values; how many have none or several is in the notes.

    Raises
    ------
    TrainingError
        For no such key, or where no file has a value.
    """
    name, _, listed = key.partition("=")
    wanted = tuple(value for one in listed.split(",") if (value := plain_label(one)))
    values = _judged(library, name, modality) if name.split(":")[0] == JUDGED else _said(library, name, modality)
    held = dict(values)
    counts = Counter(value for one in held.values() for value in one)
    classes = set(wanted) or {value for value, count in counts.items() if count >= FEWEST}
    labels, several, without = {}, 0, 0
    for path, own in held.items():
        mine = own & classes
        if len(mine) == 1:
            labels[path] = next(iter(mine))
        several += len(mine) > 1
        without += not mine
    source = f"{library.location} by {name}"
    if not labels:
        most = ", ".join(
            f"{value} ({count})" for value, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:5]
        )
        raise TrainingError(f"{source}: no file has exactly one label; the values are {most or 'none'}")
    left = ((without, "without a label"), (several, "with several"))
    notes = [f"{count:,} files {why} are left out" for count, why in left if count]
    return FoundFiles(source, tuple(sorted(labels)), labels, None, (), tuple(notes))


def _said(library: Library, name: str, modality: Modality) -> Iterator[tuple[str, set[str]]]:
    """Yield the path of each file, and the values of a key."""
    key = name.removeprefix("meta.")
    if key not in (*META_KEYS, *ANNOTATION_KEYS):
        known = ", ".join((*META_KEYS, *ANNOTATION_KEYS, JUDGED))
        raise TrainingError(f"no label {name}: there are {known}")
    for item in library.items({"modality": str(modality)}):
        if key in ANNOTATION_KEYS:
            labels = [one for one in library.annotations(item.id) if one.kind == "label"]
            said = sorted(labels, key=lambda one: -one.probability)
            yield item.path, {plain_label(one.label) for one in said[:1]}
        else:
            yield item.path, _values(item, key)


def _values(item: Item, key: str) -> set[str]:
    value = item.metadata.get(key)
    several = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return {label for one in several if (label := plain_label(f"{one:g}" if isinstance(one, float) else str(one)))}


def _judged(library: Library, name: str, modality: Modality) -> Iterator[tuple[str, set[str]]]:
    """Yield the path of each judged file, and how it was judged; of a question its words, or the path of its item."""
    question = name.partition(":")[2]
    files: dict[str, set[str]] = {}
    for one in library.judgements():
        item = library.item(one.item)
        asked = one.query if one.asked == "text" else library.item(one.query).path
        if item.modality == modality and question in ("", asked):
            files.setdefault(item.path, set()).add(LIKED if one.liked else DISLIKED)
    yield from files.items()
