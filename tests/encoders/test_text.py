"""Words in names of files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.encoders import words_of_name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n02085620_Chihuahua.jpg", "n02085620 Chihuahua"),
        ("LetsGoFishin", "Lets Go Fishin"),
        ("IMG_2021-05-03.JPG", "IMG 2021 05 03"),
        ("Beach2019.jpg", "Beach 2019"),
        ("2019Beach.jpg", "2019 Beach"),
        ("HTMLParser.txt", "HTML Parser"),
        ("iPhone.mov", "iPhone"),
        ("song.mp3", "song"),
        ("mp3 collection", "mp3 collection"),
        ("01 - Don't stop.flac", "01 Don t stop"),
        ("ÉtéÀParis.png", "Été À Paris"),
        ("東京タワー.jpg", "東京タワー"),
        (".hidden", "hidden"),
        ("archive.tar.gz", "archive tar"),
        ("Mr. Smith", "Mr Smith"),
        ("\udcff\udcfe.jpg", ""),
        ("a\nb.txt", "a b"),
        ("", ""),
    ],
)
def test_examples(name: str, words: str) -> None:
    assert words_of_name(name) == words


@given(st.text())
def test_letters_and_digits_are_kept_in_order(name: str) -> None:
    kept = [c for c in words_of_name(f"a{name}.jpg") if c.isalnum()]
    assert kept == ["a", *(c for c in name if c.isalnum())]
