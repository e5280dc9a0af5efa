"""How words are compared."""

from __future__ import annotations

import pytest

from sonolux.evaluation.protocols.free_speech import normalised_words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Mrs. Allen, said Catherine.", "mrs allen said catherine"),
        ("9128.", "nine one two eight"),
        ("3-0-8, ball", "three zero eight ball"),
        ("I don't go a-maying", "i dont go a maying"),
        ("", ""),
    ],
)
def test_case_and_punctuation_do_not_count_and_numerals_are_digits(written: str, words: str) -> None:
    assert " ".join(normalised_words(written)) == words
