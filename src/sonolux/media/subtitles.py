"""Subtitle parsing, of SubRip and WebVTT: cues with their times in seconds, and passages of several cues."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
TIMES = re.compile(rf"^\s*{TIME}\s*-->\s*{TIME}[^\n]*$")
TAG = re.compile(r"</?[^<>]{0,100}>|\{\\[^{}]{0,100}\}")
"""Italics, colours, voices and karaoke times of both formats."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from ``start`` to ``end``, in seconds."""

    start: float
    end: float
    text: str


def parse_cues(text: str) -> Iterator[Cue]:
    """Yield the cues of a SubRip or WebVTT file that say something, in the order of the file."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = TIMES.match(lines[at])
        at += 1
        if match is None:
            continue
        first = at
        while at < len(lines) and lines[at].strip():
            at += 1
        said = " ".join(html.unescape(TAG.sub("", "\n".join(lines[first:at]))).split())
        start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if said:
            yield Cue(start, max(start, end), said)


def cue_passages(cues: Iterable[Cue], chars: int) -> Iterator[tuple[float, float, str]]:
    """Join cues into passages of at most ``chars`` characters (a longer cue stands alone).

    Yields
    ------
    start, end : float
        Seconds, from the start of its first cue to the latest end.
    text : str
        Its cues, a line each.
    """
    held: list[Cue] = []
    size = 0
    for cue in cues:
        if held and size + len(cue.text) + 1 > chars:
            yield _joined(held)
            held, size = [], 0
        held.append(cue)
        size += len(cue.text) + 1
    if held:
        yield _joined(held)


def _joined(cues: list[Cue]) -> tuple[float, float, str]:
    start, end = min(cue.start for cue in cues), max(cue.end for cue in cues)
    return start, end, "\n".join(cue.text for cue in cues)


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (group or "0" for group in groups)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
