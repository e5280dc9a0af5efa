"""From probabilities to notes, and from notes to tunes."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.decoding.notes import Note, decode_notes, pitch_named, single_line, skyline

RATE, LOWEST = 100.0, 60


def decoded(sounding: dict[int, list[tuple[int, int]]], onsets: dict[int, list[int]]) -> list[tuple[float, float, int]]:
    """Notes of what sounds from one frame to another, and begins at frames, by column."""
    chances, begins = np.zeros((200, 12), np.float32), np.zeros((200, 12), np.float32)
    for column, spans in sounding.items():
        for start, end in spans:
            chances[start:end, column] = 0.8
    for column, frames in onsets.items():
        begins[frames, column] = 0.9
    return [(one.start, one.end, one.pitch) for one in decode_notes(begins, chances, RATE, LOWEST)]


def test_a_note_lasts_while_its_pitch_sounds() -> None:
    assert decoded({4: [(20, 60)]}, {4: [20]}) == [(0.2, 0.6, 64)]


def test_an_onset_a_moment_before_belongs_to_it() -> None:
    assert decoded({4: [(20, 32)]}, {4: [18]}) == [(0.2, 0.32, 64)]


def test_a_note_that_is_struck_again_is_two() -> None:
    assert decoded({4: [(20, 80)]}, {4: [20, 50]}) == [(0.2, 0.5, 64), (0.5, 0.8, 64)]


def test_clicks_are_no_notes_and_without_an_onset_it_takes_longer() -> None:
    assert decoded({1: [(20, 26)], 2: [(50, 60)], 3: [(90, 110)]}, {1: [20]}) == [(0.9, 1.1, 63)]


def test_silence_has_no_notes() -> None:
    assert decoded({}, {}) == []
    assert decode_notes(np.zeros((0, 88), np.float32), np.zeros((0, 88), np.float32), RATE, 21) == []


@pytest.mark.parametrize("third", [-1, 0, 1])
def test_how_a_note_is_out_of_tune_is_heard_in_thirds(third: int) -> None:
    chances, begins, contours = (
        np.zeros((50, 12), np.float32),
        np.zeros((50, 12), np.float32),
        np.zeros((50, 36), np.float32),
    )
    chances[10:40, 5], begins[10, 5], contours[10:40, 3 * 5 + 1 + third] = 0.9, 0.9, 0.9
    [note] = decode_notes(begins, chances, RATE, LOWEST, contours)
    assert note.pitch == 65
    assert note.detuned == pytest.approx(third / 3, abs=0.01)


class TestTunes:
    def test_the_highest_clear_note_is_the_tune(self) -> None:
        notes = [
            Note(0, 1, 72, 0.8),
            Note(0, 1, 60, 0.9),  # below
            Note(0, 1, 84, 0.4),  # a partial: faint
            Note(0.5, 0.8, 64, 0.8),  # below what still sounds
            Note(1.0, 2, 65, 0.8),  # after it
        ]
        assert [note.pitch for note in skyline(notes)] == [72, 65]

    def test_a_voice_has_one_note_at_a_time(self) -> None:
        line = single_line(
            [Note(0, 1, 60, 0.5, 0.3), Note(0.02, 1.1, 61, 0.5, -0.3), Note(1.2, 2, 64, 0.7), Note(1.2, 1.5, 76, 0.5)]
        )
        assert [(note.pitch + note.detuned) for note in line] == pytest.approx([60.5, 64])
        assert line[0].end == 1.1

    def test_a_clearer_and_longer_note_is_sung_instead(self) -> None:
        assert [note.pitch for note in single_line([Note(0, 0.5, 72, 0.4), Note(0.1, 0.9, 60, 0.8)])] == [60]


@pytest.mark.parametrize(("number", "name"), [(60, "C4"), (61, "C#4"), (21, "A0"), (108, "C8"), (0, "C-1")])
def test_names_are_those_of_scientific_pitch_notation(number: int, name: str) -> None:
    assert Note(0, 1, number, 1).name == name
    assert pitch_named(name) == number
