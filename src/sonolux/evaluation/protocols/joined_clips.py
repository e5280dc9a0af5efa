"""Joined clips: recordings that begin inside a clip, after something else, as songs, jingles and adverts do.

A clip is so many seconds of a recording from its beginning, and beside them half a second to ten seconds of hiss,
silence, speech or other music, as loud. The same with hiss behind is what they compare with; the same alone, with
nothing beside it, is the most that can be asked. Known clips are of recordings of the catalog, unknown ones of those
that are held out. What is beside a recording is drawn once, so that clips of all lengths and conditions differ in
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.evaluation.protocols.identification import UNKNOWN, Clip
from sonolux.media.containers.audio import load_audio
from sonolux.media.segment import Audio

RATE = 22_050
"""Hertz, as of the other queries."""

BESIDE = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
"""Seconds that something else lasts, in turn."""

QUIETEST = 10 ** (-45 / 20)
"""Root mean square of a second that can be heard."""

ALONE = "alone"
"""Condition in which nothing is beside a recording."""

KNOWN, HELD = 60, 30
"""Recordings of the catalog that are asked for, and recordings that are held out, at most."""

Sound = NDArray[np.float32]


def join_clips(
    made: Path, speech: Sequence[Path], lengths: Sequence[int], seed: int = 1
) -> Iterator[tuple[Clip, Audio]]:
    """Yield clips, each with its sound, of the recordings in a set; those with speech only where some is given.

    Parameters
    ----------
    made : Path
        A set with ``catalog`` and ``held``.
    speech : sequence of Path
        Recordings of somebody who speaks.
    lengths : sequence of int
        Seconds of the recording that are heard.
    """
    held = [path for path in sorted((made / "held").glob("*.wav"))[:HELD] if _begins(path, max(lengths))]
    known = [path for path in sorted((made / "catalog").glob("*.wav")) if _begins(path, max(lengths))]
    every = max(len(known) // KNOWN, 1)
    voices = [load_audio(str(path), RATE).samples for path in speech]
    for number, path in enumerate([*known[::every][:KNOWN], *held]):
        random = np.random.default_rng([seed, number])
        seconds = BESIDE[number % len(BESIDE)]
        others = [other for other in held if other != path]
        beside = _beside(others, voices, round(seconds * RATE), random)
        recording = path.stem if path not in held else UNKNOWN
        heard = load_audio(str(path), RATE).samples
        for length in lengths:
            begun = heard[: length * RATE]
            yield Clip(path, recording, 0.0, length, ALONE), Audio(begun, RATE)
            for condition, other in beside.items():
                parts = [begun, _as_loud(other, begun)]
                behind = condition.endswith("behind")
                sound = np.concatenate(parts if behind else parts[::-1])
                yield Clip(path, recording, 0.0 if behind else -seconds, length, condition), Audio(sound, RATE)


def _begins(path: Path, seconds: int) -> bool:
    """Tell whether each of the first seconds of a recording can be heard."""
    heard = load_audio(str(path), RATE).samples[: seconds * RATE]
    return heard.size == seconds * RATE and min(map(_level, np.split(heard, seconds))) > QUIETEST


def _beside(
    others: Sequence[Path], voices: Sequence[Sound], samples: int, random: np.random.Generator
) -> dict[str, Sound]:
    """Return what is beside a recording, by condition."""
    hiss = random.standard_normal(samples).astype(np.float32)
    beside = {"hiss in front": hiss, "hiss behind": hiss, "silence in front": np.zeros(samples, np.float32)}
    if voices:
        beside["speech in front"] = _excerpt(lambda: voices[int(random.integers(len(voices)))], samples, random)
    if others:
        other = load_audio(str(others[int(random.integers(len(others)))]), RATE).samples
        beside["music in front"] = _excerpt(lambda: other, samples, random)
    return beside


def _excerpt(draw: Callable[[], Sound], samples: int, random: np.random.Generator) -> Sound:
    """Return so many samples from somewhere in what is drawn, one after the other where one is too short."""
    parts: list[Sound] = []
    while (missing := samples - sum(part.size for part in parts)) > 0:
        drawn = draw()
        first = int(random.integers(0, max(drawn.size - missing, 0) + 1))
        parts.append(drawn[first : first + missing])
    return np.concatenate(parts)


def _as_loud(other: Sound, recording: Sound) -> Sound:
    """Return a sound as loud as another; silence stays."""
    return (other * (_level(recording) / max(_level(other), 1e-9))).astype(np.float32)


def _level(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))
