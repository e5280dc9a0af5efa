"""Tag fields: the texts, pictures and timed lyrics that the tags of one file hold, whatever kind of tag they are.

A text whose encoding a tag does not know, or names wrongly, is kept as bytes until all of a tag is read: the more
words, the better the guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sonolux.media.cues import Cue
from sonolux.media.text_decoding import decode_legacy

MOST_TEXTS = 1000
"""Texts that are taken from one file."""

MOST_PICTURES = 50
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
    said = iter(decode_legacy(b"\n".join(lines)).split("\n"))
    for text, line in zip(others, lines, strict=True):
        found[text] = "\n".join(next(said, "") for _ in range(line.count(b"\n") + 1))
    return [found[text] for text in texts]


def as_utf8(text: bytes) -> str | None:
    """Decode UTF-8 whose last character may be cut, None for bytes that are none."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and error.start > 0 and not text[: error.start].isascii()
        return text[: error.start].decode() if cut else None
