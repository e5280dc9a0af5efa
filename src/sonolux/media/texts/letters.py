"""E-mail and RTF extraction: the text of a message or of a rich text file, and what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from sonolux.errors import MediaError
from sonolux.media.errors import decoding
from sonolux.media.texts.markup import parse_page
from sonolux.media.texts.text_decoding import clean, decode_legacy, decode_text

MOST_PARTS = 1000
DEEPEST = 10
"""Parts of a message that are looked at, and within each other."""

RTF_MAC = re.compile(rb"\{\\rtf1?\s*\\mac\b")
RTF_INFO = re.compile(r"\{\\(title|author|subject|keywords)[ \r\n]((?:[^{}\\]|\\'[0-9a-f]{2}|\\u-?\d+\??)*)\}", re.I)
RTF_DATE = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d\d?)\\dy(\d\d?)")
RTF_HIDDEN = re.compile(rb"\{\\(?:v|deleted)(?![a-z0-9])[^{}]*\}")
RTF_FOOTNOTE = re.compile(rb"\{\\footnote\b")
RTF_NAMES = {"title": "title", "author": "artist", "keywords": "keywords"}


def email_text(data: bytes) -> str:
    """Return the subject and all that a message shows, plain where it has both forms, and the names of attachments.

    A message that is sent on within it is shown too.
    """
    with decoding("message"):
        message = _parsed(data)
        names = [name for part in islice(message.walk(), MOST_PARTS) if (name := part.get_filename())]
        said = (_field(message, "subject"), *_shown(message, DEEPEST), *names)
        return clean("\n\n".join(part for part in said if part))


def _shown(part: Any, left: int) -> Iterator[str]:
    """Yield the texts of a message or a part of one; of several forms of the same the plain one, or the HTML."""
    form = part.get_content_type()
    if not part.is_multipart():
        if form in ("text/plain", "text/html") and not part.is_attachment():
            yield _said(part)
    elif form in ("multipart/alternative", "multipart/related"):
        body = part.get_body(("plain", "html"))
        if body is not None:
            yield _said(body)
    elif left:
        for inner in part.get_payload()[:MOST_PARTS]:
            if form == "message/rfc822":
                yield _field(inner, "subject")
            yield from _shown(inner, left - 1)


def email_metadata(data: bytes) -> dict[str, Any]:
    """Return subject, sender and date, as found: `sonolux.media.metadata.cleaned` makes it safe."""
    with decoding("message"):
        message = _parsed(data)
        return {"title": _field(message, "subject"), "artist": _field(message, "from"), "date": _sent(message)}


def rtf_text(data: bytes) -> str:
    """Return the text of a rich text file; what is hidden is left out, and what striprtf leaves out (headers)."""
    from striprtf.striprtf import rtf_to_text

    with decoding("RTF"):
        encoding = "mac_roman" if RTF_MAC.match(data) else "cp1252"
        shown = RTF_FOOTNOTE.sub(rb"{\\par", RTF_HIDDEN.sub(b"", data))
        text = rtf_to_text(shown.decode("latin-1"), encoding=encoding, errors="replace")
        # Characters beyond 16 bits are written as two halves.
        return clean(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def rtf_metadata(data: bytes) -> dict[str, Any]:
    """Return what a rich text file says of itself, as found: `sonolux.media.metadata.cleaned` makes it safe."""
    from striprtf.striprtf import rtf_to_text

    head = data[:65536].decode("latin-1")
    page = re.search(r"\\ansicpg(\d+)", head)
    start = f"{{\\rtf1\\ansi\\ansicpg{page[1] if page else 1252} "
    with decoding("RTF"):
        found: dict[str, Any] = {}
        for name, value in RTF_INFO.findall(head):
            if name.lower() in RTF_NAMES:
                found[RTF_NAMES[name.lower()]] = rtf_to_text(f"{start}{value}}}", errors="replace")
    made = RTF_DATE.search(head)
    if made is not None:
        found["date"] = f"{made[1]}-{int(made[2]):02d}-{int(made[3]):02d}"
    return found


def _parsed(data: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(data)
    if not isinstance(message, EmailMessage):
        raise MediaError("is no e-mail")
    return message


def _field(message: EmailMessage, name: str) -> str:
    """Return a header field as people read it; old programs left out how it is encoded."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name), "")
    if any("\udc80" <= character <= "\udcff" for character in raw):
        return " ".join(decode_legacy(raw.encode("utf-8", "surrogateescape")).split())
    return " ".join(str(message.get(name, "")).split())


def _sent(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(str(message["date"])).isoformat(timespec="seconds")
    except (TypeError, ValueError):
        return None


def _said(body: Any) -> str:
    data = body.get_payload(decode=True) or b""
    try:
        text = data.decode(body.get_content_charset() or "ascii")
    except (LookupError, UnicodeError):
        text = decode_text(data)
    return parse_page(text).text if body.get_content_type() == "text/html" else text


LETTERS = {"eml": email_text, "rtf": rtf_text}
"""What gives the text of each form from its bytes."""
