"""Descriptors to the engine's form and back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from sonolux.index.vectors import engine_name, from_engine, similarity_factor, to_engine
from sonolux.types import Space

WORDS = Space("words", 2**32, "dot", "sparse")


def terms(indices: list[int], values: list[float]) -> Any:
    return SimpleNamespace(indices=indices, values=values)


@given(st.binary(min_size=1, max_size=64), st.data())
def test_the_product_of_signs_is_the_hamming_similarity(a: bytes, data: st.DataObject) -> None:
    b = data.draw(st.binary(min_size=len(a), max_size=len(a)))
    space = Space("code", 8 * len(a), "hamming", "binary")
    rows = [np.frombuffer(code, np.uint8) for code in (a, b)]
    signs = [np.array(to_engine(space, row, terms)) for row in rows]
    distance = sum((x ^ y).bit_count() for x, y in zip(a, b, strict=True))
    score = float(signs[0] @ signs[1]) * similarity_factor(space)
    assert np.isclose(score, 1 - 2 * distance / space.dim)
    np.testing.assert_array_equal(from_engine(space, signs[0].tolist()), rows[0])


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.floats(0.125, 8, width=32)), max_size=20))
def test_sparse_rows_come_back_in_order_with_repeated_terms_added(
    entries: list[tuple[int, float]],
) -> None:
    columns = np.array([c for c, _ in entries], np.int64)
    values = np.array([v for _, v in entries], np.float32)
    row = csr_array((values, columns, [0, len(entries)]), shape=(1, WORDS.dim))
    sent = to_engine(WORDS, row, terms)
    assert sent.indices == sorted(set(columns.tolist()))
    for column, value in zip(sent.indices, sent.values, strict=True):
        assert np.isclose(value, values[columns == column].sum())
    back: Any = from_engine(WORDS, sent)
    assert back.shape == (1, WORDS.dim)
    assert back.indices.tolist() == sent.indices


def test_terms_without_weight_are_left_out() -> None:
    row = csr_array((np.array([0, 1], np.float32), [3, 4], [0, 2]), shape=(1, WORDS.dim))
    assert to_engine(WORDS, row, terms).indices == [4]


@given(st.text(min_size=1), st.text(min_size=1))
def test_names_are_safe_and_distinct(a: str, b: str) -> None:
    assert (engine_name(a) == engine_name(b)) == (a == b)
    assert not set(engine_name(a)) & set('<>:"/\\|?*.\0')
    assert engine_name(a).isascii()
