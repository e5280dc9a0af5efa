"""Recordings that begin with silence are no answer to clips that do, or that hiss: what is in none is not named."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.fingerprints.constellation import RATE
from sonolux.fingerprints.extraction import extract_fingerprints
from sonolux.fingerprints.matching import MemoryCatalog
from sonolux.fingerprints.neural_codes import fingerprint_encoder
from sonolux.fingerprints.segment import build_segment
from sonolux.fingerprints.stream import find_matches
from tunes import RATE as TUNED
from tunes import tune

KNOWN, UNKNOWN = range(14), range(100, 108)
SILENCE = np.zeros(10 * RATE, np.float32)


def heard(number: int, seconds: float) -> np.ndarray:
    import soxr

    return np.asarray(soxr.resample(tune(number, seconds), TUNED, RATE), np.float32)


@pytest.fixture(scope="module")
def catalog() -> MemoryCatalog:
    encoder = fingerprint_encoder()
    sounds = {str(number): np.concatenate([SILENCE, heard(number, 20)]) for number in KNOWN}
    taken = [(name, name, extract_fingerprints([sound], encoder)) for name, sound in sounds.items()]
    return MemoryCatalog([build_segment(taken)], [set()])


def after(front: np.ndarray, number: int) -> np.ndarray:
    """Return two seconds of a tune after something else, as loud."""
    begun = heard(number, 4)[: 2 * RATE]
    return np.concatenate([front * np.sqrt(np.mean(begun**2)), begun])


@pytest.mark.parametrize("front", ["hiss", "silence"])
def test_a_clip_of_an_unknown_tune_claims_little(catalog: MemoryCatalog, front: str) -> None:
    random = np.random.default_rng(0)
    chances = []
    for number in UNKNOWN:
        beside = random.standard_normal(len(SILENCE)).astype(np.float32) if front == "hiss" else SILENCE
        found = find_matches(catalog, [after(beside, number)], 1.0, fingerprint_encoder())
        chances.append(min((match.chance for match in found), default=1.0))
    assert min(chances) > 0.03
    assert np.median(chances) > 0.2


def test_a_known_tune_is_named_after_silence(catalog: MemoryCatalog) -> None:
    for number in list(KNOWN)[::3]:
        best = find_matches(catalog, [after(SILENCE, number)], encoder=fingerprint_encoder())[0]
        assert best.id == str(number)
        assert best.start - best.query_start == pytest.approx(0, abs=0.1)
