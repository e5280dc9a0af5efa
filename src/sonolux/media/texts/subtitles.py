"""Subtitle parsing: cues with their times in seconds, and passages of several cues.

SubRip, WebVTT and TTML are read here, with the faults that people's files have: numbers, empty lines or milliseconds
that are missing, times below zero or out of order. The other formats are read by libav
(`sonolux.media.texts.subtitle_packets`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from sonolux.media.texts.cues import Cue, plain_cue

TIME = r"(?:(-?\d{1,4})\s?:\s?)?(-?\d{1,3})\s?:\s?(-?\d{1,2})(?:\s?[,.:]\s?(-?\d{1,12})(?:\.\d{1,20})?)?"
TIMES = re.compile(rf"^\s*{TIME}\s*(?:-{{1,3}}|[–—]-?)\s?>\s*{TIME}(?:\s[^\n]*)?$")
NUMBER = re.compile(r"\s*\d{1,9}\s*")
ASIDE = re.compile(r"(?:NOTE|STYLE|REGION)\b")
"""What begins a block of WebVTT that nobody says."""

LOOKED_AT = 5
"""Lines that may stand before the first times of a SubRip file, beside empty ones."""

CLOCKED_WORD = re.compile(r"<\d{1,4}(?::\d\d){1,2}\.\d{3}>")
"""Time within a line of WebVTT: captions that roll, as those made by machines do, say each line two or three times."""

DOCTYPE = r"(?:<!DOCTYPE[^\[>]{0,500}>\s*)?"
LYRIC = re.compile(r"^(\[\d{1,3}:\d\d)(?::(\d\d\d?))?\]", re.MULTILINE)
"""Time of a line of a song without hundredths, or with a colon before them."""

STARTS = {
    "vtt": re.compile(r"\s*WEBVTT\b"),
    "ass": re.compile(r"\s*(?:;[^\n]*\n\s*){0,9}\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE),
    "sami": re.compile(r"\s*<SAMI\b", re.IGNORECASE),
    "ttml": re.compile(
        rf"\s*(?:<\?xml[^>]{{0,200}}\?>\s*)?{DOCTYPE}(?:<!--(?:(?!-->).){{0,4000}}-->\s*){{0,9}}<(?:\w{{1,20}}:)?tt[\s>]",
        re.DOTALL,
    ),
    "microdvd": re.compile(r"\s*\{\d{1,9}\}\{\d{0,9}\}[^\n]*\n\s*\{\d{1,9}\}\{\d{0,9}\}"),
    "mpl2": re.compile(r"\s*\[\d{1,9}\]\[\d{0,9}\][^\n]*\n\s*\[\d{1,9}\]\[\d{0,9}\]"),
    "subviewer": re.compile(r"\s*(?:\[INFORMATION\]|\d\d?:\d\d:\d\d\.\d\d\d?,\d\d?:\d\d:\d\d\.\d\d\d?[ \t]*\n)"),
    "lrc": re.compile(
        r"\s*(?:\[(?:ti|ar|al|au|by|re|ve|la|length|offset|lr|tool|id|#)\s*:[^\n]{0,500}\][ \t]*\n\s*){0,20}"
        r"(?:\[\d{1,3}:\d\d\.\d{2,3}\][^\n]{0,500}(?:\n\s*|\Z)){2}"
        # Talk is written down with times as well: only below the name of a song are whole seconds those of lines.
        r"|\s*(?:\[(?:ti|ar|al|au|by|re|ve|la|length|offset|lr|tool|id|#)\s*:[^\n]{0,500}\][ \t]*\n\s*){1,20}"
        r"(?:\[\d{1,3}:\d\d(?::\d{2,3})?\][^\n]{0,500}(?:\n\s*|\Z)){2}",
        re.IGNORECASE,
    ),
}
"""What each format begins with; SubRip is told by its times."""

TIMED = frozenset({"srt", *STARTS})
"""Formats of texts whose spans are seconds."""

TIMED_ELEMENTS = frozenset({"body", "div", "p", "span"})

GAP = 15.0
"""Seconds of silence that no passage bridges."""

LONGEST_PASSAGE = 30.0
"""Seconds between the beginnings of the first cue of a passage and the last: a hit says where to look."""


def subtitle_format(start: str) -> str | None:
    """Return the format of the subtitles that begin so, None for another text."""
    for name, begins in STARTS.items():
        if begins.match(start):
            return name
    lines = [line for line in start[:4000].split("\n") if line.strip()][:LOOKED_AT]
    return "srt" if any(map(TIMES.match, lines)) else None


def parse_cues(text: str, form: str = "srt") -> list[Cue]:
    """Return the cues of a subtitle file that say something, in the order of time.

    Parameters
    ----------
    text : str
        The whole file.
    form : str
        As `subtitle_format` names it.
    """
    if form == "ttml":
        cues: Iterable[Cue] = _timed_paragraphs(text)
    elif form in ("srt", "vtt"):
        cues = _blocks(text.split("\n"), rolling=form == "vtt" and CLOCKED_WORD.search(text) is not None)
    else:
        from sonolux.media.texts.subtitle_packets import parsed_cues

        cues = parsed_cues(LYRIC.sub(_hundredths, text) if form == "lrc" else text, form)
    return sorted(cues, key=lambda cue: cue.start)


def cue_passages(cues: Iterable[Cue], chars: int) -> Iterator[tuple[float, float, str]]:
    """Join cues into passages of at most ``chars`` characters (a longer cue stands alone) and about half a minute.

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
        if held and (
            size + len(cue.text) + 1 > chars
            or cue.start - held[0].start > LONGEST_PASSAGE
            or cue.start - held[-1].end > GAP
        ):
            yield _joined(held)
            held, size = [], 0
        held.append(cue)
        size += len(cue.text) + 1
    if held:
        yield _joined(held)


def _joined(cues: list[Cue]) -> tuple[float, float, str]:
    start, end = min(cue.start for cue in cues), max(cue.end for cue in cues)
    return start, end, "\n".join(cue.text for cue in cues)


def _hundredths(time: re.Match[str]) -> str:
    return f"{time[1]}.{time[2] or '00'}]"


def _blocks(lines: list[str], *, rolling: bool = False) -> Iterator[Cue]:
    """Yield the cues of SubRip and WebVTT: what stands between two lines of times, but for numbers and names.

    Where they are rolling, a line that the cue before has said already is not said again.
    """
    before: list[str] = []
    times = [(at, match) for at, line in enumerate(lines) if (match := TIMES.match(line))]
    ends = [*(at for at, _ in times[1:]), len(lines)]
    for (at, match), end in zip(times, ends, strict=False):  # without times there is one end too many
        said = lines[at + 1 : end]
        if end < len(lines) and said:
            named = len(said) > 1 and not said[-2].strip()
            if NUMBER.fullmatch(said[-1]) or (named and said[-1].strip() and " " not in said[-1].strip()):
                said.pop()
        spoken = [plain for line in _spoken(said) if (plain := plain_cue(line))] if rolling else list(_spoken(said))
        new = [line for line in spoken if not rolling or line not in before]
        before = spoken or before
        text = plain_cue("\n".join(new))
        start, last = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        if text:
            yield Cue(start, max(start, last), text)


def _spoken(lines: list[str]) -> Iterator[str]:
    """Leave out the notes and styles of WebVTT: blocks of their own."""
    aside, before = False, "-"
    for line in lines:
        if not before.strip():
            aside = bool(ASIDE.match(line))
        if not aside:
            yield line
        before = line


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (group or "0" for group in groups)
    if "-" in hours + minutes + seconds + fraction:
        return 0.0
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


class _TimedText(HTMLParser):
    """Paragraphs of TTML with their times; a parser of HTML, which no entity makes larger than it is.

    Times within a body, a division or a paragraph that has its own count from the beginning of that.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.cues: list[Cue] = []
        self._around: list[tuple[str, float, tuple[float, float] | None]] = []
        self._open: tuple[float, float] | None = None
        self._words: list[str] = []
        self._rates = {"f": 30.0, "t": 1.0}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element: the root tells rates, those within it their times."""
        name = tag.rpartition(":")[2]
        told = {key.rpartition(":")[2]: value or "" for key, value in attrs}
        if name == "tt":
            for unit, key in (("f", "framerate"), ("t", "tickrate")):
                if told.get(key, "").isdecimal() and 0 < int(told[key]) < 10**9:
                    self._rates[unit] = float(told[key])
        elif name in TIMED_ELEMENTS:
            self._begin(name, told)
        elif name == "br":
            self._words.append("\n")

    def _begin(self, name: str, told: dict[str, str]) -> None:
        if name == "p":
            self.handle_endtag("p")
        base = self._around[-1][1] if self._around else 0.0
        start, length, end = (self._time(told.get(key)) for key in ("begin", "dur", "end"))
        if name == "p" or start is not None:
            self._close()
        self._around.append((name, base + (start or 0.0), self._open))
        if start is not None and name in ("p", "span"):
            last = base + end if end is not None else base + start + (length or 0.0)
            self._open = base + start, last

    def handle_endtag(self, tag: str) -> None:
        """End an element, and what was opened in it and never closed."""
        name = tag.rpartition(":")[2]
        names = [one[0] for one in self._around]
        if name not in names:
            return
        at = len(names) - 1 - names[::-1].index(name)
        before = self._around[at][2]
        del self._around[at:]
        if name == "p" or before != self._open:
            self._close()
            self._open = before

    def handle_data(self, data: str) -> None:
        """Take text between tags."""
        if self._open:
            self._words.append(data)

    def _close(self) -> None:
        text = " ".join("".join(self._words).split())
        if self._open and text:
            start, end = self._open
            self.cues.append(Cue(start, max(start, end), text))
        self._words = []

    def _time(self, told: str | None) -> float | None:
        """Return the seconds of a clock time (``01:40:00.5``, ``01:40:00:12``) or an offset (``6000s``, ``90f``)."""
        if told is None:
            return None
        offset = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)\s*", told)
        if offset:
            units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
            unit = units[offset[2]] if offset[2] in units else 1 / self._rates[offset[2]]
            return float(offset[1]) * unit
        clock = re.fullmatch(r"\s*(\d{1,4}):(\d\d):(\d\d)(?:(\.\d{1,9})|:(\d{1,4}))?\s*", told)
        if clock is None:
            return None
        hours, minutes, seconds = (int(part) for part in clock.groups()[:3])
        return hours * 3600 + minutes * 60 + seconds + float(clock[4] or 0) + int(clock[5] or 0) / self._rates["f"]


def _timed_paragraphs(text: str) -> list[Cue]:
    parser = _TimedText()
    parser.feed(text)
    parser.close()
    return parser.cues
