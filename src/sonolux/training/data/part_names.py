"""Names that people give to the parts of a data set: to learn from, to choose by, to score on."""

from __future__ import annotations

import re

TRAIN, VALIDATION, TEST = "train", "val", "test"

NAMES = {
    **dict.fromkeys(("train", "training", "trn", "trainset", "train_set"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev", "validate", "development", "val_set"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation", "holdout", "test_set"), TEST),
    **dict.fromkeys(("entrainement", "entraînement", "entrenamiento", "treino", "addestramento"), TRAIN),
    **dict.fromkeys(("validierung", "validación", "validação", "validazione"), VALIDATION),
    **dict.fromkeys(("prueba", "teste"), TEST),
}

WORD_ENDS = re.compile(r"[\W_]+")
NUMBERED = re.compile(r"(?<=[^\W\d])\d+$|^\d+$")
BESIDE = frozenset(
    (
        *("set", "data", "dataset", "split", "seg", "part", "folder", "raw", "labelled", "labeled", "all", "files"),
        *("samples", "image", "images", "img", "imgs", "pictures", "photos", "crops", "audio", "audios", "sounds"),
        *("clips", "wav", "wavs"),
    )
)
"""Words that say no more beside the name of a part: ``seg_train``, ``Test images``."""


def part_named(name: str) -> str | None:
    """Return ``train``, ``val`` or ``test`` where a folder or cell is called so, or as people call it; None else."""
    return NAMES.get(name.strip().casefold().replace("-", "_").replace(" ", "_"))


def part_of_folder(name: str) -> str | None:
    """Return the part that a folder is called after: as `part_named`, or so with a number, or words that say no more.

    Examples
    --------
    >>> part_of_folder("seg_train"), part_of_folder("test1"), part_of_folder("Validation images")
    ('train', 'test', 'val')
    >>> part_of_folder("bullet train")
    """
    if part := part_named(name):
        return part
    words = [NUMBERED.sub("", word) for word in WORD_ENDS.split(name.strip().casefold())]
    named = {NAMES[word] for word in words if word in NAMES}
    more = [word for word in words if word and word not in NAMES and word not in BESIDE]
    return named.pop() if len(named) == 1 and not more else None
