"""Subtitles of every format, and with the faults that people's files have, are places in time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Probe, Segment
from sonolux.media.signatures import text_format
from sonolux.media.texts.cues import Cue
from sonolux.media.texts.subtitles import cue_passages, parse_cues
from sonolux.types import Span

ASS = """[Script Info]
; a script
Title: A night
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,nobody says this
Dialogue: 0,1:40:00.00,1:40:02.50,Default,,0,0,0,,{\\i1}Good{\\i0}\\Nevening, {\\k20}ev{\\k30}ery, one
Dialogue: 0,1:40:00.00,1:40:02.50,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}
"""
SAMI = """<SAMI><HEAD><TITLE>x</TITLE></HEAD><BODY>
<SYNC Start=6000000><P Class=KRCC>Good<br>evening, every, one
<SYNC Start=6002500><P Class=KRCC>&nbsp;
</BODY></SAMI>"""
TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25"><body><div>
<p begin="{start}" {end}>Good<br/><span>evening,</span> every, one</p></div></body></tt>"""
SAID = "Good evening, every, one"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("srt", "1\n01:40:00,000 --> 01:40:02,500\nGood\nevening, every, one\n"),
        ("vtt", "WEBVTT\n\n01:40:00.000 --> 01:40:02.500 line:0\n<v Ada>Good\nevening,</v> every, one\n"),
        ("ass", ASS),
        ("sami", SAMI),
        ("microdvd", "{1}{1}25\n{150000}{150062}{y:i}Good|evening, every, one\n"),
        ("mpl2", "[60000][60025]Good|evening, every, one\n[60030][60031]\n"),
        ("subviewer", "01:40:00.00,01:40:02.50\nGood[br]evening, every, one\n"),
        ("lrc", "[ti:Night]\n[100:00.00]Good evening, <100:01.00>every, one\n[100:02.50]\n"),
        ("lrc", "[100:00.00]Good evening, every, one\n[100:02.500]\n"),
        ("ttml", TTML.format(start="01:40:00.000", end='end="01:40:02.5"')),
        ("ttml", TTML.format(start="6000s", end='dur="2500ms"')),
        ("ttml", TTML.format(start="01:40:00:00", end='end="150062f"')),
        ("ttml", TTML.format(start="01:40:00", end="").replace("<tt ", "<tt:tt ").replace("<p ", "<tt:p ")),
    ],
)
def test_every_format_has_its_times(form: str, text: str) -> None:
    assert text_format(text, "a") == form
    [cue] = [cue for cue in parse_cues(text, form) if "Good" in cue.text]
    assert cue.text == SAID
    assert cue.start == pytest.approx(6000, abs=0.01)
    assert 6000 <= cue.end <= 6004


@pytest.mark.parametrize(
    "text",
    [
        "00:00:01,000 --> 00:00:02,000\nfirst\n\n00:00:05,000 --> 00:00:06,000\nsecond\n",
        "1\n00:00:01,000 --> 00:00:02,000\nfirst\n2\n00:00:05,000 --> 00:00:06,000\nsecond",
        "1\n00:00:01 --> 00:00:02\nfirst\n\n2\n00:00:05 --> 00:00:06\nsecond\n",
        "1\n0:0:1,0 --> 0:0:2,00\nfirst\n\n2\n0:0:5.000 --> 0:0:6.0999999\nsecond\n",
        "1\n00:00:01:000 -> 00:00:02:000\nfirst\n\n2\n00:00:05, 000 –> 00:00:06, 000\nsecond\n",
        "1\n00:01.000 --> 00:02.000 X1:100 X2:200 Y1:1 Y2:2\n{\\an8}<font color=red>first</font>\n\n"
        "00:05.000 --> 00:06.000\n<i>second\n",
        "2\n00:00:05,000 --> 00:00:06,000\nsecond\n\n1\n00:00:01,000 --> 00:00:02,000\nfirst\n",
        "\n\n\n1\n\n00:00:01,000 --> 00:00:02,000\n\nfirst\n\n\n\n2\n00:00:05,000 --> 00:00:06,000\nsecond\n\n\n",
        "subtitles by Ada\n\n1\n00:00:01,000 --> 00:00:02,000\nfirst\n\n3\n00:00:05,000 --> 00:00:01,000\nsecond\n",
        "WEBVTT\n\nNOTE\nnobody says\nthis\n\nintro\n00:01.000 --> 00:02.000\nfirst\n\nSTYLE\n::cue {}\n\n"
        "00:05.000 --> 00:06.000\nsecond\n",
        "1\n00:00:01,000 --> 00:00:02,000\nfirst\n\n9\n00:00:03,000 --> 00:00:04,000\n\n"
        "2\n00:00:05,000 --> 00:00:06,000\nsecond\n",
    ],
)
def test_faulty_files_are_read(text: str) -> None:
    form = text_format(text, "a")
    assert form in ("srt", "vtt")
    assert [(cue.start, cue.text) for cue in parse_cues(text, form)] == [(1.0, "first"), (5.0, "second")]


def test_times_below_zero_and_of_many_hours() -> None:
    text = "1\n-1:58:00,300 --> 00:00:-03,540\nearly\n\n2\n123:00:00,000 --> 123:00:01,000\nlate\n"
    assert parse_cues(text) == [Cue(0.0, 0.0, "early"), Cue(442_800.0, 442_801.0, "late")]


def test_an_empty_line_within_a_cue_loses_nothing() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nI bet\n\n500\n\n2\n00:00:05,000 --> 00:00:06,000\nfold\n"
    assert [cue.text for cue in parse_cues(text)] == ["I bet 500", "fold"]


@pytest.mark.parametrize(
    "text",
    [
        "[12:30] <ada> hello\n[12:31] <bob> hello\n[12:31] <ada> bye\n",
        "[1] a footnote\n[2] another\n",
        "{1} is a set\n{2} is another\n",
        "- one\n- two -> three\n",
        "Meeting, 10:00 - 11:00\n12:00:00 lunch\n",
        "a <tt>typewriter</tt>\n",
    ],
)
def test_other_texts_are_no_subtitles(text: str) -> None:
    assert text_format(text, "a") == "txt"


@pytest.mark.parametrize("form", ["srt", "vtt", "ttml"])
@pytest.mark.parametrize("text", ["", "WEBVTT\n", "WEBVTT\n\nNOTE nothing\n", "<tt><p>no times</p></tt>"])
def test_nothing_said_is_no_cue(form: str, text: str) -> None:
    assert parse_cues(text, form) == []


@pytest.mark.parametrize(
    "text", ["<!--" * 16_000, "<!-- -->" * 8_000 + "<", "{1}{1}" * 9_000, "[ti:" * 15_000, " " * 65_000]
)
def test_no_text_takes_long_to_be_told(text: str) -> None:
    started = time.process_time()
    assert text_format(text, "a") == "txt"
    assert time.process_time() - started < 2


def test_passages_bridge_no_silence_and_are_no_longer_than_a_look() -> None:
    cues = [Cue(float(start), start + 2.0, str(start)) for start in (0, 4, 100, *range(200, 300, 4))]
    found = list(cue_passages(cues, 1000))
    assert found[:2] == [(0.0, 6.0, "0\n4"), (100.0, 102.0, "100")]
    assert all(end - start <= 35 for start, end, _ in found) and found[-1][1] == 298.0
    assert " ".join(text for _, _, text in found).split() == [cue.text for cue in cues]


@pytest.mark.parametrize(
    ("encoding", "end"),
    [("utf-8-sig", "\r"), ("utf-16", "\r\n"), ("utf-16-be", "\n"), ("cp1251", "\n"), ("cp1251", "\r\n")],
)
def test_a_short_file_is_a_place_in_time_in_any_encoding(encoding: str, end: str, tmp_path: Path) -> None:
    text = "1\n01:40:00,000 --> 01:40:03,000\nПодмосковные вечера, не слышны в саду даже шорохи\n"
    (tmp_path / "a.srt").write_bytes(text.replace("\n", end).encode(encoding))
    probe, passage = read(str(tmp_path / "a.srt"), ReadOptions())
    assert isinstance(probe, Probe) and probe.format == "srt"
    assert isinstance(passage, Segment)
    assert (passage.content, passage.span) == (
        "Подмосковные вечера, не слышны в саду даже шорохи",
        Span(6000.0, 6003.0),
    )


def test_the_case_says_where_in_time(cases: Path) -> None:
    passages = list(read(str(cases / "subtitles-unit" / "long.srt"), ReadOptions()))[1:]
    [found] = [part for part in passages if isinstance(part, Segment) and "okapi" in str(part.content)]
    assert found.span is not None and found.span.unit == "seconds"
    assert 5970 <= found.span.start <= 6000 <= found.span.end <= 6035


TT = '<tt xmlns="http://www.w3.org/ns/ttml"><body{}><div{}>{}</div></body></tt>'


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        (TT.format(' begin="10s"', ' begin="100s"', '<p begin="1s" end="2s">okapi</p>'), [(111.0, 112.0, "okapi")]),
        (
            TT.format("", "", '<p><span begin="5s" end="6s">okapi</span> <span begin="7s" dur="1s">owl</span></p>'),
            [(5.0, 6.0, "okapi"), (7.0, 8.0, "owl")],
        ),
        (TT.format("", "", '<p begin="5s" end="6s">an <span>okapi</span> here</p>'), [(5.0, 6.0, "an okapi here")]),
        (
            TT.format("", "", '<p begin="5s" end="6s">an<p begin="7s" end="8s">owl'),
            [(5.0, 6.0, "an"), (7.0, 8.0, "owl")],
        ),
    ],
)
def test_times_of_ttml_count_from_what_is_around_them(text: str, cues: list[tuple[float, float, str]]) -> None:
    assert [(cue.start, cue.end, cue.text) for cue in parse_cues(text, "ttml")] == cues


def test_a_declared_document_type_is_no_other_text() -> None:
    start = '<?xml version="1.0"?><!DOCTYPE tt PUBLIC "-//W3C//DTD TTAF//EN" "x">\n<tt xmlns="x"><body>'
    assert text_format(start, "a.dfxp") == "ttml"


def test_shapes_in_the_middle_of_a_script_leave_no_brace() -> None:
    drawn = ASS + "Dialogue: 0,1:50:00.00,1:50:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0\\pos(1,2)}and words\n"
    assert [cue.text for cue in parse_cues(drawn, "ass")] == [SAID, "and words"]


def test_captions_that_roll_say_each_line_once() -> None:
    text = (
        "WEBVTT\n\n00:00.100 --> 00:02.000\n \nhello<00:00:00.400><c> okapi</c>\n\n"
        "00:02.000 --> 00:02.010\nhello okapi\n \n\n"
        "00:02.010 --> 00:04.000\nhello okapi\nagain<00:00:03.000><c> here</c>\n"
    )
    assert [(cue.start, cue.text) for cue in parse_cues(text, "vtt")] == [(0.1, "hello okapi"), (2.01, "again here")]
    plain = "WEBVTT\n\n00:01.000 --> 00:02.000\nNo!\n\n00:02.000 --> 00:03.000\nNo!\n"
    assert [cue.text for cue in parse_cues(plain, "vtt")] == ["No!", "No!"]


@pytest.mark.parametrize("times", [("00:12", "01:15"), ("00:12:00", "01:15:00")])
def test_lines_of_a_song_without_hundredths(times: tuple[str, str]) -> None:
    text = f"[ti:Song]\n[{times[0]}]a line\n[{times[1]}]a refrain\n"
    assert text_format(text, "a.lrc") == "lrc"
    assert [(cue.start, cue.text) for cue in parse_cues(text, "lrc")] == [(12.0, "a line"), (75.0, "a refrain")]
    assert text_format(text.partition("\n")[2], "chat.txt") == "txt"
