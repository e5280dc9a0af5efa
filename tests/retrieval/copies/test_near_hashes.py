from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.features.pdq import turned_hashes
from sonolux.retrieval.copies import near_hashes
from sonolux.retrieval.copies.hash_candidates import hash_candidates
from sonolux.retrieval.copies.hashes import Hashes
from sonolux.retrieval.copies.near_hashes import RADIUS, near_pairs


def flipped(code: np.ndarray, bits: int, random: np.random.Generator) -> np.ndarray:
    unpacked = np.unpackbits(code)
    unpacked[random.choice(256, bits, replace=False)] ^= 1
    return np.packbits(unpacked)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_pairs_are_those_of_brute_force(seed: int, bits: int) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 256, (40, 32), np.uint8)
    queries = np.stack([flipped(code, bits, random) for code in codes[:20]])
    found = near_pairs(queries, codes)
    distances = np.bitwise_count(queries[:, None] ^ codes[None]).sum(axis=2)
    first, second = np.nonzero(distances <= RADIUS)
    assert (found.first.tolist(), found.second.tolist()) == (first.tolist(), second.tolist())
    assert found.distance.tolist() == distances[first, second].tolist()


def test_every_pair_at_the_radius_is_found_wherever_the_bits_are() -> None:
    random = np.random.default_rng(3)
    codes = random.integers(0, 256, (500, 32), np.uint8)
    queries = np.stack([flipped(code, RADIUS, random) for code in codes])
    found = near_pairs(queries, codes)
    assert np.array_equal(found.first, np.arange(500)) and np.array_equal(found.second, np.arange(500))


def test_memory_is_bounded_where_very_many_are_near(monkeypatch) -> None:
    monkeypatch.setattr(near_hashes, "HELD", 2_000)
    monkeypatch.setattr(near_hashes, "AT_ONCE", 1_000)
    random = np.random.default_rng(0)
    code = random.integers(0, 256, 32, np.uint8)
    codes = np.stack([flipped(code, 3, random) for _ in range(200)])
    found = near_pairs(codes, codes)
    assert 200 * near_hashes.NEAREST <= len(found.first) < 200 * 200
    assert (found.distance[found.first == found.second] == 0).all()


def one(*codes: np.ndarray) -> Hashes:
    count = len(codes)
    rows = np.array(codes, np.uint8).reshape(-1, 32)
    return Hashes(rows, np.zeros(count, np.float32), np.zeros(count, bool), np.full(count, 100, np.uint8))


def test_candidates_are_turned_ones_too_and_files_without_hashes_have_none() -> None:
    random = np.random.default_rng(1)
    code, stranger = random.integers(0, 256, (2, 32), np.uint8)
    turned = flipped(turned_hashes(code[None], 5)[0], 9, random)
    found = hash_candidates([one(code), one(), one(stranger), one(stranger ^ 255, turned)])
    assert [(c.first, c.second, c.turn, c.distance) for c in found] == [(0, 3, 5, 9)]


def test_files_of_one_hash_are_paired_with_the_first_of_them_not_with_all() -> None:
    code = np.random.default_rng(1).integers(0, 256, 32, np.uint8)
    found = hash_candidates([one(code)] * 1000)
    assert len(found) == 999 and {candidate.first for candidate in found} == {0}


def test_two_files_and_none() -> None:
    code = np.random.default_rng(1).integers(0, 256, 32, np.uint8)
    assert hash_candidates([]) == [] and hash_candidates([one(), one()]) == []
    assert len(hash_candidates([one(code), one(code)])) == 1
