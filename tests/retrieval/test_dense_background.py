"""Chances hold where many copies are, in libraries of any size, in every metric; what is the same is certain."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sonolux.encoders import resolve
from sonolux.retrieval.background import fit_background
from sonolux.retrieval.borrowed import FOLDER, BorrowedBackground, borrow_background
from sonolux.retrieval.calibration import EXPECTED
from sonolux.retrieval.dense_background import DenseBackground, fit_dense_background
from sonolux.retrieval.powers import Powers
from sonolux.retrieval.similarity import similarities
from sonolux.types import Metric, Space

DIM = 16


def drawn(random: np.random.Generator, n: int, dim: int = DIM) -> np.ndarray:
    rows = random.standard_normal((n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def versions(random: np.random.Generator, row: np.ndarray, n: int, spread: float = 0.02) -> np.ndarray:
    rows = row + spread * random.standard_normal((n, len(row)))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@cache
def media_at_large(space: Space) -> BorrowedBackground:
    rows = drawn(np.random.default_rng(99), 500, space.dim)
    return BorrowedBackground("", fit_background(space, rows, np.arange(500)), 1.0, 1.0)


def fitted(rows: np.ndarray, metric: Metric = "cosine", *, borrow: bool = False) -> DenseBackground:
    space = Space("s", rows.shape[1], metric)
    return fit_dense_background(space, rows, np.arange(len(rows)), media_at_large(space) if borrow else None)


def confident(background: DenseBackground, rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    scores = similarities(background.identity.space, query[None], rows)[0].tolist()
    return np.array(background.chance(query, scores)) <= EXPECTED / len(rows)


@pytest.mark.parametrize("copies", [30, 150, 300])
def test_all_copies_of_one_thing_are_confident_and_strangers_are_not(copies: int) -> None:
    random = np.random.default_rng(copies)
    original = drawn(random, 1)[0]
    rows = np.concatenate([versions(random, original, copies), drawn(random, 300)])
    background = fitted(rows)
    assert confident(background, rows, original)[:copies].all()
    assert not confident(background, rows, original)[copies:].any()
    assert sum(confident(background, rows, query).any() for query in drawn(random, 60)) <= 6


@pytest.mark.parametrize("size", [1, 2, 5, 10, 40])
def test_a_small_library_knows_its_own_and_its_versions_and_no_others(size: int) -> None:
    random = np.random.default_rng(size)
    rows = drawn(random, size)
    background = fitted(rows, borrow=True)
    for number in range(size):
        for query in (rows[number], versions(random, rows[number], 1)[0]):
            sure = confident(background, rows, query)
            assert sure[number]
            assert sure.sum() == 1
    assert sum(confident(background, rows, query).any() for query in drawn(random, 60)) <= 6


def test_a_library_that_is_there_twice_gives_both_copies_and_no_others() -> None:
    random = np.random.default_rng(5)
    rows = np.repeat(drawn(random, 50), 2, axis=0)
    for borrow in (False, True):
        background = fitted(rows, borrow=borrow)
        assert np.flatnonzero(confident(background, rows, rows[20])).tolist() == [20, 21]
        assert sum(confident(background, rows, query).any() for query in drawn(random, 60)) <= 6


@pytest.mark.parametrize("size", [5, 10, 40, 90])
def test_where_all_are_of_one_kind_none_stands_out(size: int) -> None:
    random = np.random.default_rng(size)
    kind = drawn(random, 1)[0]
    rows = versions(random, kind, size, spread=0.1)
    background = fitted(rows, borrow=True)
    assert sum(confident(background, rows, query).any() for query in versions(random, kind, 60, spread=0.1)) <= 9


def test_an_outlier_has_neighbours_but_no_finds() -> None:
    random = np.random.default_rng(7)
    rows = versions(random, drawn(random, 1)[0], 50, spread=0.2)
    copies = versions(random, rows[0], 30, spread=0.005)
    everything = np.concatenate([rows, copies])
    far = [query for query in drawn(random, 60) if (rows @ query).max() < 0.5]
    for borrow in (False, True):
        background = fitted(everything, borrow=borrow)
        assert sum(confident(background, everything, query).any() for query in far) <= len(far) // 10


@pytest.mark.parametrize("discount", [0.7, 1.0, 1.3])
@pytest.mark.parametrize("spread", [0.1, 3.0])
def test_claims_are_true_of_all_kinds_of_media_whatever_is_borrowed(spread: float, discount: float) -> None:
    random = np.random.default_rng(8)
    for size, repeated in ((20, 10), (60, 4)):
        chances = []
        for _ in range(repeated):
            kind = drawn(random, 1)[0]
            rows = versions(random, kind, size, spread)
            borrowed = replace(media_at_large(Space("s", DIM)), discount=discount, thinning=discount)
            background = fit_dense_background(Space("s", DIM), rows, np.arange(size), borrowed)
            for query in versions(random, kind, 20, spread):
                chances += background.chance(query, (rows @ query).tolist())
        seen = {p: (np.array(chances) <= p).mean() / p for p in (0.5, 0.1, 0.01)}
        assert 0.8 < seen[0.5] < 1.2
        assert 0.6 < seen[0.1] < 1.4
        assert 0.15 < seen[0.01] < 1.6


@pytest.mark.parametrize("spread", [0.02, 0.1])
def test_two_copies_among_five_take_little_from_the_chances_of_strangers(spread: float) -> None:
    random = np.random.default_rng(17)
    chances: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(200):
        rows = drawn(random, 5)
        copied = np.concatenate([rows[:4], versions(random, rows[0], 1, spread)])
        asked = drawn(random, 20)
        for library, so_far in zip((rows, copied), chances.values(), strict=True):
            background = fitted(library, borrow=True)
            for query in asked:
                so_far.extend(background.chance(query, (rows[:4] @ query).tolist()))
    claimed = {copies: (np.array(so_far) <= 0.01).mean() / 0.01 for copies, so_far in chances.items()}
    assert 0.75 * claimed[False] < claimed[True] < 1.5, claimed


@pytest.mark.parametrize("discount", [0.7, 1.3])
def test_a_few_items_of_one_kind_tell_that_what_is_borrowed_claims_too_much(discount: float) -> None:
    random = np.random.default_rng(16)
    borrowed = replace(media_at_large(Space("s", DIM)), discount=discount, thinning=discount)
    chances, found = [], []
    for _ in range(40):
        kind = drawn(random, 1)[0]
        rows = versions(random, kind, 5, spread=0.1)
        background = fit_dense_background(Space("s", DIM), rows, np.arange(5), borrowed)
        for query in versions(random, kind, 20, spread=0.1):
            chances += background.chance(query, (rows @ query).tolist())
        found += [
            confident(background, rows, versions(random, row, 1, spread=0.005)[0])[i] for i, row in enumerate(rows)
        ]
    assert (np.array(chances) <= 0.01).mean() < 0.01
    assert (np.array(chances) <= 0.1).mean() < 0.2
    assert all(found)


def test_the_power_of_what_is_borrowed_is_learned_from_few_files_at_most() -> None:
    random = np.random.default_rng(17)
    space = Space("s", DIM)
    borrowed = media_at_large(space)
    for size in (1, 2, 4, 30):
        rows = drawn(random, size)
        power = fit_dense_background(space, rows, np.arange(size), borrowed).power
        assert power is not None
        assert power.shape == borrowed.powers.shape + (0 if size == 1 else min(size, 4))
        assert 0.5 < power.shape / power.rate < 1.5
    alike = versions(random, rows[0], 30, spread=0.1)
    narrow = fit_dense_background(space, alike, np.arange(30), borrowed).power
    assert narrow is not None
    assert narrow.shape / narrow.rate < 0.5


def test_a_chance_is_the_mean_over_what_the_power_may_be() -> None:
    powers = Powers(3.0, 2.0)
    drawn_powers = np.random.default_rng(0).gamma(3.0, 1 / 2.0, 200_000)
    for surprise in (0.0, 0.5, 3.0):
        expected = np.exp(-drawn_powers * surprise).mean()
        assert powers.chances(np.array([surprise]))[0] == pytest.approx(expected, rel=0.02)
    known = powers.after(1000, 500.0)
    assert known.chances(np.array([2.0]))[0] == pytest.approx(np.exp(-2 * 2.0), rel=0.05)


def test_of_a_space_that_nothing_is_known_of_only_the_same_is_told() -> None:
    random = np.random.default_rng(9)
    rows = drawn(random, 3)
    background = fitted(rows)
    assert background.chance(rows[0], (rows @ rows[0]).tolist()) == [pytest.approx(1e-12), 1.0, 1.0]
    assert fitted(rows[:0]).chance(rows[0], []) == []


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("size", [1, 7, 200])
def test_what_is_the_same_is_certain_in_every_metric(metric: Metric, size: int) -> None:
    random = np.random.default_rng(10)
    rows = drawn(random, size, 64)
    query = rows[0] + np.float32(2e-7)  # as rounding leaves it
    sure = confident(fitted(rows, metric), rows, query)
    assert sure[0]
    assert sure.sum() == 1


def test_far_from_zero_the_usual_distance_says_what_is_the_same() -> None:
    rows = (1000 + np.random.default_rng(11).standard_normal((5, 8))).astype(np.float32)
    background = fitted(rows, "euclidean")
    distances = np.linalg.norm(rows - rows[0], axis=1)
    told = background.chance(rows[0], (-distances).tolist())
    assert told[0] < 1e-6
    assert min(told[1:]) > 0.01


def test_dot_products_of_unequal_lengths_say_of_nothing_that_it_is_the_same() -> None:
    rows = np.random.default_rng(12).standard_normal((3, 8)).astype(np.float32)
    query = rows[0]
    assert fitted(rows, "dot").chance(query, [float(query @ query)]) == [1.0]


def coded(rows: np.ndarray, bits: int) -> DenseBackground:
    return fit_dense_background(Space("s", bits, "hamming", "binary"), rows, np.arange(len(rows)), None)


@pytest.mark.parametrize(("bits", "sure"), [(256, True), (64, True), (8, False)])
def test_equal_codes_are_certain_where_they_are_long(bits: int, sure: bool) -> None:
    rows = np.random.default_rng(13).integers(0, 256, (3, bits // 8), dtype=np.uint8)
    chance = coded(rows, bits).chance(rows[0], [1.0, 1 - 2 / bits])
    assert (chance[0] < EXPECTED / 3) is sure
    assert chance[1] == 1.0


@pytest.mark.parametrize("size", [3, 40, 300])
def test_where_everything_is_the_same_nothing_is_certain(size: int) -> None:
    random = np.random.default_rng(14)
    equal = np.ones((size, 8), np.float32) / np.float32(np.sqrt(8))
    classes = drawn(random, 3)[random.integers(3, size=size)]
    for rows in (equal, classes) if size > 3 else (equal,):
        assert not confident(fitted(rows), rows, rows[0]).any()
    codes = np.zeros((size, 8), np.uint8)
    assert min(coded(codes, 64).chance(codes[0], [1.0])) > EXPECTED / size


def test_what_is_kept_says_the_same(tmp_path: Path) -> None:
    random = np.random.default_rng(15)
    for size in (0, 1, 3, 20, 150):
        rows = drawn(random, size)
        background = fitted(rows, borrow=True)
        np.savez(tmp_path / "kept.npz", **background.to_arrays())
        with np.load(tmp_path / "kept.npz") as arrays:
            again = DenseBackground.from_arrays(
                background.identity.space, arrays, media_at_large(background.identity.space)
            )
        query = drawn(random, 1)[0]
        scores = (rows @ query).tolist()
        assert again.chance(query, scores) == background.chance(query, scores)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.npz")))
def test_what_comes_with_sonolux_is_of_the_encoders_that_come_with_it(name: str) -> None:
    encoder = resolve(name)[0]
    borrowed = borrow_background(encoder.as_space(), [encoder.digest])
    assert borrowed is not None, "the encoder has changed: python -m tools.backgrounds"
    assert len(borrowed.model.references) > 240
    assert borrow_background(encoder.as_space(), ["of another version"]) is None


def test_nothing_is_borrowed_for_other_spaces() -> None:
    (encoder,) = resolve("hog")
    for space in (
        replace(encoder.as_space(), name="mine"),
        replace(encoder.as_space(), name="../backgrounds/hog"),
        replace(encoder.as_space(), dim=encoder.dim + 1),
        replace(encoder.as_space(), metric="euclidean"),
    ):
        assert borrow_background(space, [encoder.digest]) is None
