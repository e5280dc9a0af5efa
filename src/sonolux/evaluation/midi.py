"""MIDI files (Standard MIDI File 1.0), as far as notes go: which pitch sounds when, track by track."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonolux.errors import SonoluxError

DRUMS = 9
"""Channel whose notes are no pitches."""

TEMPO = 500_000
"""Microseconds of a quarter until a file says otherwise."""

DIVISION = 480
"""Ticks of a quarter in files that are written."""


@dataclass(frozen=True, slots=True)
class MidiNote:
    """A note: seconds, a MIDI number, its loudness from 1 to 127, and the name of its track."""

    start: float
    end: float
    pitch: int
    velocity: int
    track: str


def read_midi(path: Path) -> list[MidiNote]:
    """Return the notes of a file in order of time, drums left out.

    Raises
    ------
    SonoluxError
        Where it is no MIDI file.
    """
    content = path.read_bytes()
    try:
        if content[:4] != b"MThd":
            raise ValueError
        division = int.from_bytes(content[12:14], "big")
        tracks = [list(_events(track)) for track in _tracks(content)]
    except (ValueError, IndexError):
        raise SonoluxError(f"{path} is no MIDI file that can be read") from None
    tempi = sorted((tick, value) for track in tracks for tick, kind, value, _ in track if kind == "tempo")
    notes = [note for track in tracks for note in _notes(track, division, tempi)]
    return sorted(notes, key=lambda note: (note.start, note.pitch))


@dataclass(frozen=True, slots=True)
class MidiPart:
    """Notes that one instrument plays, a program of General MIDI from 0 to 127."""

    program: int
    notes: Sequence[MidiNote]


def write_midi(path: Path, parts: Sequence[MidiPart]) -> None:
    """Write parts as a MIDI file of one track, in which a quarter takes half a second.

    Parts take turns at the channels of pitches, 15 of them: what sounds at once may be that many parts.
    """
    events: list[tuple[int, int, bytes]] = []
    channels = [channel for channel in range(16) if channel != DRUMS]
    for number, part in enumerate(parts):
        channel = channels[number % len(channels)]
        if part.notes:
            first = _ticks(min(note.start for note in part.notes))
            events.append((first, 1, bytes((0xC0 | channel, part.program))))
        for note in part.notes:
            events.append((_ticks(note.start), 2, bytes((0x90 | channel, note.pitch, note.velocity))))
            events.append((max(_ticks(note.end), _ticks(note.start) + 1), 0, bytes((0x80 | channel, note.pitch, 0))))
    track, before = bytearray(), 0
    for tick, _, message in sorted(events):
        track += _written(tick - before) + message
        before = tick
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, DIVISION)
    path.write_bytes(head + b"MTrk" + struct.pack(">I", len(track)) + bytes(track))


def _ticks(seconds: float) -> int:
    return round(seconds * DIVISION * 1e6 / TEMPO)


def _written(number: int) -> bytes:
    """Return a number of variable length: seven bits a byte, the highest first, all but the last marked."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def _tracks(content: bytes) -> Iterator[bytes]:
    place = 8 + int.from_bytes(content[4:8], "big")
    while place + 8 <= len(content):
        size = int.from_bytes(content[place + 4 : place + 8], "big")
        if content[place : place + 4] == b"MTrk":
            yield content[place + 8 : place + 8 + size]
        place += 8 + size


def _events(track: bytes) -> Iterator[tuple[int, str, int, int]]:
    """Yield ticks, kind, pitch (or tempo) and velocity of what matters; names as their place and length."""
    place = tick = status = 0
    while place < len(track):
        delta, place = _number(track, place)
        tick += delta
        if track[place] & 0x80:
            status = track[place]
            place += 1
        if status in (0xFF, 0xF0, 0xF7):
            kind = track[place] if status == 0xFF else -1
            size, start = _number(track, place + (status == 0xFF))
            place = start + size
            if kind == 0x51:
                yield tick, "tempo", int.from_bytes(track[start:place], "big"), 0
            elif kind == 0x03:
                yield tick, "name:" + track[start:place].decode("latin-1"), 0, 0
            continue
        message, channel = status >> 4, status & 0x0F
        size = 1 if message in (0xC, 0xD) else 2
        if message in (8, 9) and channel != DRUMS:
            velocity = track[place + 1] if message == 9 else 0
            yield tick, "note", track[place], velocity
        place += size


def _number(track: bytes, place: int) -> tuple[int, int]:
    value = 0
    while True:
        byte = track[place]
        place += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place


def _notes(track: list[tuple[int, str, int, int]], division: int, tempi: list[tuple[int, int]]) -> Iterator[MidiNote]:
    name = next((kind[5:] for _, kind, _, _ in track if kind.startswith("name:")), "")
    sounding: dict[int, tuple[int, int]] = {}
    for tick, kind, pitch, velocity in track:
        if kind != "note":
            continue
        if pitch in sounding:
            start, loudness = sounding.pop(pitch)
            yield MidiNote(_seconds(start, division, tempi), _seconds(tick, division, tempi), pitch, loudness, name)
        if velocity:
            sounding[pitch] = (tick, velocity)


def _seconds(tick: int, division: int, tempi: list[tuple[int, int]]) -> float:
    seconds, before, tempo = 0.0, 0, TEMPO
    for change, value in tempi:
        if change >= tick:
            break
        seconds += (change - before) * tempo
        before, tempo = change, value
    return (seconds + (tick - before) * tempo) / division / 1e6
