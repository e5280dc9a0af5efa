"""Wording of items and hits: how likely chance is, where in the file, what it says.

Times are seconds, positions in a text without times are characters, pages are counted from 1, places in an image are
percent of its width and height.
"""

from __future__ import annotations

import math
import re

from sonolux.types import Hit, Reason, Region, Span

SNIPPET = 160
"""Characters of a passage that are shown."""

UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Places where a word may be broken, or may not, and the mark of byte order: words are shown whole."""

BROKEN = re.compile(r"(?<=[^\W\d_])-[ \t]*\r?\n[ \t]*(?=[^\W\d_])")
"""The hyphen of a word that is broken at the end of a line."""

JOINERS = "\u200c\u200d"
"""Invisible, but part of many scripts and of most emoji."""

HOUR = 3600


def chance_in_words(chance: float) -> str:
    """Say how many items taken at random score as high.

    Examples
    --------
    >>> chance_in_words(0.00025)
    '1 in 4,000'
    >>> chance_in_words(0.31)
    '3 in 10'
    """
    if chance > 0.95:
        return "any item"
    if chance > 0.1:
        return f"{round(10 * chance)} in 10"
    if chance < 1e-6:
        return "< 1 in a million"
    return f"1 in {_two_digits(1 / chance):,}"


def reason_in_words(reason: Reason, example: str = "") -> str:
    """Say in a line why a hit was found.

    Parameters
    ----------
    reason : Reason
    example : str
        What the example that it resembles is called.

    Examples
    --------
    >>> reason_in_words(Reason("bm25", "text", 0, 1, 0.00025, "", words=("cat", "moth"), label="a cat"))
    'bm25: rank 1, chance 1 in 4,000: holds cat, moth: said to be "a cat"'
    """
    said = [f"{reason.space}: rank {reason.rank:,}, chance {chance_in_words(reason.chance)}"]
    if reason.words:
        said.append(f"holds {', '.join(reason.words)}")
    if reason.label:
        said.append(f'said to be "{reason.label}"')
    if example:
        said.append(f"resembles {example}")
    if place := place_in_words(reason.span, reason.region):
        said.append(place)
    return ": ".join(said)


def span_in_words(span: Span) -> str:
    """Say where in a file a span is: whole seconds that contain it, characters, or the page.

    Examples
    --------
    >>> span_in_words(Span(72.4, 81.9))
    '1:12-1:22'
    >>> span_in_words(Span(1200, 2150, "characters"))
    'characters 1200-2150'
    >>> span_in_words(Span(2, 3, "pages"))
    'page 3'
    >>> span_in_words(Span(2.6, 3, "pages"))
    'page 3'
    """
    if span.unit == "pages":
        return f"page {math.floor(span.start) + 1}"
    if span.unit == "characters":
        return f"characters {span.start:.0f}-{span.end:.0f}"
    # Containers round times: 10.0000001 s is not in the eleventh second.
    return f"{clock(math.floor(round(span.start, 1)), 0)}-{clock(math.ceil(round(span.end, 1)), 0)}"


def region_in_words(region: Region) -> str:
    """Say where in an image a region is, in percent of its width and height from the upper left.

    Examples
    --------
    >>> region_in_words(Region(0.25, 0.5, 0.4, 1))
    'x 25-40%, y 50-100%'
    """
    x0, y0, x1, y1 = (round(100 * edge) for edge in region.box)
    return f"x {x0}-{x1}%, y {y0}-{y1}%"


def place_in_words(span: Span | None, region: Region | None) -> str:
    """Say where in a file an item is: its span, its region, both, or nothing for a whole file."""
    span_words = span_in_words(span) if span else ""
    return ", ".join(filter(None, (span_words, region_in_words(region) if region else "")))


def clock(seconds: float, decimals: int = 2) -> str:
    """Return a time as ``m:ss``, or ``h:mm:ss`` from an hour on, with so many decimals of a second.

    Examples
    --------
    >>> clock(3661.456), clock(72, 0)
    ('1:01:01.46', '1:12')
    """
    # Rounded before it is split: 59.999 s are 1:00.00, not 0:60.00.
    whole, _, fraction = f"{max(seconds, 0.0):.{decimals}f}".partition(".")
    minutes, rest = divmod(int(whole), 60)
    told = f"{minutes}:{rest:02d}" if int(whole) < HOUR else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    return f"{told}.{fraction}" if fraction else told


def score_in_words(score: float) -> str:
    """Return a score with three digits that count."""
    return f"{score:#.3g}"


def snippet(text: str, length: int = SNIPPET) -> str:
    """Return the beginning of a text as one line, cut between words where it can be."""
    seen = BROKEN.sub("-", text.translate(UNSEEN))
    line = " ".join("".join(c if c.isprintable() or c in JOINERS else " " for c in seen).split())
    if len(line) <= length:
        return line
    head = line[: length - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[length // 2 :] else head) + "…"


def describe_hit(hit: Hit) -> str:
    """Return what a hit says of itself in one line: its title, the passage found, or both where they differ."""
    title, text = snippet(hit.title), snippet(hit.text)
    if not title or text.lstrip("# ").startswith(title):
        return text or title
    return f"{title}: {text}" if text else title


def _two_digits(number: float) -> int:
    """Round to two digits that count."""
    return int(float(f"{number:.1e}"))
