r"""Character encoding detection: what the text shows or names, then UTF-8, then the best guess.

Bytes are read as: a byte order mark says; ISO-2022, by its escape sequences; UTF-8, which hardly any other text is by
chance; the encoding that the text declares; UTF-8 with a few broken characters; a guess. Binary data is refused.

Text comes out with ``\n`` at line ends and without NULs, lone surrogates and other control characters.

References
----------
Guesses are those of chardet, from byte bigrams of some 50 languages; `sonolux bench encodings` compares them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

from sonolux.errors import MediaError
from sonolux.media.texts.encodings import (
    CONTROLS,
    PADDING,
    declared_encoding,
    has_text_bytes,
    marked_encoding,
    unmarked_encoding,
)

SAMPLE = 65536
"""Bytes that a guess is made from."""

WINDOWS = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("koi8-r", "koi8-u", "cp932", "euc_jis_2004", "shift_jis_2004", "gb18030", "big5hkscs", "cp949"),
)
ISO = tuple(f"iso8859-{part}" for part in (2, 5, 6, 7, 8, 9, 13, 15, 16))
DOS = tuple(f"cp{page}" for page in (437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 869))
MAC = ("mac-roman", "mac-cyrillic", "mac-greek", "mac-turkish", "mac-latin2", "mac-iceland")
ESCAPED = ("iso2022_jp_2", "iso2022_kr", "hz")
FILES = (*WINDOWS, *ISO, *DOS, "johab", *MAC, *ESCAPED)
"""Encodings that people's old files are in; the fewer, the less a short text can be mistaken for."""

BLEMISH = 10
"""Whole characters beyond ASCII that make up for a broken one."""

FEWEST = 8
"""Characters beyond ASCII in lines of UTF-8 from which on the other lines are taken for another encoding."""

NOT_ASCII = re.compile("[^\x00-\x7f]")
LETTER = re.compile(r"[^\W\d_A-Za-z]")
LONG_SEQUENCE = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
"""A character that takes three bytes of UTF-8, as every Chinese, Japanese and Korean one does."""

DOUBLE_BYTE = ("cp932", "gb18030", "big5hkscs", "cp949", "euc_jp")
ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b(?:\$[@B]|\$\([DOQP]|\([JI])"), "iso2022_jp_ext"),
    (re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}"), "hz"),
)
"""How texts of seven bits change their alphabet (ISO 2022; HZ is RFC 1843)."""

OTHER = "\u0370-\u1dff"
ODD = re.compile(
    rf"[A-Za-z][{OTHER}\u2500-\u259f]|[{OTHER}\u2500-\u259f][A-Za-z]"
    rf"|[\u00c0-\u024f]{{4,}}|(?<=[A-Za-z] )[{OTHER}](?= [A-Za-z])|[\x80-\x9f]"
)
"""What no language writes: letters of two alphabets, or a piece of a frame, in one word; four accented letters in a
row; a letter of another alphabet alone among Latin words; controls where the code pages of Windows have letters."""

UNSEEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
BLANKED = bytes.maketrans(CONTROLS, b" " * len(CONTROLS))


def decode_text(data: bytes, *, partial: bool = False) -> str:
    """Decode the bytes of a text.

    Parameters
    ----------
    partial : bool
        Whether this is only the beginning of the text, so that its last character may be cut.

    Raises
    ------
    MediaError
        For binary data, and text in no known encoding.
    """
    marked = marked_encoding(data)
    if marked is not None:
        return clean(_decoded(data, marked, "its byte order mark says", partial=partial))
    unmarked = unmarked_encoding(data)
    if unmarked is not None:
        return clean(_decoded(data, unmarked, "its beginning suggests", partial=partial))
    if not has_text_bytes(data):
        first = next((place for place, byte in enumerate(data) if byte in CONTROLS), 0)
        raise MediaError(f"not text: byte {first} is {data[first]:#04x}, binary data")
    data = data.rstrip(PADDING)
    for encoding in _shown_encodings(data):
        text = _fitting(data, encoding, partial=partial)
        if text is not None:
            return clean(text)
    faulty = _of_surrogates(data) or _blemished(data) or _of_several(data)
    if faulty is not None:
        return clean(faulty)
    guesses = [encoding for encoding, _ in _guesses(data[:SAMPLE], FILES)]
    for encoding in guesses:
        text = _fitting(data, encoding, partial=partial)
        if text is not None:
            return clean(text)
    return clean(_mended(data, guesses))


def decode_legacy(data: bytes) -> str:
    """Decode some words of a time before Unicode, as in tags of music; whatever the bytes, a text comes out.

    UTF-8 where the bytes are; else the likeliest of Windows' code pages and of East Asia's encodings.
    """
    text = _fitting(data, "utf-8", partial=False)
    if text is not None:
        return clean(text)
    for encoding, _ in _guesses(data[:SAMPLE], WINDOWS):
        text = _fitting(data, encoding, partial=False)
        if text is not None:
            return clean(text)
    return clean(data.decode("latin-1"))


def clean(text: str) -> str:
    r"""Return a text with ``\n`` at line ends, and spaces for characters that no text should have."""
    return UNSEEN.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def _shown_encodings(data: bytes) -> Iterator[str]:
    """Yield the encodings that a text itself shows or names, surest first."""
    if data.isascii():
        yield from (encoding for pattern, encoding in ESCAPES if pattern.search(data))
    declared = declared_encoding(data)
    if declared in DOUBLE_BYTE and not LONG_SEQUENCE.search(data):
        yield declared
    yield "utf-8"
    if declared is not None:
        yield declared


def _of_surrogates(data: bytes) -> str | None:
    """Decode UTF-8 whose characters beyond 16 bits are written as two halves (CESU-8); None where that is not it."""
    try:
        return data.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except UnicodeDecodeError:
        return None


def _blemished(data: bytes) -> str | None:
    """Decode UTF-8 with a few broken characters among whole ones; in another encoding, most are broken."""
    text = data.decode("utf-8", "replace")
    return text if 0 < BLEMISH * text.count("\ufffd") <= len(NOT_ASCII.findall(text)) else None


def _of_several(data: bytes) -> str | None:
    """Decode a text most of which is UTF-8, with lines in an older encoding, as joined files and logs are."""
    lines = data.split(b"\n")
    texts = [_fitting(line, "utf-8", partial=False) for line in lines]
    old = [line for line, text in zip(lines, texts, strict=True) if text is None]
    whole = sum(len(NOT_ASCII.findall(text)) for text in texts if text is not None)
    if whole < max(FEWEST, sum(byte > 0x7F for line in old for byte in line)):
        return None
    said = iter(decode_legacy(b"\n".join(old)).split("\n"))
    return "\n".join(next(said, "") if text is None else text for text in texts)


def _guesses(sample: bytes, encodings: Sequence[str]) -> list[tuple[str, float]]:
    """Return the encodings that a sample may be in, with their confidence, likeliest first.

    The confidence is chardet's, times the share of letters beyond ASCII that are not at odds with their neighbours.
    """
    from chardet import detect_all

    # A character that is cut in two would rule its encoding out: no encoding has line ends within characters.
    whole = sample if len(sample) < SAMPLE else sample[: sample.rfind(b"\n") + 1] or sample
    whole = whole.translate(BLANKED)
    found = detect_all(whole, ignore_threshold=True, include_encodings=encodings, compat_names=False)
    guesses = []
    for guess in found:
        if guess["encoding"] is not None:
            text = whole.decode(guess["encoding"], "ignore")
            odd = sum(len(LETTER.findall(match)) or 1 for match in ODD.findall(text))
            share = min(1.0, odd / max(1, len(LETTER.findall(text))))
            guesses.append((guess["encoding"], guess["confidence"] * (1 - share)))
    return sorted(guesses, key=lambda guess: -guess[1])


def _mended(data: bytes, guesses: Sequence[str]) -> str:
    """Decode a text that is broken somewhere in every encoding that its beginning suggests."""
    for encoding in guesses:
        text = data.decode(encoding, "replace")
        if BLEMISH * text.count("\ufffd") <= len(NOT_ASCII.findall(text)):
            return text
    raise MediaError("not text in any known encoding: save it as UTF-8")


def _decoded(data: bytes, encoding: str, reason: str, *, partial: bool) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, not partial)
    except UnicodeDecodeError as error:
        raise MediaError(
            f"not text in {encoding}, which {reason}: byte {error.start} does not fit; save it as UTF-8"
        ) from error


def _fitting(data: bytes, encoding: str, *, partial: bool) -> str | None:
    """Decode, or return None where the bytes do not fit or there is no such encoding of text."""
    try:
        # Codecs between bytes, such as hex, are refused here and nowhere else.
        b"".decode(encoding)
        return codecs.getincrementaldecoder(encoding)().decode(data, not partial)
    except (LookupError, UnicodeError, ValueError):
        return None
