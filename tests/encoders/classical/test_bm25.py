"""BM25 against its formula, and the scripts of the world."""

from __future__ import annotations

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
    ],
)
def test_words_are_found_in_every_script(document: str, query: str) -> None:
    assert score(document, query) > 0


def test_neighbours_count_for_more_than_characters() -> None:
    assert score("昨日は友達と東京に行きました", "東京") > score("京と東", "東京")


def test_stop_words_do_not_count() -> None:
    assert ENCODER.encode(["it was the"]).nnz == 0


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
