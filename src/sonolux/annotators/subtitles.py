"""Subtitles: transcribed phrases with their times as SubRip (.srt) and WebVTT (.vtt)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sonolux.errors import SonoluxError
from sonolux.types import Annotation

FORMATS = (".srt", ".vtt")


def write_subtitles(phrases: Sequence[Annotation], file: Path) -> None:
    """Write phrases, in the order of time, into a file whose ending says how.

    Raises
    ------
    SonoluxError
        For another ending, or a file that cannot be written.
    """
    if file.suffix.lower() not in FORMATS:
        raise SonoluxError(f"{file}: subtitles are written into {' or '.join(FORMATS)}")
    text = vtt(phrases) if file.suffix.lower() == ".vtt" else srt(phrases)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SonoluxError(f"{file} cannot be written: {error.strerror}") from error


def srt(phrases: Sequence[Annotation]) -> str:
    """Return phrases as SubRip has them: a number, the times, the words, an empty line."""
    blocks = [f"{number}\n{_times(phrase, ',')}\n{phrase.label}\n" for number, phrase in enumerate(phrases, start=1)]
    return "\n".join(blocks)


def vtt(phrases: Sequence[Annotation]) -> str:
    """Return phrases as WebVTT has them (W3C Recommendation, "WebVTT: The Web Video Text Tracks Format", 2019)."""
    blocks = [f"{_times(phrase, '.')}\n{_escaped(phrase.label)}\n" for phrase in phrases]
    return "\n".join(["WEBVTT\n", *blocks])


def _times(phrase: Annotation, point: str) -> str:
    assert phrase.span is not None
    return f"{_clock(phrase.span.start, point)} --> {_clock(phrase.span.end, point)}"


def _clock(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
