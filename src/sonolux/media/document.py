"""PDF text extraction, through pypdf: page by page, and metadata. A PDF of scanned pages has no text."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sonolux.errors import MediaError
from sonolux.media.errors import decoding
from sonolux.media.safe_open import open_file
from sonolux.media.text_decoding import clean

if TYPE_CHECKING:
    from pypdf import PdfReader


DATE = re.compile(r"(?:D:)?(\d{8})(?:(\d\d)(\d\d)(\d\d)?([+-]\d\d'?\d\d|Z)?)?")


@contextmanager
def open_pdf(path: str) -> Iterator[PdfReader]:
    """Open a PDF that needs no password, and translate every error met until it is closed."""
    from pypdf import PdfReader

    # pypdf reports every deviation from the standard; what matters is raised.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with open_file(path) as file, decoding("PDF"):
        reader = PdfReader(file, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise MediaError("is a PDF under a password: save a copy without it")
        yield reader


def pdf_pages(path: str) -> Iterator[str]:
    """Yield the text of each page, cleaned; empty for a page without any."""
    with open_pdf(path) as reader:
        for page in reader.pages:
            yield clean(page.extract_text())


def pdf_metadata(path: str) -> dict[str, Any]:
    """Return what a PDF says of itself, as found: `sonolux.media.metadata.cleaned` makes it safe."""
    with open_pdf(path) as reader:
        found = reader.metadata
        if found is None:
            return {}
        return {"title": found.title, "artist": found.author, "date": _date(found.creation_date_raw)}


def _date(raw: object) -> str | None:
    """Rewrite a PDF date, ``D:20190704123000+02'00'`` (ISO 32000-1, 7.9.4), as ISO 8601."""
    match = DATE.match(raw) if isinstance(raw, str) else None
    if match is None:
        return None
    day, hour, minute, second, offset = match.groups()
    return f"{day} {hour or '00'}:{minute or '00'}:{second or '00'}{(offset or '').replace(chr(39), '')}"
