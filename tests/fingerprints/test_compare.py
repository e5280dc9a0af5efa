"""Two recordings side by side."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from sonolux.errors import MediaError
from sonolux.fingerprints.compare import compare
from tunes import RATE, faster, noisy, tune


def write(path: Path, *sounds: np.ndarray) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(np.concatenate(sounds), -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)


def test_a_part_is_found_in_the_whole(tmp_path: Path) -> None:
    part = write(tmp_path / "a.wav", tune(90, 20), noisy(tune(1, 40)[10 * RATE : 30 * RATE], 10), tune(91, 20))
    whole = write(tmp_path / "b.wav", tune(1, 40))
    [shared] = compare(part, whole)
    assert abs(shared.first_start - 20) < 1.5
    assert abs(shared.first_end - 40) < 1.5
    assert abs(shared.second_start - (shared.first_start - 10)) < 0.05
    assert abs(shared.second_end - (shared.first_end - 10)) < 0.2
    assert shared.chance < 1e-3


def test_a_recording_is_itself_at_any_speed(tmp_path: Path) -> None:
    same = write(tmp_path / "a.wav", faster(tune(2, 30), 0.97))
    [shared] = compare(same, write(tmp_path / "b.wav", tune(2, 30)))
    assert abs(shared.speed - 0.97) < 0.004
    assert shared.first_end - shared.first_start > 27


def test_strangers_have_nothing_in_common(tmp_path: Path) -> None:
    assert compare(write(tmp_path / "a.wav", tune(3, 25)), write(tmp_path / "b.wav", tune(4, 25))) == []


def test_silence_is_refused(tmp_path: Path) -> None:
    silent = write(tmp_path / "b.wav", np.zeros(5 * RATE))
    with pytest.raises(MediaError, match="silent"):
        compare(write(tmp_path / "a.wav", tune(3, 5)), silent)
    assert compare(silent, str(tmp_path / "a.wav")) == []
