"""What spaces are worth beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sonolux.index import Point
from sonolux.retrieval.dependence import LEAST, Dependence, discriminant_weights, measure_dependence
from sonolux.types import Space

INDEPENDENT = np.eye(2)
strengths = arrays(float, st.integers(1, 6), elements=st.floats(0, 5, allow_subnormal=False))


def of(*values: float, correlation: float = 0.0) -> list[float]:
    shared = np.full((len(values), len(values)), correlation)
    np.fill_diagonal(shared, 1.0)
    return discriminant_weights(np.array(values), shared).tolist()


@given(strengths, st.floats(0, 1))
def test_weights_are_shares_and_none_is_nothing(values: np.ndarray, correlation: float) -> None:
    weights = np.array(of(*values.tolist(), correlation=correlation))
    assert weights.sum() == pytest.approx(1)
    assert (weights >= LEAST / len(weights) * weights.max()).all()


@given(strengths, st.integers(0, 2**32 - 1))
def test_the_order_of_spaces_does_not_matter(values: np.ndarray, seed: int) -> None:
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((40, len(values)))
    correlation = np.clip(np.atleast_2d(np.corrcoef(drawn, rowvar=False)), 0, 1)
    order = random.permutation(len(values))
    weights = discriminant_weights(values, correlation)
    again = discriminant_weights(values[order], correlation[np.ix_(order, order)])
    assert again == pytest.approx(weights[order], abs=1e-3)


def test_independent_spaces_weigh_as_they_are_strong() -> None:
    assert of(3.0, 1.0) == pytest.approx([0.75, 0.25])


def test_spaces_of_no_strength_weigh_alike() -> None:
    assert of(0.0, 0.0) == pytest.approx([0.5, 0.5])


def test_a_space_of_no_strength_hardly_weighs() -> None:
    assert of(1.0, 0.0)[1] == pytest.approx(LEAST / (1 + LEAST))


def test_a_stronger_space_never_weighs_less() -> None:
    weights = [of(strength, 1.0, 0.5, correlation=0.4)[0] for strength in np.linspace(0, 4, 30)]
    assert all(after >= before - 1e-4 for before, after in pairwise(weights))


def test_copies_of_a_space_share_what_it_had() -> None:
    two = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1.0]])
    alone = of(1.0, 1.0)
    copied = discriminant_weights(np.array([1.0, 1.0, 1.0]), two)
    assert copied[0] == pytest.approx(copied[1])
    assert alone[0] <= copied[0] + copied[1] < 2 * copied[2] * 0.65


def test_weights_are_the_best_of_linear_discriminant_analysis() -> None:
    """No other weights separate two normal distributions better, whose correlation is what is believed of it."""
    from sonolux.retrieval.dependence import BELIEVED

    given_ = np.array([[1, 0.5, 0.1], [0.5, 1, 0.3], [0.1, 0.3, 1.0]])
    believed = BELIEVED * given_ + (1 - BELIEVED) * np.eye(3)
    strength = np.array([2.0, 1.5, 1.0])

    def separation(weights: np.ndarray) -> float:
        return float(strength @ weights / np.sqrt(weights @ believed @ weights))

    best = separation(discriminant_weights(strength, given_))
    random = np.random.default_rng(0)
    assert best >= max(separation(random.random(3)) for _ in range(500)) - 1e-4


class Points:
    """Stands for an index: items with descriptors of one number in some spaces."""

    def __init__(self, points: list[Point]) -> None:
        self.points = points

    def sample(self, space: str, n: int) -> list[Point]:
        return [point for point in self.points if space in point.vectors][:n]

    def fetch(self, ids: Sequence[str], **_: object) -> list[Point]:
        return [point for point in self.points if point.id in set(ids)]


def nearness(space: Space, question: np.ndarray, rows: Sequence[np.ndarray]) -> list[float]:
    return [-float(np.abs(row - question).sum()) for row in rows]


def measured(points: list[Point], *names: str) -> Dependence:
    return measure_dependence(Points(points), [Space(name, 1) for name in names], nearness)  # type: ignore[arg-type]


def items(
    count: int, modality: str = "image", *, spaces: str = "abc", start: int = 0, files: int = 1000
) -> list[Point]:
    """Draw items; what they are in ``b`` follows from what they are in ``a``, and in ``c`` from nothing."""
    random = np.random.default_rng(start)
    points = []
    for n in range(start, start + count):
        a = random.standard_normal(1)
        vectors = {"a": a, "b": a + 0.1 * random.standard_normal(1), "c": random.standard_normal(1)}
        held = {name: vectors[name].astype(np.float32) for name in spaces}
        points.append(Point(f"{n:04}", held, {"file": f"{n % files}", "modality": modality}))
    return points


def test_spaces_that_see_the_same_are_dependent() -> None:
    found = measured(items(150), "a", "b", "c").correlation
    assert found[0, 1] > 0.9
    assert found[0, 2] < 0.2
    assert np.array_equal(found, found.T)
    assert np.array_equal(np.diag(found), np.ones(3))


def test_spaces_that_share_few_items_count_as_independent() -> None:
    points = [*items(60, spaces="a"), *items(60, spaces="b", start=100), *items(3, start=200)]
    assert measured(points, "a", "b").correlation[0, 1] == 0.0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_tiny_libraries_have_independent_spaces(count: int) -> None:
    assert np.array_equal(measured(items(count), "a", "b", "c").correlation, np.eye(3))


def test_spans_of_one_file_are_no_pairs() -> None:
    assert measured(items(150, files=1), "a", "b").correlation[0, 1] == 0.0


def test_what_is_measured_does_not_depend_on_the_order_of_items() -> None:
    points = items(130)
    again = measured(points[::-1], "a", "b", "c").correlation
    assert again == pytest.approx(measured(points, "a", "b", "c").correlation)


def test_spaces_hold_the_modalities_of_their_items() -> None:
    points = [*items(50, "image", spaces="ac"), *items(50, "text", spaces="bc", start=100)]
    weights = measured(points, "a", "b", "c").weights({"a": 1.0, "b": 1.0, "c": 2.0})
    assert weights.held == {"image": {"a", "c"}, "text": {"b", "c"}}
    assert weights.of_modality("image") == pytest.approx(0.75, abs=0.05)
    assert weights.of_modality("audio") == 1.0


def test_pictures_and_sound_of_films_weigh_alike() -> None:
    points = [*items(60, "video", spaces="ab"), *items(60, "video", spaces="c", start=100)]
    weights = measured(points, "a", "b", "c").weights({"a": 0.1, "b": 0.1, "c": 5.0})
    assert weights.of_space == pytest.approx({"a": 0.25, "b": 0.25, "c": 0.5})


def test_spaces_are_of_one_group_through_others() -> None:
    points = [*items(60, spaces="ab"), *items(60, spaces="bc", start=100)]
    assert measured(points, "a", "b", "c").weights({"a": 3.0, "b": 0.0, "c": 1.0}).of_space["a"] > 0.7


def test_it_is_kept_and_read_again() -> None:
    before = measured(items(80), "a", "b", "c")
    after = Dependence.from_arrays(before.to_arrays(), before.names)
    assert (after.names, after.held) == (before.names, before.held)
    assert np.array_equal(after.correlation, before.correlation)
    assert np.array_equal(after.common, before.common)
