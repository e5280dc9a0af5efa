"""A few segments of a long file, evenly spaced."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from sonolux.errors import MediaError
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Probe, Segment
from sonolux.media.spread import KEPT, Thinned, read_spread
from sonolux.media.workers.worker import Progress

MOST = 8


def segments_of(count: int) -> Thinned:
    thinned = Thinned()
    for number in range(count):
        thinned.take(Segment("passage", str(number)))
        assert len(thinned.kept) <= KEPT
    return thinned


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 20, KEPT])
def test_few_segments_are_chosen_evenly(count: int) -> None:
    evenly = np.unique(np.linspace(0, count - 1, min(MOST, count)).astype(int))
    assert [int(segment.content) for segment in segments_of(count).chosen(MOST)] == evenly.tolist()


@pytest.mark.parametrize("count", [KEPT + 1, 64, 65, 359, 1000, 4097])
def test_of_many_segments_each_choice_is_near_its_place(count: int) -> None:
    chosen = [int(segment.content) for segment in segments_of(count).chosen(MOST)]
    places = np.linspace(0, count - 1, MOST)
    assert len(chosen) == MOST
    assert (chosen[0], chosen[-1]) == (0, count - 1)
    assert np.abs(np.array(chosen) - places).max() <= count / 32 + 1


def test_nothing_is_chosen_of_nothing() -> None:
    assert Thinned().chosen(MOST) == []


def kinds_of(path: str, options: ReadOptions, *kinds: str) -> list[tuple[str, object]]:
    events = list(read_spread(path, options, frozenset(kinds), MOST))
    assert isinstance(events[0], Probe)
    return [(event.kind, event.span) for event in events[1:] if isinstance(event, Segment)]


def test_short_files_give_all_that_is_asked_for(specimens: dict[str, str], options: ReadOptions) -> None:
    for name, path in specimens.items():
        wanted = [(e.kind, e.span) for e in read(path, options) if isinstance(e, Segment)]
        assert kinds_of(path, options, "image", "shot") == [one for one in wanted if one[0] in ("image", "shot")], name


def test_what_has_none_of_a_kind_is_not_decoded(specimens: dict[str, str], options: ReadOptions) -> None:
    picture = next(path for path in specimens.values() if path.endswith(".png"))
    assert kinds_of(picture, options, "window") == []


def test_long_sound_is_thinned_and_tells_that_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.zeros(8000 * 100, "<i2").tobytes())
    options = ReadOptions(audio_rate=8000, audio_window=1.0, audio_hop=1.0)
    events = list(read_spread(str(path), options, frozenset({"window"}), MOST))
    spans = [event.span for event in events if isinstance(event, Segment)]
    assert len(spans) == MOST
    assert sum(isinstance(event, Progress) for event in events) == 100
    assert (spans[0].start, spans[-1].end) == (0.0, 100.0)


def test_errors_are_those_of_reading(tmp_path: Path, options: ReadOptions) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0nonsense")
    with pytest.raises(MediaError):
        list(read_spread(str(tmp_path / "broken.jpg"), options, frozenset({"image"}), MOST))
