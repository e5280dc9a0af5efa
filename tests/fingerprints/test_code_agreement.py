"""Agreement of codes: as counted one by one, silent where nothing is known, and worth what it stands out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.fingerprints.alignment import Alignments
from sonolux.fingerprints.code_agreement import (
    FEWEST,
    WEIGHT,
    CodeQuery,
    build_code_query,
    compare_codes,
    fit_agreement_scale,
)
from sonolux.fingerprints.neural_codes import ASKED_STEP, STEP
from sonolux.fingerprints.segment import CatalogSegment, Fingerprint, build_segment

WIDTH, FRAMES = 2, 32


def segment(seed: int, counts: tuple[int, ...] = (9, 0, 5), encoder: str = "a") -> CatalogSegment:
    chance = np.random.default_rng(seed)
    none = np.zeros(0, np.int64)
    return build_segment(
        [
            (
                str(number),
                "a.wav",
                Fingerprint(
                    200,
                    none.astype(np.uint32),
                    none,
                    none,
                    none.astype(np.float32),
                    chance.integers(0, 256, (count, WIDTH)).astype(np.uint8),
                    encoder,
                ),
            )
            for number, count in enumerate(counts)
        ]
    )


def one_by_one(numbers: np.ndarray, kept: CatalogSegment, track: int, start: float, speed: float) -> float:
    """Return the agreement at one place, by cosines of signs."""
    said = 0.0
    for window, asked in enumerate(numbers):
        begin = start - kept.firsts[track] + (window * ASKED_STEP + FRAMES / 2) * speed - FRAMES / 2
        code = int(np.rint(begin / STEP))
        if 0 <= code < kept.tracks[track].codes:
            signs = 2.0 * np.unpackbits(kept.codes[kept.code_firsts[track] + code]) - 1
            said += float(asked @ signs) / (np.linalg.norm(asked) * np.linalg.norm(signs))
    return said


def query(numbers: np.ndarray) -> CodeQuery:
    """Return a query with a peak in each frame, whose windows all count."""
    asked = build_code_query(numbers, FRAMES, "a", np.arange(1000))
    return asked._replace(weights=np.ones(len(numbers)))


def total(asked: CodeQuery, kept: CatalogSegment, places: Alignments) -> np.ndarray:
    everywhere = np.ones((len(places.tracks), len(asked.starts)), bool)
    return compare_codes(asked, kept, places, everywhere).sums.sum(axis=1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(1, 7), st.lists(st.tuples(st.integers(0, 2), st.floats(-90, 190)), min_size=1))
def test_tables_say_what_cosines_say(seed: int, windows: int, where: list[tuple[int, float]]) -> None:
    chance = np.random.default_rng(seed)
    kept = segment(seed)
    numbers = chance.standard_normal((windows, 8 * WIDTH)).astype(np.float32)
    tracks = np.array([track for track, _ in where])
    starts = kept.firsts[tracks] + np.array([offset for _, offset in where])
    speeds = chance.uniform(0.95, 1.05, len(where))
    found = total(query(numbers), kept, Alignments(tracks, starts, speeds))
    expected = [one_by_one(numbers, kept, *place) for place in zip(tracks, starts, speeds, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_right_place_agrees_wholly() -> None:
    kept = segment(3)
    signs = 2.0 * np.unpackbits(kept.codes[2:7], axis=1) - 1
    # A question has twice as many windows as a recording: every other one is between two codes.
    numbers = np.repeat(signs, 2, axis=0).astype(np.float32)[::2].repeat(2, axis=0)[: 2 * len(signs) - 1 : 2]
    places = Alignments(np.array([0, 0]), np.array([2.0 * STEP, 4.0 * STEP]), np.ones(2))
    asked = query(numbers)
    asked = asked._replace(starts=asked.starts * STEP // ASKED_STEP)
    right, beside = total(asked, kept, places)
    assert right == pytest.approx(len(numbers))
    assert beside < 0.8 * right


@pytest.mark.parametrize("kept", [segment(1, encoder="b"), segment(1, counts=(0, 0))])
def test_other_codes_and_none_say_nothing(kept: CatalogSegment) -> None:
    asked = query(np.ones((3, 8 * WIDTH), np.float32))
    places = Alignments(np.array([0, 1]), kept.firsts[:2].astype(np.float64), np.ones(2))
    assert total(asked, kept, places).tolist() == [0, 0]


def test_windows_without_a_peak_on_either_side_say_nothing() -> None:
    kept, numbers = segment(3), np.ones((4, 8 * WIDTH), np.float32)
    asked = build_code_query(numbers, FRAMES, "a", np.array([2 * ASKED_STEP + FRAMES - 1]))
    assert asked.sounding.tolist() == [False, False, True, True]
    place = Alignments(np.array([0]), np.array([0.0]), np.ones(1))
    found = compare_codes(asked, kept, place, np.array([[True, True, True, False]]))
    assert found.there.tolist() == [[0, 0, 1, 0]]
    assert not found.sums[found.there == 0].any()


def test_windows_that_are_alike_count_as_one() -> None:
    silence, music = np.ones((10, 8 * WIDTH)), 2.0 * np.eye(8 * WIDTH)[:2] - 0.125
    asked = build_code_query(np.concatenate([silence, music]).astype(np.float32), FRAMES, "a", np.arange(1000))
    assert asked.weights[:10].sum() == pytest.approx(1, abs=0.1)
    assert (asked.weights[10:] > 0.9).all()


def test_an_opinion_is_worth_what_stands_out() -> None:
    said = np.random.default_rng(0).normal(0.3, 0.1, 4001)
    opinion = fit_agreement_scale(np.append(said, np.zeros(500)))
    np.testing.assert_allclose(opinion, (0.3, 0.1), atol=0.01)
    np.testing.assert_allclose(opinion.standardise(np.array([0.3, 0.5, 0.0])), [0, 2 * WEIGHT, 0], atol=0.2)


def test_few_places_have_no_opinion() -> None:
    assert fit_agreement_scale(np.arange(1.0, FEWEST)).standardise(np.array([5.0])).tolist() == [0]
