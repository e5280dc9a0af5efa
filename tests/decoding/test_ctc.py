"""Decoding against the sum over all paths, word by word."""

from __future__ import annotations

from itertools import groupby, product
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.decoding.bigrams import BEGIN, END, WordBigrams
from sonolux.decoding.ctc import BLANK, BeamWeights, decode_beam, decode_greedy, split_words
from sonolux.decoding.lexicon import build_tree
from sonolux.metrics.edit_distance import edit_distance, error_rate

UNITS = ("a", "b")
LEXICON = {"A": [("a",)], "AB": [("a", "b")], "BA": [("b", "a"), ("b", "b", "a")], "BB": [("b", "b")]}
SENTENCES = [["A", "BA"], ["AB"], ["BA", "BB"]]


def meant(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(unit for unit, _ in groupby(path) if unit != BLANK)


def sentences(units: tuple[int, ...]) -> list[tuple[str, ...]]:
    """All ways to read units as words."""
    if not units:
        return [()]
    found = []
    for word, ways in LEXICON.items():
        for way in ways:
            numbers = tuple(UNITS.index(unit) + 1 for unit in way)
            if units[: len(numbers)] == numbers:
                found += [(word, *rest) for rest in sentences(units[len(numbers) :])]
    return found


def by_all_paths(heard: np.ndarray, bigrams: WordBigrams, weights: BeamWeights) -> dict[tuple[str, ...], float]:
    """Log score of each sentence, by every path there is; the way to say a word is part of the sum."""
    mass: dict[tuple[str, ...], float] = {}
    for path in product(range(len(UNITS) + 1), repeat=len(heard)):
        probability = exp(sum(heard[frame, unit] for frame, unit in enumerate(path)))
        for words in sentences(meant(path)):
            mass[words] = mass.get(words, 0.0) + probability
    return {
        words: log(probability)
        + sum(
            weights.language * bigrams.log_probability(word, before)
            for before, word in zip([BEGIN, *words], [*words, END], strict=True)
        )
        + weights.word * len(words)
        for words, probability in mass.items()
    }


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 5),
    seed=st.integers(0, 10_000),
    language=st.sampled_from([0.0, 0.5, 1.0]),
    word=st.sampled_from([-1.0, 0.0, 1.0]),
)
def test_a_wide_beam_finds_the_best_of_all_paths(frames: int, seed: int, language: float, word: float) -> None:
    scores = np.random.default_rng(seed).normal(0, 1.5, (frames, 3))
    heard = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    bigrams = WordBigrams(SENTENCES, LEXICON)
    weights = BeamWeights(language, word, beam=10_000)
    expected = by_all_paths(heard, bigrams, weights)
    found = decode_beam(heard, build_tree(LEXICON, UNITS), bigrams, weights)
    assert expected[found] == pytest.approx(max(expected.values()), abs=1e-9)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_the_likeliest_path_is_read(path: list[int]) -> None:
    assert decode_greedy(np.log(np.eye(4)[path] + 1e-9)) == list(meant(tuple(path)))


def test_letters_become_words() -> None:
    assert split_words(["H", "I", " ", " ", "Y", "O", "U", " "]) == ("HI", "YOU")


class TestBigrams:
    @given(st.lists(st.lists(st.sampled_from("ABC"), min_size=1, max_size=4), max_size=5))
    def test_what_follows_sums_to_one(self, said: list[list[str]]) -> None:
        bigrams = WordBigrams(said, "ABCD")
        for before in (BEGIN, *"ABCD"):
            assert sum(exp(bigrams.log_probability(word, before)) for word in (*"ABCD", END)) == pytest.approx(1)

    def test_what_was_said_is_likelier(self) -> None:
        bigrams = WordBigrams([["A", "B"]] * 5 + [["B", "C"]], "ABCD")
        after_a = [bigrams.log_probability(word, "A") for word in "BCD"]
        assert after_a == sorted(after_a, reverse=True)
        assert len(set(after_a)) == 3


class TestEditDistance:
    @given(st.text("abc", max_size=5), st.text("abc", max_size=5))
    def test_it_is_the_least_number_of_changes(self, first: str, second: str) -> None:
        def slow(a: str, b: str) -> int:
            if not a or not b:
                return len(a) + len(b)
            return min(slow(a[1:], b) + 1, slow(a, b[1:]) + 1, slow(a[1:], b[1:]) + (a[0] != b[0]))

        assert edit_distance(first, second) == slow(first, second)

    def test_the_error_rate_is_over_what_was_said(self) -> None:
        assert error_rate([["A", "B"], ["C"]], [["A", "C"], ["C", "D"]]) == 2 / 4


@pytest.mark.parametrize(("way", "said"), [((), "not at all"), (("a", "z"), "a z")])
def test_words_that_cannot_be_said(way: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=f"ODD is pronounced {said}"):
        build_tree({"ODD": [way]}, UNITS)
