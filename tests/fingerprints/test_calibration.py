"""What a catalog learns of wrong places while it takes recordings in."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest

from sonolux.fingerprints.calibration import BackgroundSampler, MonitoredAudio
from sonolux.fingerprints.catalog import SAMPLES, FingerprintCatalog
from sonolux.fingerprints.constellation import RATE
from sonolux.fingerprints.extraction import extract_fingerprints
from sonolux.fingerprints.matching import match_window
from sonolux.fingerprints.neural_codes import fingerprint_encoder
from sonolux.fingerprints.segment import Fingerprint
from tunes import faster, tune


def taken(folder: Path, sounds: list[np.ndarray]) -> FingerprintCatalog:
    catalog = FingerprintCatalog(folder)
    encoder = fingerprint_encoder()
    sampled, waiting = BackgroundSampler(catalog, encoder), []
    known: dict[int, Fingerprint] = {}
    for number, sound in enumerate(sounds):
        heard = MonitoredAudio(np.array_split(sound, 3))
        if id(sound) in known:  # of one array that is there again
            assert sum(block.size for block in heard) == sound.size
        else:
            known[id(sound)] = extract_fingerprints(heard, encoder)
        waiting.append((str(uuid.UUID(int=number)), f"{number}.wav", known[id(sound)]))
        sampled.sample(waiting[-1][0], heard)
    catalog.add(waiting)
    sampled.measure()
    return catalog


@pytest.mark.parametrize(("seconds", "first"), [(12, 2), (40, 30), (55, 30)])
def test_the_window_ends_after_forty_seconds_or_with_the_recording(seconds: int, first: int) -> None:
    sound = np.arange(seconds * RATE, dtype=np.float32)
    heard = MonitoredAudio(np.array_split(sound, 7))
    assert sum(block.size for block in heard) == heard.samples == sound.size
    np.testing.assert_array_equal(heard.window(), sound[first * RATE : (first + 10) * RATE])


def test_every_recording_is_asked_about_without_itself(tmp_path: Path) -> None:
    catalog = taken(tmp_path, [tune(number, 20) for number in range(6)])
    assert sorted(seconds for seconds, _ in catalog.samples) == [2, 2, 5, 5, 10, 10]
    assert all(score < 9 for _, score in catalog.samples)
    assert FingerprintCatalog(tmp_path).samples == catalog.samples


def test_copies_are_no_wrong_places_and_count_once_for_each_length(tmp_path: Path) -> None:
    catalog = taken(tmp_path, 8 * [tune(number, 20) for number in range(4)])
    assert sorted(seconds for seconds, _ in catalog.samples) == [2.0] * 4 + [5.0] * 4 + [10.0] * 4
    assert all(2 < score < 9 for _, score in catalog.samples)


def test_many_copies_of_one_piece_change_no_scores(tmp_path: Path) -> None:
    pieces = [tune(number, 12) for number in range(4)]
    few = taken(tmp_path / "few", pieces)
    many = taken(tmp_path / "many", [*pieces, *[pieces[0]] * 30])
    scores = [max(score for _, score in catalog.samples) for catalog in (few, many)]
    assert scores[1] == pytest.approx(scores[0], abs=1)
    encoder, random = fingerprint_encoder(), np.random.default_rng(0)
    found = match_window(many, pieces[0][2 * RATE : 8 * RATE], encoder=encoder)
    assert len(found) == 31
    assert all(match.chance < 1e-6 for match in found)
    both = np.concatenate([pieces[0][6 * RATE :], pieces[2][: 6 * RATE]])
    assert {int(uuid.UUID(match.id)) for match in match_window(many, both, encoder=encoder)} == {0, 2, *range(4, 34)}
    for seconds in (2, 5, 10):
        hiss = 0.1 * random.standard_normal(seconds * RATE).astype(np.float32)
        assert match_window(many, hiss, encoder=encoder) == []
        assert match_window(many, tune(50 + seconds, seconds), encoder=encoder) == []


def test_copies_that_begin_later_or_run_faster_are_no_wrong_places(tmp_path: Path) -> None:
    tunes = [tune(number, 20) for number in range(4)]
    late = [np.concatenate([tune(number + 10, 3), one]) for number, one in enumerate(tunes)]
    catalog = taken(tmp_path, [*tunes, *late, *(faster(one, 1.03) for one in tunes)])
    assert len(catalog.samples) == 12
    assert all(score < 9 for _, score in catalog.samples)


def test_a_recording_that_shares_a_little_scores_as_what_it_is(tmp_path: Path) -> None:
    tunes = [tune(number, 20) for number in range(5)]
    sharing = np.concatenate([tune(9, 10), tunes[0][10 * RATE : 13 * RATE], tune(8, 7)])
    catalog = taken(tmp_path, [*tunes, sharing])
    scores = sorted(score for _, score in catalog.samples)
    assert scores[-1] > 1.5 * scores[2]


def test_short_recordings_and_single_ones_tell_nothing(tmp_path: Path) -> None:
    assert taken(tmp_path / "short", [tune(number, 5) for number in range(3)]).samples == []
    assert taken(tmp_path / "alone", [tune(0, 20)]).samples == []


def test_the_latest_samples_are_kept(tmp_path: Path) -> None:
    catalog = taken(tmp_path, [tune(0, 20)])
    for number in range(SAMPLES // 100 + 1):
        catalog.note([(5.0, float(number * 100 + n)) for n in range(100)])
    scores = [score for _, score in catalog.samples]
    assert len(scores) == SAMPLES
    assert scores == [float(n) for n in range(300 - SAMPLES, 300)]
