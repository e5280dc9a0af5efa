"""Reading notes of MIDI files, written here byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.midi import MidiNote, read_midi


def midi(*tracks: bytes) -> bytes:
    header = b"MThd" + (6).to_bytes(4, "big") + b"\0\1" + len(tracks).to_bytes(2, "big") + (480).to_bytes(2, "big")
    return header + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)


def test_notes_have_their_times_through_changes_of_tempo(tmp_path: Path) -> None:
    tempo = bytes.fromhex("00ff5103 0f4240 8360ff5103 07a120")  # a second a quarter; after one quarter, half of it
    # A name; C4 for a quarter; in running status E4, ended by no loudness, a quarter later; a drum is left out.
    notes = b"\x00\xff\x03\x04TUNE" + bytes.fromhex("00903c40 8360803c00 00904060 83604000 00992a40 10892a00")
    path = tmp_path / "two.mid"
    path.write_bytes(midi(tempo, notes))
    assert read_midi(path) == [
        MidiNote(0.0, 1.0, 60, 64, "TUNE"),
        MidiNote(1.0, 1.5, 64, 96, "TUNE"),
    ]


@pytest.mark.parametrize("content", [b"", b"RIFF", midi(b"\x00\x90\x3c"), midi(b"\xff\xff")])
def test_what_is_none_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "none.mid"
    path.write_bytes(content)
    with pytest.raises(SonoluxError, match=r"none.mid is no MIDI file that can be read"):
        read_midi(path)
