"""Pairs of an annotated library: each image and sound, with what annotators or people say of it."""

from __future__ import annotations

from sonolux.errors import TrainingError
from sonolux.library.library import Library
from sonolux.training.alignment.pair_sources import Line, Thing

SAID = frozenset({"label", "caption"})
"""Kinds of annotations that say what an item is or shows."""


def annotated_lines(library: Library) -> list[Line]:
    """Return lines of what belongs together: the path of a file, and a label, a caption or its description.

    Raises
    ------
    TrainingError
        Where nothing is said of any image or sound.
    """
    lines: list[Line] = []
    for item in library.items({"modality": ["image", "audio"]}):
        said = [one.label for one in library.annotations(item.id) if one.kind in SAID]
        description = item.metadata.get("description", "")
        thing = Thing(str(item.modality), str(item.path))
        lines += [(thing, Thing("text", words)) for words in dict.fromkeys([*said, description]) if words]
    if not lines:
        raise TrainingError(
            f"{library.location}: nothing is said of any image or sound: label some, `sonolux label FOLDER --store`,"
            " or give a table of pairs"
        )
    return lines
