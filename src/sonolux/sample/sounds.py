"""Sample sounds: synthesised, two of each kind, and one long recording; float32 (n,), mono, at `RATE`.

Plucked strings are those of Karplus and Strong (1983), "Digital synthesis of plucked-string and drum timbres",
Computer Music Journal 7 (2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

RATE = 24_000
"""Hertz."""

BITEXACT = {"fflags": "+bitexact"}
"""Keeps random serial numbers and dates out of containers: the sample is the same every time."""

CODECS = {".wav": "pcm_s16le", ".flac": "flac", ".ogg": "libopus", ".mp3": "libmp3lame"}


@dataclass(frozen=True, slots=True)
class Recording:
    """An audio file: name, title and genre, samples."""

    name: str
    title: str
    genre: str
    samples: Waveform


def synthesise_recordings() -> list[Recording]:
    """Synthesise all recordings of the sample."""
    birds, sea, chimes = (
        synthesise_birdsong(20, seed=1),
        synthesise_waves(20, seed=3, period=6.0),
        synthesise_bells(20, seed=5),
    )
    return [
        Recording("plucked_tune.flac", "Plucked tune", "Folk", synthesise_tune((0, 4, 7, 12, 11, 7, 4, 2), repeats=3)),
        Recording(
            "plucked_tune_low.mp3",
            "Plucked tune, an octave down",
            "Folk",
            synthesise_tune((-12, -8, -5, -3), repeats=5),
        ),
        Recording("drum_loop.wav", "Drum loop", "Percussion", synthesise_drums(beats_per_minute=100, bars=3)),
        Recording(
            "drum_loop_fast.ogg", "Drum loop, faster", "Percussion", synthesise_drums(beats_per_minute=140, bars=4)
        ),
        Recording("birdsong.ogg", "Synthetic birdsong", "Nature", synthesise_birdsong(8, seed=2)),
        Recording("birdsong_morning.flac", "Synthetic birdsong, morning", "Nature", synthesise_birdsong(9, seed=7)),
        Recording("sea.mp3", "Synthetic sea", "Nature", synthesise_waves(9, seed=4, period=4.5)),
        Recording("sea_rough.flac", "Synthetic sea, rough", "Nature", synthesise_waves(9, seed=6, period=3.0)),
        Recording("bells.mp3", "Bells", "Bells", synthesise_bells(9, seed=8)),
        Recording(
            "walk.mp3", "A walk: birds, then the sea, then bells", "Nature", np.concatenate((birds, sea, chimes))
        ),
    ]


def write_sounds(folder: Path) -> list[Path]:
    """Write all recordings, each in its own container and with tags."""
    written = []
    for recording in synthesise_recordings():
        tags = {
            "title": recording.title,
            "genre": recording.genre,
            "artist": "Sonolux",
            "album": "Sample",
            "date": "2026",
        }
        write_sound(folder / recording.name, recording.samples, tags)
        written.append(folder / recording.name)
    return written


def write_sound(path: Path, samples: Waveform, tags: dict[str, str]) -> None:
    """Write one recording in the codec of its suffix."""
    import av

    with av.open(str(path), "w", options=BITEXACT) as container:
        container.metadata.update(tags)
        encode_samples(container, container.add_stream(CODECS[path.suffix], rate=RATE, layout="mono"), samples)


def encode_samples(container: Any, stream: Any, samples: Waveform) -> None:
    """Encode samples into a stream of an opened PyAV container."""
    import av

    whole = np.round(np.clip(samples, -1, 1) * 32_767).astype(np.int16)
    for start in range(0, len(whole), RATE):
        frame = av.AudioFrame.from_ndarray(whole[None, start : start + RATE], format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def synthesise_tune(semitones: Iterable[int], repeats: int) -> Waveform:
    """A tune on plucked strings: semitones above A4, four notes a second."""
    notes = [*semitones] * repeats
    random = np.random.default_rng(0)
    out = np.zeros(int((len(notes) / 4 + 1) * RATE))
    for number, semitone in enumerate(notes):
        start = number * RATE // 4
        string = _string(440 * 2 ** (semitone / 12), RATE, random)
        out[start : start + RATE] += string
    return _level(out)


def _string(frequency: float, length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Noise in a loop of one period, smoothed each time round (Karplus and Strong, eq. 1)."""
    period = random.uniform(-1, 1, round(RATE / frequency))
    rounds = []
    for _ in range(length // len(period) + 1):
        rounds.append(period)
        period = 0.498 * (period + np.roll(period, 1))
    return np.concatenate(rounds)[:length]


def synthesise_drums(beats_per_minute: float, bars: int) -> Waveform:
    """Bass drum on the first and third beat, snare on the others, a hi-hat on every half beat."""
    random = np.random.default_rng(0)
    beat = int(60 / beats_per_minute * RATE)
    length = RATE // 4
    time = np.arange(length) / RATE
    bass = np.sin(2 * np.pi * (50 * time - 4 * np.exp(-time * 30))) * np.exp(-time * 14)
    snare = random.normal(size=length) * np.exp(-time * 22) * 0.5
    hat = np.diff(random.normal(size=length + 1)) * np.exp(-time * 90) * 0.2
    out = np.zeros(bars * 4 * beat + length)
    for half in range(bars * 8):
        start = half * beat // 2
        out[start : start + length] += hat
        if half % 2 == 0:
            out[start : start + length] += bass if half % 4 == 0 else snare
    return _level(out)


def synthesise_birdsong(seconds: float, seed: int) -> Waveform:
    """Short whistles that glide between 2.5 and 6 kHz, in groups, over faint leaves."""
    random = np.random.default_rng(seed)
    out = random.normal(scale=0.02, size=int(seconds * RATE))
    start = 0
    while True:
        low, high = np.sort(random.uniform(2500, 6000, 2))
        length = int(random.uniform(0.06, 0.14) * RATE)
        for _ in range(random.integers(3, 8)):
            if start + length > len(out):
                return _level(out)
            glide = np.linspace(high, low, length)
            out[start : start + length] += np.sin(2 * np.pi * np.cumsum(glide) / RATE) * np.hanning(length)
            start += int(length * 1.4)
        start += int(random.uniform(0.2, 0.6) * RATE)


def synthesise_waves(seconds: float, seed: int, period: float) -> Waveform:
    """Noise whose power falls with the square of frequency, swelling every ``period`` seconds."""
    random = np.random.default_rng(seed)
    n = int(seconds * RATE)
    spectrum = np.fft.rfft(random.normal(size=n))
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    rush = np.fft.irfft(spectrum / np.maximum(frequency, 150), n)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * np.arange(n) / RATE / period)
    return _level(rush * swell)


def synthesise_bells(seconds: float, seed: int) -> Waveform:
    """Struck bells: inharmonic partials, the higher the shorter."""
    random = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE))
    for start in range(0, len(out) - RATE, int(1.5 * RATE)):
        time = np.arange(len(out) - start) / RATE
        base = random.choice([220.0, 262.0, 330.0])
        for partial, loudness in (
            (0.5, 0.5),
            (1.0, 1.0),
            (1.19, 0.8),
            (1.5, 0.6),
            (2.0, 0.7),
            (2.74, 0.4),
            (3.76, 0.3),
        ):
            out[start:] += loudness * np.sin(2 * np.pi * base * partial * time) * np.exp(-time * (0.6 + 0.5 * partial))
    return _level(out)


def _level(samples: NDArray[np.float64]) -> Waveform:
    return np.asarray(0.7 * samples / np.abs(samples).max(), np.float32)
