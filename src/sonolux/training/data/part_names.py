"""Names that people give to the parts of a data set: to learn from, to choose by, to score on."""

from __future__ import annotations

TRAIN, VALIDATION, TEST = "train", "val", "test"

NAMES = {
    **dict.fromkeys(("train", "training", "trn", "trainset", "train_set"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev", "validate", "development", "val_set"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation", "holdout", "test_set"), TEST),
}


def part_named(name: str) -> str | None:
    """Return ``train``, ``val`` or ``test`` where a folder or cell is called so, or as people call it; None else."""
    return NAMES.get(name.strip().casefold().replace("-", "_").replace(" ", "_"))
