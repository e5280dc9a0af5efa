"""Hamming search, beside a scan that counts bits one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.errors import LibraryError
from sonolux.index import hamming, semantic_hash
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


def test_many_comings_and_goings_are_a_scan_of_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic_hash, "TAIL", 20)
    random = np.random.default_rng(3)
    addresses, codes = random.integers(0, 64, 10).astype(np.uint32), random_codes(10, 4)
    table, there = SemanticHash(addresses, codes), np.ones(10, bool)
    for turn in range(40):
        more = random.integers(0, 64, turn % 7).astype(np.uint32)
        numbers = table.add(more, random_codes(len(more), 4, turn))
        assert numbers.tolist() == list(range(len(addresses), len(addresses) + len(more)))
        addresses, codes = np.append(addresses, more), np.concatenate([codes, random_codes(len(more), 4, turn)])
        there = np.append(there, np.ones(len(more), bool))
        gone = random.integers(0, len(addresses), 2)
        table.delete(gone)
        there[gone] = False
        near = np.flatnonzero(there & (np.bitwise_count(addresses ^ np.uint32(turn)) <= 1))
        assert sorted(table.ball(turn, 1).tolist()) == near.tolist()
        found, distances = table.search(turn, codes[0], 100, radius=1)
        assert distances.tolist() == distances_to(codes[0], codes[found]).tolist()
        assert len(table) == there.sum()


def test_adding_one_item_does_not_copy_all_others() -> None:
    table = SemanticHash(np.zeros(10, np.uint32), random_codes(10, 32))
    table.add(np.ones(1, np.uint32), random_codes(1, 32))
    before = table._codes
    table.add(np.ones(1, np.uint32), random_codes(1, 32))
    assert table._codes is before


def test_a_table_comes_back_from_disk_and_can_be_written_over_what_it_reads(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    addresses, codes = random.integers(0, 32, 300).astype(np.uint32), random_codes(300, 32)
    table = SemanticHash(addresses, codes)
    table.delete(np.array([4, 17]))
    table.add(np.array([9], np.uint32), random_codes(1, 32, 9))
    table.save(tmp_path / "table")
    loaded = SemanticHash.load(tmp_path / "table")
    assert isinstance(loaded._codes.base, np.memmap)
    loaded.save(tmp_path / "table")
    again = SemanticHash.load(tmp_path / "table")
    for other in (loaded, again):
        assert len(other) == 299
        np.testing.assert_array_equal(
            other.search(9, codes[0], 500, radius=2), table.search(9, codes[0], 500, radius=2)
        )
    assert loaded.add(np.array([1], np.uint32), random_codes(1, 32)).tolist() == [301]


def test_folders_that_hold_no_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be read"):
        SemanticHash.load(tmp_path / "nothing")
    SemanticHash(np.zeros(3, np.uint32), random_codes(3, 4)).save(tmp_path)
    (tmp_path / "codes.npy").write_bytes(b"broken")
    with pytest.raises(LibraryError, match=r"cannot be read: [^\n]*$"):
        SemanticHash.load(tmp_path)
    (tmp_path / "format.json").write_text('{"format": 2, "bits": 28}')
    with pytest.raises(LibraryError, match="this Sonolux reads format 1"):
        SemanticHash.load(tmp_path)


def test_what_fits_nothing_is_refused() -> None:
    with pytest.raises(LibraryError, match="2 addresses do not fit"):
        SemanticHash(np.zeros(2, np.uint32), random_codes(3, 32))
    with pytest.raises(LibraryError, match="an address has 28 bits"):
        SemanticHash(np.array([2**28], np.uint32), random_codes(1, 32))
    with pytest.raises(LibraryError, match="items 0 to 0, not"):
        SemanticHash(np.zeros(1, np.uint32), random_codes(1, 32)).delete(np.array([-1]))
    with pytest.raises(LibraryError, match="radius from 0 to 6"):
        SemanticHash(np.zeros(1, np.uint32), random_codes(1, 32)).ball(0, 9)


def test_packed_codes_become_addresses() -> None:
    bits = np.zeros((2, 28), np.uint8)
    bits[0, 27] = 1
    bits[1, 0] = 1
    assert addresses_of(np.packbits(bits, axis=1)).tolist() == [1, 2**27]
