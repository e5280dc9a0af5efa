r"""Character encoding detection: byte order mark, UTF-8, declared encoding, then the best guess.

Binary data is refused.

Text comes out with ``\n`` at line ends and without NULs, lone surrogates and other control characters.
"""

from __future__ import annotations

import codecs
import re

from sonolux.errors import MediaError
from sonolux.media.signatures import BINARY, marked_encoding

SAMPLE = 65536
"""Bytes that a guess is made from."""

CANDIDATES = (
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""Encodings that people's old files are in; a short text fits so many others that a free guess is mostly wrong."""

WESTERN = "cp1252"
CLOSE = 0.1
"""Difference in coherence that a few words of a language cannot decide."""

BLEMISH = 10
"""Whole characters beyond ASCII that make up for a broken one."""

NOT_ASCII = re.compile("[^\x00-\x7f]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")


def decode_text(data: bytes, declared: str | None = None, *, partial: bool = False) -> str:
    """Decode the bytes of a text.

    Parameters
    ----------
    declared : str, optional
        Encoding that the text itself names, as HTML does; tried before any guess.
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
    binary = BINARY.search(data)
    if binary is not None:
        raise MediaError(f"not text: byte {binary.start()} is {data[binary.start()]:#04x}, binary data")
    for encoding in ("utf-8", declared):
        text = None if encoding is None else _fitting(data, encoding, partial=partial)
        if text is not None:
            return clean(text)
    blemished = data.decode("utf-8", "replace")
    # A few broken characters among whole ones are still UTF-8; in another encoding, most are broken.
    if 0 < BLEMISH * blemished.count("\ufffd") <= len(NOT_ASCII.findall(blemished)):
        return clean(blemished)
    guess = guessed_encoding(data[:SAMPLE])
    return clean(_decoded(data, guess, "its beginning suggests", partial=partial))


def guessed_encoding(sample: bytes) -> str:
    """Return the encoding that a sample is most likely in; raise `MediaError` where none fits."""
    from charset_normalizer import from_bytes

    # A character that is cut in two would rule its encoding out: no encoding has line ends within characters.
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    matches = from_bytes(whole, cp_isolation=list(CANDIDATES))
    best = matches.best()
    if best is None:
        raise MediaError("not text in any known encoding: save it as UTF-8")
    for match in matches:
        likely = match.chaos <= best.chaos and match.coherence >= best.coherence - CLOSE
        if match.encoding == WESTERN and likely:
            return WESTERN
    return best.encoding


def clean(text: str) -> str:
    r"""Return a text with ``\n`` at line ends, and spaces for characters that no text should have."""
    return CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


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
