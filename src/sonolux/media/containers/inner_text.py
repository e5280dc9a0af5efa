"""Timed text inside audio and video: subtitle tracks, chapter titles and lyrics with times, as passages.

Each of them is a place in time that its words find. Tracks that are pictures of text are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sonolux.media.containers.clock import zero_of
from sonolux.media.containers.container import open_container
from sonolux.media.metadata import LONGEST_VALUE
from sonolux.media.music_tags.reading import read_tags
from sonolux.media.safe_open import open_file
from sonolux.media.tags import timed_lyrics
from sonolux.media.texts.cues import Cue
from sonolux.media.texts.subtitle_packets import text_streams, track_cues
from sonolux.media.texts.subtitles import cue_passages, parse_cues

MOST_CHAPTERS = 2000
MOST_TRACKS = 64
NUMBERED = re.compile(r"(?:chp?|chap(?:ter)?|kapitel|chapitre|cap[ií]tulo|capitolo|глава)?[\s_.-]*\d*", re.IGNORECASE)
"""Titles that only count: libav names chapters of ID3 so that have none."""


def inner_passages(path: str, chars: int) -> Iterator[tuple[float, float, str]]:
    """Yield the passages of a file of sound or moving pictures: start and end in seconds, and what they say.

    Parameters
    ----------
    chars : int
        Characters of a passage, at most.

    Raises
    ------
    MediaError
        Where the file cannot be opened.
    """
    with open_file(path) as file:
        tags = read_tags(file)
    lyrics = [cue for text in timed_lyrics(tags.decoded()) for cue in parse_cues(text, "lrc")]
    yield from cue_passages(sorted(lyrics or tags.cues, key=lambda cue: cue.start), chars)
    with open_container(path, "recording or video") as container:
        zero = zero_of(container) or 0.0
        for cue in islice(_chapters(container), MOST_CHAPTERS):
            yield cue.start, cue.end, cue.text
        for stream in text_streams(container)[:MOST_TRACKS]:
            container.seek(0)
            cues = (
                Cue(max(0.0, c.start - zero), max(0.0, c.end - zero), c.text) for c in track_cues(container, stream)
            )
            yield from cue_passages(cues, chars)


def _chapters(container: Any) -> Iterator[Cue]:
    """Yield the chapters of a container that have titles."""
    for chapter in container.chapters():
        title = " ".join(chapter["metadata"].get("title", "").split())
        start, end = (max(0.0, float(chapter[key] * chapter["time_base"])) for key in ("start", "end"))
        if not NUMBERED.fullmatch(title):
            yield Cue(start, max(start, end), title[:LONGEST_VALUE])
