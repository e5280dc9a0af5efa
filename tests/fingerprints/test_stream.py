"""Naming tunes: which, where, how fast, and honestly none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.fingerprints import stream as answering
from sonolux.fingerprints.catalog import FingerprintCatalog
from sonolux.fingerprints.constellation import RATE
from sonolux.fingerprints.constellation import SECONDS as A_FRAME
from sonolux.fingerprints.matching import Match, match_window
from sonolux.fingerprints.neural_codes import fingerprint_encoder
from sonolux.fingerprints.segment import Fingerprint
from sonolux.library import fingerprinting
from tunes import faster, noisy, tune

TUNES = 12
SECONDS = 40.0


def prints_of(sound: np.ndarray) -> Fingerprint:
    return fingerprinting.extract_fingerprints([sound], fingerprint_encoder())


def identify(catalog: FingerprintCatalog, blocks: list[np.ndarray], accepted: float = 0.01) -> list[Match]:
    return answering.find_matches(catalog, blocks, accepted, fingerprint_encoder())


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> FingerprintCatalog:
    kept = FingerprintCatalog(tmp_path_factory.mktemp("library"))
    for first in range(0, TUNES, 5):
        numbers = range(first, min(first + 5, TUNES))
        kept.add([(str(n), f"{n}.wav", prints_of(tune(n, SECONDS))) for n in numbers])
    strangers = [(seconds, tune(200 + n, seconds)) for n, seconds in enumerate([2.0, 5.0, 10.0] * 10)]
    kept.note(
        [(seconds, match_window(kept, sound, 1.0, fingerprint_encoder())[0].score) for seconds, sound in strangers]
    )
    return kept


def clip(number: int, start: float, seconds: float) -> np.ndarray:
    return tune(number, SECONDS)[round(start * RATE) : round((start + seconds) * RATE)]


def only(found: list[Match]) -> Match:
    assert len(found) == 1, found
    return found[0]


def start_of(match: Match) -> float:
    """Return where in the recording the clip begins."""
    return match.start - match.query_start * match.speed


@settings(max_examples=8, deadline=None)
@given(st.integers(0, TUNES - 1), st.floats(0, SECONDS - 6), st.floats(4, 6))
def test_clips_are_found_where_they_are(catalog: FingerprintCatalog, number: int, start: float, seconds: float) -> None:
    match = identify(catalog, [clip(number, start, seconds)])[0]
    assert match.id == str(number)
    assert abs(start_of(match) - start) <= 2 * A_FRAME
    assert 0 <= match.query_start < match.query_end <= seconds + 0.1
    assert abs(match.speed - 1) < 0.01


@pytest.mark.parametrize("speed", [0.95, 0.965, 0.98, 1.01, 1.03, 1.05])
def test_speed_is_told(catalog: FingerprintCatalog, speed: float) -> None:
    match = only(identify(catalog, [faster(clip(3, 10, 8), speed)]))
    assert (match.id, match.path) == ("3", "3.wav")
    assert abs(match.speed - speed) < 0.004
    assert abs(start_of(match) - 10) < 0.1


@pytest.mark.parametrize("number", [1, 6, 11])
def test_noise_hides_little(catalog: FingerprintCatalog, number: int) -> None:
    match = only(identify(catalog, [noisy(clip(number, 12.3, 8), 0)]))
    assert match.id == str(number)
    assert abs(start_of(match) - 12.3) < 0.05


@pytest.mark.parametrize("gain", [1e-3, 30.0])
def test_faint_and_clipped_clips_are_found(catalog: FingerprintCatalog, gain: float) -> None:
    match = only(identify(catalog, [np.clip(clip(2, 20, 6) * gain, -1, 1)]))
    assert match.id == "2"
    assert abs(start_of(match) - 20) < 0.05


@pytest.mark.parametrize("seconds", [2, 5, 10])
def test_what_is_not_there_is_not_found(catalog: FingerprintCatalog, seconds: float) -> None:
    strangers = [tune(100 + n, seconds) for n in range(10)]
    strangers += [noisy(np.full(int(seconds * RATE), 1e-3, np.float32), 0, n) for n in range(2)]
    assert [identify(catalog, [sound], accepted=1e-3) for sound in strangers] == [[]] * len(strangers)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(0), np.zeros(1), np.ones(1), np.zeros(5 * RATE), np.full(5 * RATE, 0.9), np.zeros(1024)],
    ids=["nothing", "silent sample", "one sample", "silence", "DC", "one frame"],
)
def test_nothing_to_hear_is_answered_with_nothing(catalog: FingerprintCatalog, sound: np.ndarray) -> None:
    assert identify(catalog, [sound.astype(np.float32)]) == []


def test_an_empty_catalog_answers_with_nothing(tmp_path: Path) -> None:
    assert identify(FingerprintCatalog(tmp_path), [tune(1, 5)]) == []


def test_deleted_recordings_are_not_found(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([(str(n), "a.wav", prints_of(tune(n, 20))) for n in range(3)])
    assert only(identify(kept, [clip(1, 5, 6)])).id == "1"
    kept.delete(["1"])
    assert identify(kept, [clip(1, 5, 6)]) == []
    kept.add([("again", "b.wav", prints_of(tune(1, 20)))])
    assert only(identify(kept, [clip(1, 5, 6)])).id == "again"


def test_the_same_recording_twice_is_two_matches(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([(str(n), "a.wav", prints_of(tune(n % 3, 20))) for n in range(6)])
    assert {match.id for match in identify(kept, [clip(1, 5, 6)])} == {"1", "4"}


def test_a_catalog_of_one_recording_knows_it(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([("1", "a.wav", prints_of(tune(1, 30)))])
    assert abs(start_of(only(identify(kept, [clip(1, 7, 6)]))) - 7) < 0.05
    assert identify(kept, [tune(50, 6)]) == []


def test_a_question_may_be_longer_than_the_catalog(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([("1", "a.wav", prints_of(tune(1, 6)))])
    match = only(identify(kept, [np.concatenate([tune(60, 30), tune(1, 6), tune(61, 30)])]))
    assert 29 < match.query_start < 32
    assert 34 < match.query_end < 37
    assert abs(match.start - (match.query_start - 30)) < 0.05


BESIDE = {
    "silence": lambda seconds: np.zeros(round(seconds * RATE), np.float32),
    "hiss": lambda seconds: noisy(BESIDE["silence"](seconds) + 0.1, 0) - 0.1,
    "other music": lambda seconds: tune(70, seconds),
}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize(("number", "seconds"), [(0, 8.0), (7, 0.5), (3, 3.0)])
def test_a_recording_may_begin_inside_a_clip(
    catalog: FingerprintCatalog, beside: str, number: int, seconds: float
) -> None:
    other = BESIDE[beside](seconds)
    match = only(identify(catalog, [other, clip(number, 0, 5)]))
    assert match.id == str(number)
    assert abs(start_of(match) + seconds) < 0.05
    assert abs(match.query_start - seconds) < 0.6
    assert abs(match.start - (match.query_start - seconds)) < 0.05


@pytest.mark.parametrize("beside", BESIDE)
def test_a_recording_may_end_inside_a_clip(catalog: FingerprintCatalog, beside: str) -> None:
    match = only(identify(catalog, [clip(7, SECONDS - 5, 5), BESIDE[beside](4.0)]))
    assert match.id == "7"
    assert abs(start_of(match) - (SECONDS - 5)) < 0.05
    assert abs(match.query_end - 5) < 0.6


def test_two_recordings_in_one_short_clip_are_both_found(catalog: FingerprintCatalog) -> None:
    found = identify(catalog, [clip(3, SECONDS - 6, 6), clip(9, 0, 6)])
    assert {match.id: round(start_of(match)) for match in found} == {"3": round(SECONDS - 6), "9": -6}


def test_a_clip_may_hold_whole_recordings_with_something_around(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([(str(n), "jingle.wav", prints_of(tune(n, 3))) for n in range(8)])
    found = identify(kept, [tune(60, 3), tune(5, 3), tune(61, 2), tune(2, 3), tune(62, 2)])
    assert {match.id: round(start_of(match)) for match in found} == {"5": -3, "2": -8}


def test_a_recording_may_begin_where_one_was_deleted(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([(str(n), "a.wav", prints_of(tune(n, 20))) for n in range(4)])
    kept.delete(["1"])
    match = only(identify(kept, [tune(60, 9), clip(2, 0, 5)]))
    assert (match.id, round(start_of(match))) == ("2", -9)


def test_a_mix_is_told_apart_as_it_goes_by(catalog: FingerprintCatalog) -> None:
    played = [(4, 3.0, 22.0), (70, 0.0, 20.0), (8, 11.0, 25.0), (5, 0.5, 16.0)]
    mix = np.concatenate([clip(n, start, long) if n < TUNES else tune(n, long) for n, start, long in played])
    blocks = np.split(mix, range(1000, len(mix), 7777))
    found = list(answering.stream_matches(catalog, blocks, encoder=fingerprint_encoder()))
    assert [match.id for match in found] == ["4", "8", "5"]
    for match, begins, (_, start, long) in zip(found, (0, 42, 67), [played[0], *played[2:]], strict=True):
        assert abs(match.query_start - begins) < 1.5
        assert abs(match.query_end - (begins + long)) < 1.5
        assert abs(match.start - (start + match.query_start - begins)) < 0.05


def test_without_codes_landmarks_and_peaks_decide(catalog: FingerprintCatalog) -> None:
    match = only(answering.find_matches(catalog, [clip(3, 10, 8)]))
    assert match.id == "3"
    assert abs(start_of(match) - 10) < 0.05


def test_codes_of_another_model_are_not_asked(tmp_path: Path) -> None:
    kept = FingerprintCatalog(tmp_path)
    kept.add([(str(n), "a.wav", prints_of(tune(n, 20))._replace(encoder="another")) for n in range(4)])
    asked = only(identify(kept, [clip(1, 5, 6)]))
    assert asked == only(answering.find_matches(kept, [clip(1, 5, 6)]))
    kept.add([(str(n), "a.wav", prints_of(tune(n, 20))) for n in range(4)])
    surer = only(identify(kept, [clip(1, 5, 6)]))
    assert surer.id == asked.id == "1"
    assert surer.score != asked.score


def test_a_piece_that_repeats_itself_is_found_in_a_small_catalog(tmp_path: Path) -> None:
    bar = tune(5, 1.5)
    kept = FingerprintCatalog(tmp_path)
    kept.add([(str(n), "a.wav", prints_of(tune(n, 7))) for n in range(3)])
    kept.add([("loop", "loop.wav", prints_of(np.tile(bar, 5)))])
    assert only(identify(kept, [np.concatenate([tune(60, 2), np.tile(bar, 8)])])).id == "loop"
