"""Hamming search, beside a scan that counts bits one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.errors import LibraryError
from sonolux.index import hamming
from sonolux.index.hamming import distances_to, hamming_search
from sonolux.index.semantic_hash import BITS, SemanticHash, addresses_of, masks


def random_codes(n: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, width), np.uint8)


def slow_distance(one: np.ndarray, other: np.ndarray) -> int:
    return sum(bin(int(a) ^ int(b)).count("1") for a, b in zip(one, other, strict=True))


def test_distances_count_bits() -> None:
    codes = random_codes(20, 6)
    assert distances_to(codes[0], codes).tolist() == [slow_distance(codes[0], code) for code in codes]


@pytest.mark.parametrize("width", [1, 4, 6, 32])
def test_faiss_and_numpy_agree(width: int) -> None:
    queries, codes = random_codes(5, width, 1), random_codes(300, width, 2)
    rows, distances = hamming_search(queries, codes, 7)
    wanted_rows, wanted = hamming._by_numpy(queries, codes, 7)
    np.testing.assert_array_equal(distances, wanted)
    inside = wanted < wanted[:, -1:]
    np.testing.assert_array_equal(rows[inside], wanted_rows[inside])


def test_no_more_than_there_are() -> None:
    rows, _ = hamming_search(random_codes(2, 4), random_codes(3, 4), 10)
    assert sorted(rows[0].tolist()) == [0, 1, 2]


def test_codes_of_another_length_are_refused() -> None:
    with pytest.raises(LibraryError, match="queries of 32 bits do not fit codes of 48"):
        hamming_search(random_codes(1, 4), random_codes(1, 6), 1)


def test_balls_hold_as_many_addresses_as_they_should() -> None:
    assert [len(masks(radius)) for radius in range(5)] == [1, 29, 407, 3683, 24158]
    assert len(np.unique(masks(4))) == 24158
    assert np.bitwise_count(masks(3)).max() == 3


@pytest.fixture(scope="module")
def crowded() -> tuple[SemanticHash, np.ndarray, np.ndarray]:
    """Make a table whose addresses lie close together, so that balls hold something."""
    random = np.random.default_rng(0)
    addresses = random.integers(0, 2**12, 3000).astype(np.uint32) << 10
    codes = random_codes(3000, 32)
    return SemanticHash(addresses, codes), addresses, codes


@settings(max_examples=30)
@given(address=st.integers(0, 2**BITS - 1), radius=st.integers(0, 4))
def test_a_ball_holds_what_a_scan_finds(crowded: tuple, address: int, radius: int) -> None:
    table, addresses, _ = crowded
    expected = np.flatnonzero(np.bitwise_count(addresses ^ np.uint32(address)) <= radius)
    np.testing.assert_array_equal(np.sort(table.ball(address, radius)), expected)


def test_a_search_ranks_a_ball_by_long_codes(crowded: tuple) -> None:
    table, addresses, codes = crowded
    found, distances = table.search(int(addresses[7]), codes[7], 5, radius=3)
    inside = np.flatnonzero(np.bitwise_count(addresses ^ addresses[7]) <= 3)
    every = distances_to(codes[7], codes[inside])
    assert found[0] == 7
    assert distances.tolist() == sorted(every.tolist())[:5]


def test_the_ball_widens_until_it_holds_enough(crowded: tuple) -> None:
    table, addresses, codes = crowded
    few, _ = table.search(int(addresses[0]), codes[0], 500, radius=1)
    many, _ = table.search(int(addresses[0]), codes[0], 500, radius=1, wanted=300)
    assert len(few) < 300 <= len(many)


def test_items_come_and_go_without_a_rebuild() -> None:
    addresses, codes = np.array([5, 6, 9], np.uint32), random_codes(3, 32)
    table = SemanticHash(addresses, codes)
    [number] = table.add(np.array([7], np.uint32), random_codes(1, 32, 5))
    assert sorted(table.ball(5, 1).tolist()) == [0, number]
    table.delete(np.array([0]))
    assert table.ball(5, 1).tolist() == [number]
    assert len(table) == 3
    table.add(np.full(5000, 5, np.uint32), random_codes(5000, 32, 6))
    assert len(table.ball(5, 0)) == 5000


def test_what_fits_nothing_is_refused() -> None:
    with pytest.raises(LibraryError, match="2 addresses do not fit"):
        SemanticHash(np.zeros(2, np.uint32), random_codes(3, 32))
    with pytest.raises(LibraryError, match="an address has 28 bits"):
        SemanticHash(np.array([2**28], np.uint32), random_codes(1, 32))
    with pytest.raises(LibraryError, match="radius from 0 to 5"):
        SemanticHash(np.zeros(1, np.uint32), random_codes(1, 32)).ball(0, 9)


def test_packed_codes_become_addresses() -> None:
    bits = np.zeros((2, 28), np.uint8)
    bits[0, 27] = 1
    bits[1, 0] = 1
    assert addresses_of(np.packbits(bits, axis=1)).tolist() == [1, 2**27]
