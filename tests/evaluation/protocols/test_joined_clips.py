"""Joined clips: what is beside a recording, how long, how loud, and the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from sonolux.evaluation.protocols.identification import UNKNOWN, Clip
from sonolux.evaluation.protocols.joined_clips import ALONE, BESIDE, RATE, join_clips

Joined = list[tuple[Clip, np.ndarray]]


def noise(number: int, seconds: float, level: float = 0.1) -> np.ndarray:
    return level * np.random.default_rng(number).standard_normal(round(seconds * RATE)).clip(-3, 3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for name, first in (("catalog", 0), ("held", 10)):
        (folder / name).mkdir()
        for number in range(first, first + 3):
            sf.write(folder / name / f"r{number}.wav", noise(number, 4), RATE)
    late = np.concatenate([np.zeros(2 * RATE), noise(20, 4)])
    sf.write(folder / "catalog" / "late.wav", late, RATE)
    sf.write(folder / "catalog" / "short.wav", noise(21, 1), RATE)
    sf.write(folder / "speech.wav", noise(30, 1.5), RATE)
    return folder


@pytest.fixture(scope="module")
def joined(made: Path) -> Joined:
    return [(clip, sound.samples) for clip, sound in join_clips(made, [made / "speech.wav"], (2, 3))]


def test_only_recordings_that_are_heard_from_their_beginning_are_asked_for(joined: Joined) -> None:
    assert {clip.recording for clip, _ in joined} == {"r0", "r1", "r2", UNKNOWN}
    assert {clip.path.stem for clip, _ in joined if not clip.known} == {"r10", "r11", "r12"}
    assert len(joined) == 6 * 2 * 6


def test_a_clip_is_the_recording_and_something_as_loud_beside_it(made: Path, joined: Joined) -> None:
    for clip, sound in joined:
        heard = sf.read(clip.path)[0][: clip.length * RATE]
        beside = len(sound) - len(heard)
        if clip.condition == ALONE:
            assert beside == 0 and clip.start == 0
            continue
        assert beside / RATE in BESIDE
        behind = clip.condition == "hiss behind"
        assert clip.start == (0 if behind else -beside / RATE)
        np.testing.assert_allclose(sound[: len(heard)] if behind else sound[beside:], heard, atol=1e-4)
        other = sound[len(heard) :] if behind else sound[:beside]
        level = 0 if clip.condition == "silence in front" else np.sqrt(np.mean(heard**2))
        assert np.sqrt(np.mean(other**2)) == pytest.approx(level, rel=1e-3)


def test_what_is_beside_is_drawn_once_and_never_the_recording_itself(made: Path, joined: Joined) -> None:
    again = [(clip, sound.samples) for clip, sound in join_clips(made, [made / "speech.wav"], (2, 3))]
    assert [clip for clip, _ in again] == [clip for clip, _ in joined]
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(again, joined, strict=True))
    for clip, sound in joined:
        if clip.condition == "music in front" and not clip.known:
            first = sound[:2000] / np.linalg.norm(sound[:2000])
            own = np.correlate(sf.read(clip.path)[0], first)
            assert np.abs(own).max() < 0.5 * np.linalg.norm(sf.read(clip.path)[0][:2000])


def test_without_speech_and_songs_held_out_there_are_fewer_conditions(made: Path, tmp_path: Path) -> None:
    (tmp_path / "catalog").symlink_to(made / "catalog")
    conditions = {clip.condition for clip, _ in join_clips(tmp_path, [], (2,))}
    assert conditions == {ALONE, "hiss in front", "hiss behind", "silence in front"}
