"""Tag fields: the texts, pictures and timed lyrics that the tags of one file hold, whatever kind of tag they are.

A text whose encoding a tag does not know, or names wrongly, is kept as bytes until all of a tag is read: the more
words, the better the guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sonolux.media.texts.cues import Cue
from sonolux.media.texts.text_decoding import decode_legacy

MOST_TEXTS = 1000
"""Texts that are taken from one file."""

DECLARED = "cp1252"
COMMON = ("cp1250", "cp1254")
"""Latin pages that many old tags are in."""

FEW = 3
"""Letters that speak for a rare page."""

WORD = re.compile(r"[^\W\d_]+")
LATIN_ENDS, ALPHABETS_END = "\u0250", "\u1e00"
FRONT = 3
"""What ID3, FLAC and their kin call a picture of the front cover."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a tag, as the file that it is; ``kind`` as ID3 numbers them."""

    kind: int
    data: bytes


@dataclass(slots=True)
class Fields:
    """What tags hold.

    Attributes
    ----------
    texts : dict
        Under the keys of `sonolux.media.segment.Probe`, and ``comment``, ``lyrics``, ``album_artist``, ``more``
        (whatever else has words) and ``artists`` (one name each, beside ``artist``, which may join them).
    pictures : list of Picture
    cues : list of Cue
        Lyrics and the like that have times.
    slashes : bool
        Whether a slash may stand between values, as in ID3 before 2.4.
    """

    texts: dict[str, list[str | bytes]] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    slashes: bool = False

    def add(self, key: str, *values: str | bytes) -> None:
        """Add texts that are not empty."""
        held = self.texts.setdefault(key, [])
        held += [value for value in values if value.strip()][: max(0, MOST_TEXTS - len(held))]
        if not held:
            del self.texts[key]

    @property
    def guessing(self) -> bool:
        """Whether a text is in an encoding that its tag does not tell."""
        texts = (value for values in self.texts.values() for value in values if isinstance(value, bytes))
        return any(not value.isascii() for value in texts)

    def decoded(self) -> dict[str, list[str]]:
        """Return all texts, those of unknown encoding guessed together."""
        unknown = [value for values in self.texts.values() for value in values if isinstance(value, bytes)]
        known = dict(zip(unknown, guessed(unknown), strict=True))
        return {
            key: [known[value] if isinstance(value, bytes) else value for value in values]
            for key, values in self.texts.items()
        }


def guessed(texts: list[bytes]) -> list[str]:
    """Decode texts of one tag: UTF-8 one by one, the others all at once."""
    found: dict[bytes, str] = {}
    others: list[bytes] = []
    for text in dict.fromkeys(texts):
        utf8 = as_utf8(text)
        if utf8 is None:
            others.append(text)
        else:
            found[text] = utf8
    lines = [text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") for text in others]
    whole = b"\n".join(lines)
    said = iter(_unless_declared(whole, decode_legacy(whole)).split("\n"))
    for text, line in zip(others, lines, strict=True):
        found[text] = "\n".join(next(said, "") for _ in range(line.count(b"\n") + 1))
    return [found[text] for text in texts]


def _unless_declared(data: bytes, guess: str) -> str:
    """Return a guess, or Windows' Latin-1, which the tag declares, where little speaks for anything else.

    Little is one or two letters of a Latin alphabet that is neither Central European nor Turkish, or letters of another
    alphabet that stand alone or within Latin words.
    """
    try:
        declared = data.decode(DECLARED)
    except UnicodeDecodeError:
        return guess
    others = [word for word in WORD.findall(guess) if any(LATIN_ENDS < letter < ALPHABETS_END for letter in word)]
    if others and all(len(word) == 1 or any(map(str.isascii, word)) for word in others):
        return declared
    differing = [letter for letter, other in zip(guess, declared, strict=False) if letter != other]
    rare = guess not in (data.decode(page, "replace") for page in COMMON)
    if rare and len(differing) < FEW and all(letter < LATIN_ENDS for letter in differing):
        return declared
    return guess


def as_utf8(text: bytes) -> str | None:
    """Decode UTF-8 whose last character may be cut, None for bytes that are none."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and error.start > 0 and not text[: error.start].isascii()
        return text[: error.start].decode() if cut else None
