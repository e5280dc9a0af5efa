"""Words in names of files, and in texts and questions."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.encoders import words_of_name
from sonolux.encoders.words import words_of_text


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
        ("दिल्ली_यात्रा.jpg", "दिल्ली यात्रा"),
        ("சென்னை கடற்கரை.jpg", "சென்னை கடற்கரை"),
        (unicodedata.normalize("NFD", "ЧайныйДомик.jpg"), "Чайный Домик"),
        ("שָׁלוֹם.txt", "שָׁלוֹם"),
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
    assert kept == ["a", *(c for c in unicodedata.normalize("NFC", name) if c.isalnum())]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Übergröße: LetsGo, Wi-Fi", ["ubergrosse", "letsgo", "lets", "go", "wifi", "wi", "fi"]),
        ("the hippopo-\ntamus", ["the", "hippopotamus", "hippopo", "tamus"]),
        ("n02085620 iPhone 2021-05-03", ["n02085620", "iphone", "2021", "05", "03"]),
        ("a-day-in-the-life-of", ["a", "day", "in", "the", "life", "of"]),
        ("東京tower", ["東", "京", "東京", "tower"]),
        ("--- ... ---", []),
    ],
)
def test_words_of_texts(text: str, words: list[str]) -> None:
    assert words_of_text(text) == words


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_names_texts_and_questions_have_the_same_words(text: str) -> None:
    assert words_of_text(text) == words_of_text(unicodedata.normalize("NFC", text)) or max(text) >= "\ud800"
    assert all(word and word == word.strip() and " " not in word for word in words_of_text(text))
