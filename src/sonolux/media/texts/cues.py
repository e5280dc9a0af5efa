"""Subtitle cues: what is said from one second to another, in plain words."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

TAG = re.compile(r"</?[^<>]{0,100}>|\{\\[^{}]{0,100}\}")
"""Italics, colours, voices and karaoke times of both formats."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from ``start`` to ``end``, in seconds."""

    start: float
    end: float
    text: str


def plain_cue(text: str) -> str:
    """Return what a cue says as one line: without tags, with characters for entities."""
    return " ".join(html.unescape(TAG.sub("", text)).split())
