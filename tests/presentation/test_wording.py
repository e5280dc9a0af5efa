from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.presentation.wording import (
    chance_in_words,
    clock,
    describe_hit,
    place_in_words,
    score_in_words,
    snippet,
    span_in_words,
)
from sonolux.types import Hit, Modality, Region, Span


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (1.0, "any item"), (0.96, "any item"), (0.5, "5 in 10"), (0.11, "1 in 10"), (0.1, "1 in 10"), (0.05, "1 in 20"),
        (0.00025, "1 in 4,000"), (1 / 3987, "1 in 4,000"), (1 / 13, "1 in 13"), (1e-6, "1 in 1,000,000"),
        (1e-9, "< 1 in a million"), (0.0, "< 1 in a million"),
    ],
)  # fmt: skip
def test_chance(chance: float, words: str) -> None:
    assert chance_in_words(chance) == words


@given(st.floats(1e-6, 0.1))
def test_chance_is_right_to_two_digits(chance: float) -> None:
    told = int(chance_in_words(chance).removeprefix("1 in ").replace(",", ""))
    assert told * chance == pytest.approx(1, rel=0.051)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(72.4, 81.9), "1:12-1:22"),
        (Span(10.0000001, 20.0000001), "0:10-0:20"),
        (Span(3599.9, 3661), "59:59-1:01:01"),
        (Span(0.2, 0.7), "0:00-0:01"),
        (Span(1200, 2150, "characters"), "characters 1200-2150"),
    ],
)
def test_span(span: Span, words: str) -> None:
    assert span_in_words(span) == words


@given(st.integers(0, 10**6))
def test_clock_counts_seconds(seconds: int) -> None:
    parts = [int(part) for part in clock(seconds, 0).split(":")]
    assert sum(part * 60**place for place, part in enumerate(reversed(parts))) == seconds


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00.00"), (59.999, "1:00.00"), (3599.996, "1:00:00.00"), (3661.456, "1:01:01.46"), (-0.01, "0:00.00")],
)
def test_clock_rounds_before_it_splits(seconds: float, told: str) -> None:
    assert clock(seconds) == told


def test_a_place_is_a_span_a_region_or_both() -> None:
    region = Region(0.25, 0.5, 0.4, 1.0)
    assert place_in_words(None, None) == ""
    assert place_in_words(None, region) == "x 25-40%, y 50-100%"
    assert place_in_words(Span(2, 4), region) == "0:02-0:04, x 25-40%, y 50-100%"


def test_score_has_three_digits() -> None:
    assert [score_in_words(score) for score in (1.0, 0.01639, 12.345, -0.5)] == ["1.00", "0.0164", "12.3", "-0.500"]


@given(st.text(max_size=400), st.integers(20, 200))
def test_snippet_is_one_harmless_line_of_bounded_length(text: str, length: int) -> None:
    line = snippet(text, length)
    assert line.translate(dict.fromkeys(map(ord, "\u200c\u200d"))).isprintable() and len(line) <= length
    assert len(line.split("\n")) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hippo\u00adpota\u00admus", "hippopotamus"),
        ("\ufeffrhino\u200bceros", "rhinoceros"),
        ("a well-\n  known quoll - \n or two", "a well-known quoll - or two"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("tab\there\x07", "tab here"),
    ],
)
def test_words_are_shown_whole(text: str, shown: str) -> None:
    assert snippet(text) == shown


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("", "", ""),
        ("Bells", "", "Bells"),
        ("", "a passage", "a passage"),
        ("Letters", "a passage", "Letters: a passage"),
        ("How we make coffee", "# How we make coffee\n\nGrind", "# How we make coffee Grind"),
    ],
)
def test_said_once(title: str, text: str, said: str) -> None:
    hit = Hit("id", "/a", Modality.TEXT, "file", "id", None, 1.0, 0.5, "bm25", title=title, text=text)
    assert describe_hit(hit) == said
