"""One clock a file: pictures, sounds and what is taken of them agree on when something is there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from media.films import write_film
from sonolux.fingerprints.decoding import decode_audio_file
from sonolux.media.containers.audio import decode_audio, load_audio
from sonolux.media.containers.clock import LONGEST_GAP, TOLERANCE, Clock, in_time
from sonolux.media.containers.video import frame_near
from sonolux.media.excerpt import read_excerpt
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Decoded, Segment
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.training.data.decoding import decode_clips

OPTIONS = ReadOptions(image_side=64, audio_rate=8_000)


def spans(path: Path | str, kind: str) -> list[tuple[float, float]]:
    found = [event for event in read(str(path), OPTIONS) if isinstance(event, Segment) and event.kind == kind]
    return [(round(one.span.start, 1), round(one.span.end, 1)) for one in found if one.span]


def duration(path: Path) -> float:
    found, *events = read(str(path), OPTIONS)
    corrected = [event.metadata for event in events if isinstance(event, Decoded)]
    return (found.metadata | {key: value for one in corrected for key, value in one.items()})["duration"]


def test_sound_of_a_film_is_where_it_is_heard(cases: Path) -> None:
    assert spans(cases / "late-sound" / "late_sound.mkv", "window") == [(5.0, 7.0)]


@pytest.mark.parametrize("suffix", ["mkv", "mov", "mp4", "ts", "webm"])
def test_sound_that_begins_late(suffix: str, tmp_path: Path) -> None:
    codec = {} if suffix == "webm" else {"pictures": [(0, 8)]}
    path = write_film(tmp_path / f"a.{suffix}", sounds=[(5, 7)], **codec)
    if suffix == "webm":  # nothing begins before the sound: it begins with the file
        assert duration(path) == pytest.approx(2.0, abs=0.1)
        return
    [(start, end)] = spans(path, "window")
    assert (start, end) == (pytest.approx(5.0, abs=0.1), pytest.approx(7.0, abs=0.1))
    sound = load_audio(str(path), 8_000).samples
    assert not sound[:39_000].any() and np.abs(sound[41_000:55_000]).max() > 0.3
    _, part = read_excerpt(str(path), OPTIONS, 5.5, 1.0)
    assert np.sqrt(np.square(part.content.samples).mean()) == pytest.approx(0.35, abs=0.02)
    assert duration(path) == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_pictures_that_begin_late(suffix: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / f"a.{suffix}", pictures=[(5, 8)], sounds=[(0, 8)])
    assert spans(path, "shot") == [(5.0, 6.0), (6.0, 7.0), (7.0, 8.0)]
    assert [frame_near(str(path), at, 64, 10**6).pixels.mean() > 120 for at in (5.5, 6.5, 7.5)] == [True, False, True]


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_a_file_begins_where_its_first_stream_does(suffix: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / f"a.{suffix}", pictures=[(5, 8)], sounds=[(6, 8)])
    assert spans(path, "shot") == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]
    assert spans(path, "window") == [(1.0, 3.0)]
    assert duration(path) == pytest.approx(3.0, abs=0.1)
    assert [frame_near(str(path), at, 64, 10**6).pixels.mean() > 120 for at in (0.5, 1.5)] == [True, False]


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_a_dropout_is_silence_of_its_length(suffix: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / f"a.{suffix}", pictures=[(0, 4), (44, 47)], sounds=[(0, 4), (44, 47)])
    assert [start for start, _ in spans(path, "window")] == [0.0, pytest.approx(44.0, abs=0.1)]
    assert [start for start, _ in spans(path, "shot")][-3:] == [44.0, 45.0, 46.0]
    sound = load_audio(str(path), 8_000).samples
    assert len(sound) == pytest.approx(47 * 8_000, abs=900)
    assert not sound[33_000:351_000].any()
    assert not [event.missing for event in read(str(path), OPTIONS) if isinstance(event, Decoded)]


def test_a_short_dropout_is_within_a_window(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", sounds=[(0, 3), (6, 9)])
    [window] = [event for event in read(str(path), OPTIONS) if isinstance(event, Segment)]
    assert window.span is None and len(window.content.samples) == 9 * 8_000
    assert not window.content.samples[24_100:47_900].any()


def test_stamps_that_are_a_little_off_leave_no_seams(tmp_path: Path) -> None:
    exact = write_film(tmp_path / "exact.mkv", pictures=[(0, 2)], sounds=[(0, 4)])
    shaken = write_film(tmp_path / "shaken.mkv", pictures=[(0, 2)], sounds=[(0, 4)], jitter=0.02)
    one, other = (np.concatenate(list(decode_audio(str(path), 48_000))) for path in (exact, shaken))
    np.testing.assert_array_equal(one, other)


def test_a_stamp_of_another_age_costs_no_time(tmp_path: Path) -> None:
    years = 10 * 365 * 86_400.0
    path = write_film(tmp_path / "a.mkv", pictures=[(0, 3)], sounds=[(0, 3), (years, years + 3)])
    assert spans(path, "window") == [(0.0, 6.0)]
    assert duration(path) == pytest.approx(6.0, abs=0.1)


def test_what_is_counted_is_counted_from_the_zero_of_a_file(cases: Path, tmp_path: Path) -> None:
    gap = write_film(tmp_path / "gap.mkv", sounds=[(0, 2), (50, 52)])
    for path, whole, sounds in ((cases / "late-sound" / "late_sound.mkv", 7.0, [5.5]), (gap, 52.0, [0.5, 50.5])):
        with closing(IsolatedDecoder()) as decoder:
            sound = np.concatenate(list(decode_audio_file(str(path), decoder)))
        [[kept]] = [np.concatenate(blocks)[None] for blocks in decode_clips([str(path)], 8_000, np.copy)[0].values()]
        np.testing.assert_array_equal(sound, kept)
        assert len(sound) == pytest.approx(8_000 * whole, abs=400)
        assert all(np.abs(sound[int(8_000 * at) :][:400]).max() > 0.01 for at in sounds)
        assert not sound[16_500:39_000].any()


def placed(*stamps: float | None, length: float = 0.02, zero: float | None = 0.0, counts: bool = True) -> list[float]:
    container = SimpleNamespace(format=SimpleNamespace(flags=0), start_time=zero and zero * 1e6, duration=None)
    decoded = [SimpleNamespace(time=stamp) for stamp in stamps]
    clock = Clock(container, counts=counts)
    return [round(time, 6) for time, _ in in_time(decoded, clock, lambda _: length)]


@pytest.mark.parametrize(
    ("stamps", "wanted"),
    [
        ((None, None, None), [0.0, 0.02, 0.04]),
        ((0.0, 0.0, 0.0, 0.0), [0.0, 0.02, 0.04, 0.06]),
        ((0.0, 9.0, 0.04, 0.06), [0.0, 0.02, 0.04, 0.06]),
        ((0.0, 9.0, 9.02, 9.04), [0.0, 9.0, 9.02, 9.04]),
        ((8.0, 8.02, 0.0, 0.02, 5.04, 5.06), [8.0, 8.02, 8.04, 8.06, 13.08, 13.1]),
        ((0.0, 0.02, 2 * LONGEST_GAP, 2 * LONGEST_GAP + 0.02), [0.0, 0.02, 0.04, 0.06]),
        ((5.0, 5.02, 4.7, 4.72), [5.0, 5.02, 4.7, 4.72]),
        ((-2.0, -1.98, -1.96, -1.94), [-2.0, -1.98, -1.96, -1.94]),
        ((1.0, None, 1.04), [1.0, 1.02, 1.04]),
        ((0.0, 0.42, 0.44, 0.86, 0.88), [0.0, 0.42, 0.44, 0.86, 0.88]),
        ((0.244, 0.264, 0.284), [0.244, 0.264, 0.284]),
    ],
    ids=[
        *("none", "all alike", "one off", "gap", "set anew", "beyond belief", "overlap", "before zero", "some missing"),
        *("silence is not sent", "a little late"),
    ],
)
def test_stamps_are_believed_where_the_next_bears_them_out(stamps: tuple[float, ...], wanted: list[float]) -> None:
    assert placed(*stamps) == pytest.approx(wanted)


def test_pictures_have_their_own_times_and_never_go_back() -> None:
    assert placed(0.0, 0.03, 0.2, 0.21, 4.0, length=0.2, counts=False) == [0.0, 0.03, 0.2, 0.21, 4.0]
    assert placed(0.0, 1.0, 0.95, 2.0, length=1.0, counts=False) == [0.0, 1.0, 1.0, 2.0]


def test_a_container_that_knows_no_beginning_begins_with_its_first_stamp() -> None:
    assert placed(7.0, 7.02, zero=None) == [0.0, 0.02]
    assert placed(7.0 + TOLERANCE / 2, 7.1, zero=7.0) == [0.0, 0.02]
