"""Channels that cancel out in their mean are heard; all others are their mean, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media.specimens import write_wav
from sonolux.media.containers.audio import load_audio

RATE = 22_050


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.square(samples, dtype=np.float64).mean()))


def noise(seconds: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    wave = np.random.default_rng(seed).standard_normal((int(seconds * RATE), channels))
    # Brown enough that a click would stand out.
    return 0.15 * np.apply_along_axis(np.convolve, 0, wave, np.hanning(32) / 4, mode="same")


def mono_of(path: Path, channels: np.ndarray) -> np.ndarray:
    return load_audio(str(write_wav(path, (channels * 32767).astype("<i2"))), RATE).samples


def test_a_recording_with_one_side_upside_down_is_heard(cases: Path) -> None:
    assert loudness(load_audio(str(cases / "phase-inverted" / "phase_inverted.flac"), RATE).samples) > 0.01


@pytest.mark.parametrize(
    ("weights", "least"),
    [((1, -1), 0.99), ((1, -0.9), 0.9), ((-0.5, 0.5), 0.49), ((1, -1, 0, 0, 0, 0), 0.32), ((1, -1, 1, -1), 0.99)],
)
def test_what_cancels_in_the_mean_is_heard(weights: tuple[float, ...], least: float, tmp_path: Path) -> None:
    wave = noise(2)
    heard = mono_of(tmp_path / "a.wav", wave * np.array(weights))
    assert loudness(heard) >= least * loudness(wave)
    assert abs(np.corrcoef(heard, wave[:, 0])[0, 1]) > 0.999


@pytest.mark.parametrize("kind", ["unrelated", "one side", "wide", "delayed", "half", "six"])
def test_other_channels_are_their_mean_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    left, other = noise(3, seed=1)[:, 0], noise(3, seed=2)[:, 0]
    channels = {
        "unrelated": [left, other],
        "one side": [left, 0 * left],
        "wide": [left + 0.5 * other, left - 0.5 * other],
        "delayed": [left, np.roll(left, 17)],
        "half": [left, -0.5 * left],
        "six": [left, other, 0.5 * (left + other), 0 * left, np.roll(left, 400), np.roll(other, 400)],
    }[kind]
    stored = (np.stack(channels, axis=1) * 32767).astype("<i2")
    mean = (stored.astype(np.float32) / 32768).T.mean(axis=0, dtype=np.float32)
    np.testing.assert_array_equal(load_audio(str(write_wav(tmp_path / "a.wav", stored)), RATE).samples, mean)


def test_changes_leave_no_clicks(tmp_path: Path) -> None:
    """A steady tone that turns from plain to upside down and back, within blocks and at their edges."""
    time = np.arange(6 * RATE) / RATE
    left = 0.4 * np.sin(2 * np.pi * 220 * time)
    turned = np.where((time % 2) < 1.13, 1.0, -1.0)
    heard = mono_of(tmp_path / "a.wav", np.stack([left, left * turned], axis=1))
    steepest = np.abs(np.diff(left)).max()
    # The recording's own side flips in one sample, to or from 0 in the mean; nothing is added to that.
    assert np.abs(np.diff(heard)).max() < 0.4 + 2 * steepest
    quiet = np.sqrt(np.convolve(np.square(heard), np.ones(RATE // 2) / (RATE // 2), "valid"))
    assert quiet.min() > 0.15


def test_the_plain_mean_is_back_where_channels_agree_again(tmp_path: Path) -> None:
    left, other = noise(6, seed=3)[:, 0], noise(6, seed=4)[:, 0]
    right = np.where(np.arange(left.size) < 2 * RATE, -left, other)
    stored = (np.stack([left, right], axis=1) * 32767).astype("<i2")
    heard = load_audio(str(write_wav(tmp_path / "a.wav", stored)), RATE).samples
    mean = (stored.astype(np.float32) / 32768).T.mean(axis=0, dtype=np.float32)
    np.testing.assert_array_equal(heard[3 * RATE :], mean[3 * RATE :])
    assert loudness(heard[: 2 * RATE]) > 0.9 * loudness(left)


def test_silence_and_bad_samples_choose_nothing(tmp_path: Path) -> None:
    stored = np.zeros((RATE, 2), np.float32)
    assert not load_audio(str(write_wav(tmp_path / "a.wav", stored)), RATE).samples.any()
    stored[:, 0], stored[:, 1] = 0.5, -0.5
    stored[100] = np.nan
    heard = load_audio(str(write_wav(tmp_path / "b.wav", stored)), RATE).samples
    assert np.isfinite(heard).all() and loudness(heard) > 0.49
