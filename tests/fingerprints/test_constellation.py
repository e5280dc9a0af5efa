"""Constellations: the same however the sound comes, moved along as music is, and small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.fingerprints.constellation import (
    BANDS,
    CLEAREST,
    FRAME,
    HOP,
    LOWEST,
    PER_OCTAVE,
    RATE,
    SECONDS,
    STRETCH,
    band_log_power,
    extract_constellation,
    pick_peaks,
    spectral_contrast,
)
from tunes import faster, tune

LONG = tune(1, 2.5 * STRETCH * SECONDS)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, len(LONG)), max_size=12))
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    segments = np.split(LONG, sorted(cuts))
    whole, cut = extract_constellation([LONG]), extract_constellation(segments)
    np.testing.assert_array_equal(cut.times, whole.times)
    np.testing.assert_array_equal(cut.bands, whole.bands)


def test_stretches_leave_no_seam() -> None:
    found = band_log_power(LONG)
    times, bands = pick_peaks(found, spectral_contrast(found))
    streamed = extract_constellation([LONG])
    same = set(zip(times.tolist(), bands.round(2).tolist(), strict=True)) & set(
        zip(streamed.times.tolist(), streamed.bands.round(2).tolist(), strict=True)
    )
    # Running means round otherwise after another start: a few peaks at the very threshold may differ.
    assert len(same) > 0.99 * max(len(times), len(streamed.times))
    assert np.all(np.diff(streamed.times) >= 0)


def test_a_tone_is_at_its_band() -> None:
    time = np.arange(4 * RATE) / RATE
    tone = np.where((time > 1) & (time < 2), np.sin(2 * np.pi * 800 * time), 0).astype(np.float32)
    times, bands = extract_constellation([tone])
    assert len(times)
    assert np.all((times * SECONDS > 0.8) & (times * SECONDS < 2.1))
    assert np.abs(bands - PER_OCTAVE * np.log2(800 / LOWEST)).min() < 0.2


def test_speed_moves_peaks_along() -> None:
    sound = tune(2, 20)
    slow, fast = extract_constellation([sound]), extract_constellation([faster(sound, 1.04)])
    expected_times, expected_bands = slow.times / 1.04, slow.bands + PER_OCTAVE * np.log2(1.04)
    near = [
        np.any((np.abs(fast.times - time) <= 2) & (np.abs(fast.bands - band) <= 1))
        for time, band in zip(expected_times, expected_bands, strict=True)
    ]
    assert np.mean(near) > 0.75


def test_loudness_does_not_matter() -> None:
    sound = tune(3, 10)
    loud, soft = extract_constellation([sound]), extract_constellation([sound / 64])
    assert len(
        np.intersect1d(loud.times * 1000 + loud.bands.round(), soft.times * 1000 + soft.bands.round())
    ) > 0.9 * len(loud.times)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(0), np.zeros(1), np.ones(1), np.zeros(RATE * 5), np.ones(FRAME), np.full(RATE * 5, 0.7)],
    ids=["nothing", "silent sample", "one sample", "silence", "one frame of DC", "DC"],
)
def test_what_is_level_has_no_peaks(sound: np.ndarray) -> None:
    # A constant begins and ends nowhere but at the edges, which are in no frame.
    assert len(extract_constellation([sound.astype(np.float32)]).times) == 0


def test_a_second_has_few_peaks() -> None:
    noise = np.random.default_rng(0).standard_normal(30 * RATE).astype(np.float32)
    times, bands = extract_constellation([np.clip(noise * 9, -1, 1)])
    assert np.bincount(times // 31).max() <= CLEAREST
    assert bands.min() >= 0
    assert bands.max() < BANDS
    assert times.max() <= (len(noise) - FRAME) // HOP
