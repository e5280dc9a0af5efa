"""A long mix with known songs in it, named in one pass over its stream."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

import sonolux as sx
from tunes import RATE, faster, noisy, tune

SONGS = 8
SECONDS = 45.0
SPEEDS = (1.0, 1.02, 1.0, 0.98)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> sx.Library:
    folder = tmp_path_factory.mktemp("songs")
    for number in range(SONGS):
        (folder / f"{number}.wav").write_bytes(recorded(tune(number, SECONDS)))
    opened = sx.Library(folder / "songs.sonolux")
    assert opened.fingerprint(folder).recordings == SONGS
    return opened


def recorded(sound: np.ndarray) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as stream:
        stream.setparams((1, 2, RATE, 0, "NONE", ""))
        stream.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


@pytest.mark.long
@pytest.mark.parametrize("minutes", [5, 60])
def test_every_song_of_a_mix_is_named_with_its_times(library: sx.Library, minutes: int) -> None:
    count = minutes * 60 // 75
    mix = np.zeros(minutes * 60 * RATE, np.float32)
    truth = []
    for number in range(count):
        begins, speed = number * 75.0 + 12.5, SPEEDS[number % 4]
        song = faster(tune(number % SONGS, SECONDS)[5 * RATE :], speed)
        mix[round(begins * RATE) :][: len(song)] = song
        truth.append((f"{number % SONGS}.wav", begins, len(song) / RATE, speed))
    stream = io.BytesIO(recorded(noisy(mix, 10) * 0.5))
    found = sorted(library.identify_stream(stream), key=lambda match: match.query_start)
    assert [Path(match.path).name for match in found] == [name for name, *_ in truth]
    for match, (_, begins, long, speed) in zip(found, truth, strict=True):
        assert abs(match.query_start - begins) < 2
        assert abs(match.query_end - (begins + long)) < 2
        assert abs(match.start - 5 - (match.query_start - begins) * speed) < 0.1
        assert abs(match.speed - speed) < 0.004
