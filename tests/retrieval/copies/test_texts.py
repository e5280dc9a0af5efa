from __future__ import annotations

import random

from sonolux.retrieval.copies.texts import near_texts, sketch

WORDS = [f"word{n}" for n in range(400)]


def text(seed: int, length: int = 300) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def test_case_and_space_do_not_matter() -> None:
    words = text(1)
    assert sketch(" ".join(words)) == sketch("\n".join(words).upper())


def test_an_edited_text_is_near_and_another_is_not() -> None:
    words = text(1)
    edited = [*words[:150], "inserted", *words[150:-10]]
    sketches = {"a": sketch(" ".join(words)), "b": sketch(" ".join(edited)), "c": sketch(" ".join(text(2)))}
    [(first, second, resemblance)] = near_texts(sketches)
    assert (first, second) == ("a", "b") and 0.7 < resemblance < 1


def test_short_texts_are_left_alone() -> None:
    assert sketch("only a few words") == () and list(near_texts({"a": (), "b": ()})) == []


def test_a_phrase_that_many_share_says_nothing() -> None:
    licence = text(3, 100)
    sketches = {str(n): sketch(" ".join([*licence, *text(10 + n)])) for n in range(60)}
    assert list(near_texts(sketches)) == []
