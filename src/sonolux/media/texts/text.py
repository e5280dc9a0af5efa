"""Text segmentation: texts to passages.

Positions are characters of the text that `read_text` returns, or seconds for subtitles; of a PDF, libraries keep pages.

A passage ends where a paragraph does, else a sentence, else a line, else a word; only a word longer than half a
passage is cut. Passages lose nothing but white space, and do not overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sonolux.errors import MediaError
from sonolux.media.errors import decoding
from sonolux.media.safe_open import open_file
from sonolux.media.texts.document import pdf_pages
from sonolux.media.texts.letters import LETTERS
from sonolux.media.texts.markup import parse_page
from sonolux.media.texts.office import OFFICE_FORMS, office_pages
from sonolux.media.texts.subtitles import TIMED, cue_passages, parse_cues
from sonolux.media.texts.text_decoding import decode_text

PAGE_BREAK = "\n\n"
"""What stands between two pages of a document in its text."""

ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"[.!?…]['\"”’)\]]*(?=\s)|[。！？]"),
    re.compile(r"(?<![-\u2010\u00ad])\n"),
    re.compile(r"(?<![-\u2010\u00ad])\s"),
    re.compile(r"\s"),
)
"""Places where a passage may end, best first: after a paragraph, a sentence, a line, a word; not within a word that is
broken at the end of a line, where there is another place."""

VISIBLE = re.compile(r"\S")


def read_text(path: str, form: str, max_text: int | None = None) -> str:
    """Read the whole text of a file.

    Parameters
    ----------
    form : str
        As probed: txt, md, html, svg, pdf, or one of `sonolux.media.texts.subtitles.TIMED`.
    max_text : int, optional
        Larger files (for PDF: longer texts) are refused; bytes.

    Raises
    ------
    MediaError
        For binary data, unknown encodings, damaged or locked PDFs, and what is too large.
    """
    pages = _pages(path, form, max_text)
    if pages is not None:
        return PAGE_BREAK.join(bounded(pages, max_text))
    text = read_raw(path, max_text)
    if form in ("html", "svg"):
        with decoding(form.upper()):
            return parse_page(text, form).text
    if form in TIMED:
        return "\n".join(cue.text for cue in parse_cues(text, form))
    return text


def read_raw(path: str, max_text: int | None = None) -> str:
    """Read a file of text, markup and all."""
    return decode_text(_read_bytes(path, max_text))


def _read_bytes(path: str, max_text: int | None) -> bytes:
    with open_file(path) as file, decoding("text"):
        data = file.read() if max_text is None else file.read(max_text + 1)
    if max_text is not None and len(data) > max_text:
        raise MediaError(f"is larger than {max_text} bytes, the limit for texts (SONOLUX_MAX_TEXT)")
    return data


def _pages(path: str, form: str, max_text: int | None, unread: list[str] | None = None) -> Iterator[str] | None:
    """Return the pages, chapters or slides of a document, None for a text that is all one."""
    if form == "pdf":
        return pdf_pages(path, unread)
    if form in OFFICE_FORMS:
        return office_pages(path, form, unread)
    if form in LETTERS:
        return iter([LETTERS[form](_read_bytes(path, max_text))])
    return None


def read_passages(
    path: str, form: str, chars: int, max_text: int, unread: list[str] | None = None
) -> Iterator[tuple[float, float, str]]:
    """Read a file passage by passage: seconds for subtitles, else characters of `read_text`'s text.

    A PDF is read a page at a time, so that the first passages of a long one come soon; ``unread`` gets the names of
    damaged pages, slides and chapters.
    """
    if form in TIMED:
        yield from cue_passages(parse_cues(read_raw(path, max_text), form), chars)
        return
    pages = _pages(path, form, max_text, unread) or iter([read_text(path, form, max_text)])
    offset = 0
    for page in bounded(pages, max_text):
        for start, end, passage in passages(page, chars):
            yield offset + start, offset + end, passage
        offset += len(page) + len(PAGE_BREAK)


def passages(text: str, chars: int) -> Iterator[tuple[int, int, str]]:
    """Cut a text into passages of at most ``chars`` characters.

    Yields
    ------
    start, end : int
        Characters; ``text[start:end]`` is the passage.
    passage : str
        Begins and ends with something visible.
    """
    if chars < 1:
        raise ValueError(f"a passage of {chars} characters holds nothing")
    start = _next_visible(text, 0)
    while start < len(text):
        end = _end(text, start, chars)
        passage = text[start:end].rstrip()
        yield start, start + len(passage), passage
        start = _next_visible(text, end)


def _next_visible(text: str, position: int) -> int:
    match = VISIBLE.search(text, position)
    return len(text) if match is None else match.start()


def _end(text: str, start: int, chars: int) -> int:
    """Return the best end of a passage that starts here: in the second half of what may be taken."""
    limit = start + chars
    if limit >= len(text):
        return len(text)
    for ends in ENDS:
        found = [match.end() for match in ends.finditer(text, start + chars // 2, limit)]
        if found:
            return found[-1]
    return limit


def bounded(pages: Iterable[str], max_text: int | None) -> Iterator[str]:
    """Yield pages until they have more than so many characters together; MediaError then."""
    count = 0
    for page in pages:
        count += len(page)
        if max_text is not None and count > max_text:
            raise MediaError(f"has more than {max_text} characters of text (SONOLUX_MAX_TEXT)")
        yield page
