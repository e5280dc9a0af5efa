"""Character encodings that a text shows or names: byte order marks, UTF-16 without one, and declarations.

What nothing shows is guessed, in `sonolux.media.texts.text_decoding`.
"""

from __future__ import annotations

import codecs
import re

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Marks and their encodings, longest first where one begins another."""

CONTROLS = bytes([*range(0x00, 0x09), *range(0x0E, 0x1B), 0x1C, 0x1D, 0x1E, 0x1F, 0x7F])
"""Bytes that hardly any text has, in any encoding that extends ASCII; escape is how ISO-2022 changes its alphabet."""

PADDING = b"\x00\x1a"
"""What may follow a text: NULs, and the end of file of CP/M and DOS, ^Z."""

SELDOM = 1000
"""Bytes of a text for each control character beyond the first: a stray one does not make it binary."""

KOREAN = b"\x1b$)C"
"""Announces ISO-2022-KR, which changes its alphabet with the control characters 14 and 15."""

NOT_ASCII = re.compile(rb"[\x80-\xff]")

UNMARKED_SAMPLE = 4096
UNMARKED = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

COMMON = r"\s\x20-\x7e\u00a0-\u00bf\u2000-\u206f\ufeff"
SCRIPTS = tuple(
    re.compile(f"[{COMMON}{letters}]")
    for letters in (
        *(
            "\u00c0-\u017f\u0300-\u036f\u1e00-\u1eff",
            "\u0370-\u03ff",
            "\u0400-\u052f",
            "\u0590-\u05ff",
            "\u0600-\u06ff",
        ),
        *("\u0900-\u0dff", "\u0e00-\u0eff", "\u10a0-\u10ff", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3\u3000-\u303f"),
        "\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef",
    )
)
"""What texts of a script are written in: its own letters, and what all share."""

ONE_SCRIPT = 0.95
"""Characters of a text that are of its script, at least."""

FEWEST = 5
FEWEST_DISTINCT = 4
"""Characters, and different ones, that must be there to tell UTF-16 that is not mostly ASCII from binary data."""

DECLARED = (
    re.compile(rb"^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})"),
    re.compile(rb"^\s*@charset\s+[\"']([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE),
    re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE),
    re.compile(rb"^(?:[^\n]{0,200}\n)?[^\n]{0,200}-\*-[^\n]{0,200}coding:\s*([A-Za-z0-9_.:-]{1,40})"),
    re.compile(rb"\b(?:vim?|ex):[^\n]{0,200}\b(?:fileencoding|fenc)=([A-Za-z0-9_.:-]{1,40})"),
)
"""XML, CSS, HTML, Emacs (in the first two lines) and Vim."""

MEANT = {
    **dict.fromkeys(("ascii", "us-ascii", "latin1", "latin-1", "iso8859-1", "iso-8859-1", "ansi"), "cp1252"),
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936", "chinese"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc-kr", "euc_kr", "ks_c_5601-1987", "ksc5601", "windows-949", "x-windows-949"), "cp949"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "windows-874"), "cp874"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical"), "iso8859-8"),
    **dict.fromkeys(("big5", "big5-eten", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-2022-jp", "csiso2022jp"), "iso2022_jp_ext"),
    **dict.fromkeys(("x-mac-cyrillic", "x-mac-ukrainian"), "mac_cyrillic"),
    **dict.fromkeys(("macintosh", "x-mac-roman"), "mac_roman"),
    "x-euc-jp": "euc_jp",
    "koi8-ru": "koi8-u",
}
"""Names that programs write, to the encoding that they mean by them: supersets, as WHATWG's standard has them."""


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark announces, None where there is none."""
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def has_text_bytes(data: bytes) -> bool:
    """Tell whether bytes could be a text in an encoding that extends ASCII: hardly any control characters.

    A short text with one of them must look like a text otherwise: UTF-8, or mostly ASCII.
    """
    text = data.rstrip(PADDING)
    if KOREAN in text[:4096]:
        text = text.translate(None, b"\x0e\x0f")
    controls = _control_count(text)
    if not controls:
        return bool(text) or not data
    looks_like_text = len(text) >= SELDOM or len(NOT_ASCII.findall(text)) < len(text) / 3 or _is_utf8(text)
    return controls <= 1 + len(text) // SELDOM and looks_like_text


def unmarked_encoding(data: bytes) -> str | None:
    """Return in which byte order of UTF-16 or UTF-32 a text without a mark is, None for anything else.

    Binary data hardly ever reads as characters of one script. In the right order, the high bytes vary less than the
    low ones: a script has few of the former.
    """
    sample = data[:UNMARKED_SAMPLE]
    zeros = [sample[place::2].count(0) for place in (0, 1)]
    mostly_ascii = 4 * max(zeros) > len(sample)
    controls = _control_count(sample.rstrip(PADDING))
    if not mostly_ascii and (not controls or (_is_utf8(sample) and has_text_bytes(sample))):
        return None
    fewest = (1, 1) if mostly_ascii else (FEWEST, FEWEST_DISTINCT)
    fitting = [name for name in UNMARKED if _is_one_script(sample, name, fewest)]
    if len(fitting) > 1:
        return fitting[len(set(sample[::2])) < len(set(sample[1::2]))]
    return fitting[0] if fitting else None


def declared_encoding(head: bytes) -> str | None:
    """Return the encoding that a text names in its first kilobytes, None where it names none."""
    for pattern in DECLARED:
        match = pattern.search(head[:4096])
        if match is not None:
            name = match[1].decode("ascii").lower()
            return MEANT.get(name, name)
    return None


def _control_count(data: bytes) -> int:
    return len(data) - len(data.translate(None, CONTROLS))


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _is_one_script(sample: bytes, encoding: str, fewest: tuple[int, int]) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample, len(sample) < UNMARKED_SAMPLE)
    except UnicodeDecodeError:
        return False
    enough = len(text) >= fewest[0] and len(set(text)) >= fewest[1]
    return enough and any(len(script.findall(text)) >= ONE_SCRIPT * len(text) for script in SCRIPTS)
