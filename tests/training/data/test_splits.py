"""Splits: every class in all parts, nothing that belongs together on two sides, parts that are there are taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.training.data.images import ImageSet
from sonolux.training.data.splits import (
    CHOOSE,
    LEARN,
    SCORE,
    draw_parts,
    fold_numbers,
    split_items,
    split_parts,
    unlearned_classes,
)


@dataclass
class Things:
    rows: NDArray[np.int64]
    labels: NDArray[np.int64] | None = None
    groups: NDArray[np.int64] | None = None
    parts: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def subset(self, rows: NDArray[np.integer]) -> Things:
        def some(values: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
            return None if values is None else values[rows]

        return Things(self.rows[rows], some(self.labels), some(self.groups))


def things(count: int, classes: int = 2, each: int = 1, parts: tuple[str, ...] | None = None) -> Things:
    labels = np.arange(count) % classes
    return Things(np.arange(count), labels, np.arange(count) // (each * classes) * classes + labels, parts)


@given(st.integers(4, 30), st.integers(2, 5), st.integers(0, 9), st.floats(0.05, 0.3))
def test_every_class_is_in_all_parts(each: int, classes: int, seed: int, share: float) -> None:
    labels = np.repeat(np.arange(classes), each)
    parts = draw_parts(labels, None, None, share, seed)
    for label in range(classes):
        assert set(parts[labels == label]) == {LEARN, CHOOSE, SCORE}
    assert (parts == SCORE).sum() == classes * max(1, round(share * each))
    assert np.array_equal(parts, draw_parts(labels, None, None, share, seed))


@given(st.integers(12, 60), st.integers(1, 4), st.integers(0, 9))
def test_what_belongs_together_is_on_one_side(count: int, each: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels, groups = random.integers(0, 3, count), np.arange(count) // each
    parts = draw_parts(labels, groups, None, 0.2, seed)
    folds = fold_numbers(labels, groups, 4, 2, seed)
    for group in np.unique(groups):
        assert len(set(parts[groups == group])) == 1
        assert all(len(set(fold[groups == group])) == 1 for fold in folds)


def test_folds_are_stratified_and_of_one_size() -> None:
    labels = np.repeat(np.arange(3), 20)
    for fold in fold_numbers(labels, None, 5, 3, 0):
        assert all(np.bincount(fold[labels == label], minlength=5).tolist() == [4] * 5 for label in range(3))


def test_parts_of_the_data_are_the_parts() -> None:
    named = ("train",) * 10 + ("val",) * 4 + ("test",) * 6
    parts = split_parts(things(20, parts=named), 0.1, 0)
    assert [len(one) for one in (parts.learned, parts.chosen, parts.scored)] == [10, 4, 6]
    learned, scored = split_items(things(20, parts=named), 0.1, 0)
    assert (len(learned), len(scored)) == (14, 6)


def test_a_copy_of_what_is_scored_is_not_learned_from() -> None:
    """Whoever has parts may have a photo in train and its copy in test."""
    named = ("train",) * 10 + ("val",) * 4 + ("test",) * 6
    groups = np.arange(20)
    groups[[3, 17]] = 3
    groups[[5, 11]] = 5
    parts = split_parts(Things(np.arange(20), np.arange(20) % 2, groups, named), 0.1, 0)
    assert set(parts.scored.rows.tolist()) == {3, *range(14, 20)}
    assert set(parts.chosen.rows.tolist()) == {5, *range(10, 14)}


def test_what_is_missing_of_the_parts_is_drawn_from_what_is_learned() -> None:
    parts = split_parts(things(20, parts=("train",) * 14 + ("test",) * 6), 0.2, 0)
    assert set(parts.scored.rows.tolist()) == set(range(14, 20))
    assert 0 < len(parts.chosen) < 8 and set(parts.chosen.rows.tolist()) <= set(range(14))


def test_items_without_labels_are_split_too() -> None:
    parts = split_parts(Things(np.arange(20)), 0.1, 0)
    assert [len(one) for one in (parts.learned, parts.chosen, parts.scored)] == [16, 2, 2]


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(TrainingError, match="too few of them independent"):
        split_parts(Things(np.arange(9), np.arange(9) % 2, np.zeros(9, np.int64)), 0.2, 0)


def test_a_class_that_no_part_learns_from_is_named() -> None:
    pixels = np.zeros((6, 4, 4, 3), np.uint8)
    parts = ("train", "train", "val", "test", "test", "train")
    images = ImageSet("set", pixels, np.array([0, 1, 0, 2, 2, 1]), ("a", "b", "c"), parts=parts)
    assert unlearned_classes(images) == ["c"]
    assert unlearned_classes(ImageSet("set", pixels, images.labels, images.classes)) == []
