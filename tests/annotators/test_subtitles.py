"""Phrases as subtitles, read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.annotators.subtitles import srt, vtt, write_subtitles
from sonolux.errors import SonoluxError
from sonolux.media.texts.subtitles import parse_cues
from sonolux.types import Annotation, Span

SAID = [
    Annotation("reader", "hello there", 0.9, Span(0.5, 1.75)),
    Annotation("reader", "an hour later", 0.8, Span(3661.0, 3662.0004)),
]


def test_subrip() -> None:
    assert srt(SAID) == (
        "1\n00:00:00,500 --> 00:00:01,750\nhello there\n\n2\n01:01:01,000 --> 01:01:02,000\nan hour later\n"
    )


def test_webvtt_escapes() -> None:
    said = [Annotation("reader", "a < b & c", 0.9, Span(0, 1))]
    assert vtt(said) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na &lt; b &amp; c\n"


@pytest.mark.parametrize("ending", [".srt", ".vtt"])
def test_another_ending_or_place_is_refused(ending: str, tmp_path: Path) -> None:
    with pytest.raises(SonoluxError, match=r"written into \.srt or \.vtt"):
        write_subtitles(SAID, tmp_path / "a.txt")
    with pytest.raises(SonoluxError, match="cannot be written"):
        write_subtitles(SAID, tmp_path / "nowhere" / f"a{ending}")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**7), st.integers(1, 10**5), st.from_regex(r"[a-z<>&]{1,8}( [a-z]{1,8})?", fullmatch=True)
        ),
        max_size=4,
    )
)
def test_what_is_written_is_read_again(drawn: list[tuple[int, int, str]]) -> None:
    said = [Annotation("x", text, 1.0, Span(start / 1000, (start + length) / 1000)) for start, length, text in drawn]
    cues = list(parse_cues(vtt(said)))
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        (pytest.approx(one.span.start), pytest.approx(one.span.end), one.label)
        for one in sorted(said, key=lambda one: one.span.start)
    ]
