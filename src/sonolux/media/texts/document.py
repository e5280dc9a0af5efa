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
from sonolux.media.texts.text_decoding import clean

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

logger = logging.getLogger(__name__)

MOST_NOTES = 1000

DATE = re.compile(r"(?:D:)?(\d{8}|\d{6}|\d{4})(?:(\d\d)(\d\d)(\d\d)?([+-]\d\d'?\d\d|Z)?)?")


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


def pdf_pages(path: str, unread: list[str] | None = None) -> Iterator[str]:
    """Yield the text of each page, cleaned, with its notes and the fields of its forms; empty for one without any.

    Parameters
    ----------
    unread : list of str, optional
        Gets the names of damaged pages, which are left out: "page 3".

    Raises
    ------
    MediaError
        For a damaged document, and where no page can be read.
    """
    with open_pdf(path) as reader:
        count, failed = len(reader.pages), 0
        for number in range(count):
            try:
                page = reader.pages[number]
                text = "\n".join(part for part in (page.extract_text(), *_notes(page)) if part)
            except MemoryError:
                raise
            except Exception:  # of damaged content pypdf raises anything
                failed += 1
                if failed == count:
                    raise
                if unread is not None:
                    unread.append(f"page {number + 1}")
                text = ""
            yield clean(text)


def pdf_metadata(path: str) -> dict[str, Any]:
    """Return what a PDF says of itself, as found: `sonolux.media.metadata.cleaned` makes it safe.

    The information dictionary first, then XMP, which newer programs write alone.
    """
    with open_pdf(path) as reader:
        info = reader.metadata
        found = (
            {} if info is None else {"title": info.title, "artist": info.author, "date": _date(info.creation_date_raw)}
        )
        missing = [key for key in ("title", "artist", "date") if not found.get(key)]
        return found | {key: value for key, value in _xmp(reader).items() if key in missing} if missing else found


def _notes(page: PageObject) -> list[str]:
    """Return what notes and filled-in fields on a page say."""
    said = []
    for reference in list(page.annotations or ())[:MOST_NOTES]:
        note = reference.get_object()
        if note.get("/Subtype") not in ("/Link", "/Popup"):
            said += [str(note[key]) for key in ("/Contents", "/V") if isinstance(note.get(key), str)]
    # Names of choices begin with a slash: of a button, they say nothing.
    return [text for text in said if not text.startswith("/")]


def _xmp(reader: PdfReader) -> dict[str, Any]:
    try:
        xmp = reader.xmp_metadata
        if xmp is None:
            return {}
        made = xmp.xmp_create_date
        return {
            "title": next(iter((xmp.dc_title or {}).values()), None),
            "artist": [name for name in xmp.dc_creator or () if name],
            "date": None if made is None else made.isoformat(timespec="seconds"),
        }
    except Exception as error:  # what is said of a document is no reason to refuse it
        logger.debug("XMP is left out: %s", error)
        return {}


def _date(raw: object) -> str | None:
    """Rewrite a PDF date, ``D:20190704123000+02'00'`` (ISO 32000-1, 7.9.4), as ISO 8601."""
    match = DATE.match(raw) if isinstance(raw, str) else None
    if match is None:
        return None
    day, hour, minute, second, offset = match.groups()
    if len(day) < 8:
        return day
    return f"{day} {hour or '00'}:{minute or '00'}:{second or '00'}{(offset or '').replace(chr(39), '')}"
