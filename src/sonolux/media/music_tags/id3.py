"""ID3 tags: the meaning of their frames, and the 128 bytes at the end of a file that were the first of them.

Texts that are called Latin-1 are in whatever code page their writer's machine had: they are kept as bytes, to be
decoded with the rest of the tag. UTF-16 is read with its mark, without one, and with odd bytes behind it.

References
----------
M. Nilsson, "ID3 tag version 2.4.0 - Native Frames", 2000. E. Kemp, "ID3v1", 1996.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sonolux.media.music_tags.fields import Fields, Picture, guessed
from sonolux.media.music_tags.id3_frames import Frame, synchronised
from sonolux.media.texts.cues import Cue, plain_cue

Text = str | bytes

TEXTS = {
    "TIT2": "title", "TT2": "title", "TPE1": "artist", "TP1": "artist", "TPE2": "album_artist", "TP2": "album_artist",
    "TALB": "album", "TAL": "album", "TCON": "genre", "TCO": "genre", "TCOM": "composer", "TCM": "composer",
    "TDRC": "date", "TYER": "date", "TYE": "date", "TDRL": "released", "TDOR": "released", "TORY": "released",
    "TOR": "released", "TLAN": "language", "TLA": "language", "TKWD": "keywords", "TDES": "description",
    "TIT1": "more", "TT1": "more", "TIT3": "more", "TT3": "more", "TPE3": "more", "TP3": "more", "TPE4": "more",
    "TP4": "more", "TEXT": "more", "TXT": "more", "TMOO": "more", "TSST": "more", "TIPL": "more", "TMCL": "more",
    "IPLS": "more", "IPL": "more", "TOPE": "more", "TOA": "more", "TOAL": "more", "TOT": "more", "TPUB": "more",
    "TPB": "more", "GRP1": "more", "GP1": "more", "MVNM": "more",
}  # fmt: skip
"""Frames of text, to their keys; "released" counts where no date is."""

OWN_TEXTS = {
    "artists": "artists", "album artist": "album_artist", "albumartist": "album_artist", "albumartists": "album_artist",
    "composer": "composer", "composers": "composer", "genre": "genre", "keywords": "keywords", "tags": "keywords",
    "description": "description", "comment": "comment", "lyrics": "lyrics", "unsyncedlyrics": "lyrics",
    "syncedlyrics": "lyrics", "lyricist": "more", "mood": "more", "subtitle": "more", "conductor": "more",
    "work": "more",
}  # fmt: skip
"""Names that writers give to texts of their own (TXXX), to their keys."""

NUMBERS_IN_COMMENTS = re.compile(r"iTun|iTunes_|ID3v1 Comment|Songs-DB_|MusicMatch_", re.IGNORECASE)
"""Names of comments that programs leave for themselves."""

SIMPLE_MARKS = (b"\xff\xfe", b"\xfe\xff")
MOST_PIECES = 20_000
"""Lines or syllables that have times."""

DAY = re.compile(r"(\d\d)(\d\d)")
"""Day and month of TDAT, beside the year of TYER."""

LOST = re.compile(r"[?\s]{3,}")
"""What is left of a text that was forced into an encoding that lacks its letters."""


def add_frames(fields: Fields, frames: Iterable[Frame]) -> None:
    """Add what the frames of a tag say to the fields of a file."""
    day = None
    for frame in frames:
        name, data = frame.name, frame.data
        fields.slashes |= frame.version < 4
        if name in TEXTS:
            _add_text(fields, TEXTS[name], data)
        elif name in READERS:
            READERS[name](fields, data)
        elif name in ("TDAT", "TDA"):
            day = DAY.fullmatch(_plain_text(data[1:], data[0]).strip("\0 "))
    years = fields.texts.get("date", [])
    if day and len(years) == 1 and len(year := _shown(years[0]).strip()) == 4:
        fields.texts["date"] = [f"{year}-{day[2]}-{day[1]}"]


def add_id3v1(fields: Fields, data: bytes) -> None:
    """Add what the 128 bytes of an ID3v1 tag say of which no other tag of the file says anything."""
    places = {"title": (3, 33), "artist": (33, 63), "album": (63, 93), "date": (93, 97), "comment": (97, 127)}
    for key, (start, end) in places.items():
        text = data[start:end]
        if key == "comment" and text[-2] == 0:
            text = text[:-2]
        text = text.partition(b"\0")[0].strip()
        if key not in fields.texts and text:
            fields.add(key, _uncut(text) if len(text) == end - start else text)
    if "genre" not in fields.texts and data[127] < 192:
        fields.add("genre", str(data[127]))


def _uncut(text: bytes) -> bytes:
    """Leave out the half of a character of two bytes that did not fit."""
    beyond = len(text) - len(text.rstrip(bytes(range(0x80, 0x100))))
    return text[:-1] if beyond % 2 and beyond < len(text) else text


def _texts(data: bytes, encoding: int) -> list[Text]:
    """Return the texts that zeros separate; those that are called Latin-1 as bytes."""
    if encoding in (1, 2) or (encoding == 0 and data.startswith(SIMPLE_MARKS)):
        if data.startswith(b"\xff\x00\xfe"):
            data = synchronised(data)
        if data.startswith(SIMPLE_MARKS) or b"\0" in data or not data.isascii():
            return [*_utf16(data, big=encoding == 2)]
    if encoding == 3:
        return [_utf8(part) for part in data.split(b"\0")]
    return [*(part.strip() for part in data.split(b"\0"))]


def _utf8(data: bytes) -> Text:
    try:
        return data.decode().lstrip("\ufeff")
    except UnicodeDecodeError:
        return data


def _utf16(data: bytes, *, big: bool) -> list[str]:
    """Decode UTF-16, by its mark, or by where its zeros are; each text may have a mark of its own."""
    marked = data.startswith(SIMPLE_MARKS)
    if marked:
        big = data.startswith(b"\xfe\xff")
    else:
        upper, lower = data[0::2].count(0), data[1::2].count(0)
        big = big if upper == lower else upper > lower
    text = data[: len(data) // 2 * 2].decode("utf-16-be" if big else "utf-16-le", "replace")
    found = []
    for part in text.split("\0"):
        swapped = part.startswith("\ufffe")
        own = part.encode("utf-16-be", "surrogatepass").decode("utf-16-le", "replace") if swapped else part
        found.append(own.lstrip("\ufeff").replace("\ufffd", " "))
    return found


def _split(data: bytes, encoding: int) -> tuple[bytes, bytes]:
    """Split a description from what it describes, at the zeros between them."""
    if encoding not in (1, 2):
        first, found, rest = data.partition(b"\0")
        return (first, rest) if found else (b"", data)
    for at in range(0, len(data) - 1, 2):
        if data[at : at + 2] == b"\0\0":
            return data[:at], data[at + 2 :]
    return b"", data


def _plain_text(data: bytes, encoding: int) -> str:
    """Return a description, in whose encoding little lies."""
    texts = _texts(data, encoding)
    return _shown(texts[0]) if texts else ""


def _shown(text: Text) -> str:
    return text.decode("latin-1") if isinstance(text, bytes) else text


def _add_text(fields: Fields, key: str, data: bytes) -> None:
    encoding, said = (data[0], data[1:]) if data[0] <= 3 else (0, data)
    fields.add(key, *(text for text in _texts(said, encoding) if not LOST.fullmatch(_shown(text))))


def _add_own_text(fields: Fields, data: bytes) -> None:
    name, said = _split(data[1:], data[0])
    described = _plain_text(name, data[0]).strip().lower()
    if described in OWN_TEXTS:
        _add_text(fields, OWN_TEXTS[described], data[:1] + said)
    elif described in ("rating", "fmps_rating"):
        fields.add("rating" if described == "rating" else "share", _plain_text(said, data[0]))


def _add_comment(fields: Fields, data: bytes) -> None:
    _add_described(fields, "comment", data)


def _add_lyrics(fields: Fields, data: bytes) -> None:
    _add_described(fields, "lyrics", data)


def _add_described(fields: Fields, key: str, data: bytes) -> None:
    """Add a text behind a language and a description."""
    name, said = _split(data[4:], data[0])
    if said and not NUMBERS_IN_COMMENTS.match(_plain_text(name, data[0])):
        _add_text(fields, key, data[:1] + said)


def _add_timed(fields: Fields, data: bytes) -> None:
    """Add lyrics whose lines or syllables have times (SYLT), in milliseconds."""
    encoding, unit = data[0], data[4:5]
    _, rest = _split(data[6:], encoding)
    if unit != b"\x02":
        return
    times: list[float] = []
    said: list[bytes] = []
    while len(rest) > 4 and len(said) < MOST_PIECES:
        text, behind = _split(rest, encoding)
        if len(behind) < 4 or behind is rest:
            break
        said.append(text)
        times.append(int.from_bytes(behind[:4], "big") / 1000)
        rest = behind[4:]
    texts = guessed(said) if encoding == 0 else [_plain_text(text, encoding) if text else "" for text in said]
    fields.cues += _lines(list(zip(times, texts, strict=True)))


def _lines(pieces: list[tuple[float, str]]) -> list[Cue]:
    """Join syllables to lines: a line break begins one, or every piece is one."""
    broken = any("\n" in text or "\r" in text for _, text in pieces)
    lines: list[tuple[float, str]] = []
    for time, text in pieces:
        if lines and broken and not text.startswith(("\n", "\r")) and not lines[-1][1].endswith(("\n", "\r")):
            lines[-1] = (lines[-1][0], lines[-1][1] + text)
        else:
            lines.append((time, text))
    ends = [*(time for time, _ in lines[1:]), lines[-1][0] + 4.0] if lines else []
    cues = (Cue(start, max(start, end), plain_cue(text)) for (start, text), end in zip(lines, ends, strict=True))
    return [cue for cue in cues if cue.text]


def _add_picture(fields: Fields, data: bytes) -> None:
    _, rest = _split(data[1:], 0)
    _add_described_picture(fields, data[0], rest)


def _add_old_picture(fields: Fields, data: bytes) -> None:
    _add_described_picture(fields, data[0], data[4:])


def _add_described_picture(fields: Fields, encoding: int, rest: bytes) -> None:
    _, image = _split(rest[1:], encoding)
    # A description of one byte a letter behind a mark of two is common, and then a zero is left in front.
    if rest and image:
        fields.pictures.append(Picture(rest[0], image.lstrip(b"\0")))


def _add_rating(fields: Fields, data: bytes) -> None:
    """Add stars, of which there are 256 (POPM), where five of them count."""
    stars = data.partition(b"\0")[2][:1]
    if stars and stars[0]:
        fields.add("rating", str(1 + (stars[0] + 32) // 64))


READERS: dict[str, Callable[[Fields, bytes], None]] = {
    "TXXX": _add_own_text,
    "TXX": _add_own_text,
    "COMM": _add_comment,
    "COM": _add_comment,
    "USLT": _add_lyrics,
    "ULT": _add_lyrics,
    "SYLT": _add_timed,
    "SLT": _add_timed,
    "APIC": _add_picture,
    "PIC": _add_old_picture,
    "POPM": _add_rating,
    "POP": _add_rating,
}
