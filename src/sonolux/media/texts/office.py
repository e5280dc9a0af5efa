"""Office document extraction: the text of packages of XML, page by page, and their metadata.

Office Open XML (docx, pptx, xlsx), OpenDocument (odt, odp, ods) and EPUB are zip archives whose parts are XML. All text
that a reader of the document can see is read: tables, text boxes, headers, footnotes and comments too, which libraries
for editing documents leave out; deleted text of tracked changes is not.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from sonolux.errors import MediaError
from sonolux.media.errors import decoding
from sonolux.media.safe_open import open_file

LARGEST_PART = 64 * 2**20
MOST_PARTS = 10_000
"""Bytes of a part once it is unpacked, and parts that are looked at."""

MIME_TYPES = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/epub+zip": "epub",
}
"""What the part ``mimetype`` says; templates end in ``-template``."""

MAIN_PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}

PARTS = {
    "docx": (r"word/document\d*\.xml", r"word/(?:footnotes|endnotes|comments)\.xml", r"word/(?:header|footer)\d*\.xml"),
    "pptx": (r"ppt/slides/slide\d+\.xml", r"ppt/notesSlides/notesSlide\d+\.xml", r"ppt/comments/.*\.xml"),
    "xlsx": (r"xl/sharedStrings\.xml", r"xl/worksheets/sheet\d+\.xml", r"xl/comments\d*\.xml"),
    **dict.fromkeys(("odt", "odp", "ods"), (r"content\.xml",)),
}
"""Parts that hold text, in the order in which they are read."""

SEPARATE = ("pptx", "epub")
"""Forms whose parts are of one rank; of others, the first is the document."""

OFFICE_FORMS = frozenset((*PARTS, "epub"))

PARAGRAPHS = frozenset({"p", "h", "si", "is"})
UNREAD = frozenset({"moveFrom", "del", "Fallback", "tracked-changes", "rPh", "instrText", "delText"})
"""Elements whose text nobody sees: deleted or moved away, said twice for old programs, or how a word is spoken."""

SPACES = {
    "tab": " ",
    "br": "\n",
    "cr": "\n",
    "s": " ",
    "line-break": "\n",
    "softHyphen": "\u00ad",
    "noBreakHyphen": "-",
}
RUNS = frozenset({"t"})

PROPERTIES = {"title": "title", "creator": "artist", "initial-creator": "artist", "language": "language"}
DATES = ("created", "creation-date", "date")


def office_form(path: str) -> str | None:
    """Return docx, pptx, xlsx, odt, odp, ods or epub for a zip archive that is one, None for any other file."""
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as package:
            names = package.namelist()
            for part, form in MAIN_PARTS.items():
                if part in names:
                    return form
            if "mimetype" in names:
                mime = package.open("mimetype").read(100).decode("ascii", "replace").strip()
                return MIME_TYPES.get(mime.removesuffix("-template"))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    return None


def office_pages(path: str, form: str, unread: list[str] | None = None) -> Iterator[str]:
    """Yield the text of each chapter or slide, of other documents all; paragraphs have an empty line between them.

    Parameters
    ----------
    unread : list of str, optional
        Gets the names of damaged parts, which are left out.

    Raises
    ------
    MediaError
        For a damaged document, and where no part can be read.
    """
    texts = _texts(path, form, [] if unread is None else unread)
    if form in SEPARATE:
        yield from texts
    else:
        yield "\n\n".join(text for text in texts if text)


def _texts(path: str, form: str, unread: list[str]) -> Iterator[str]:
    """Yield the text of each part."""
    with _opened(path) as read:
        names, failed = _chapters(read) if form == "epub" else _text_parts(read, form), 0
        for name in names:
            try:
                text = _chapter(read(name)) if form == "epub" else _part(read(name), name, mixed=form.startswith("od"))
            except MemoryError:
                raise
            except Exception:  # damaged archives and markup raise anything
                failed += 1
                if failed == len(names) or (form not in SEPARATE and name == names[0]):
                    raise
                unread.append(name)
                text = ""
            yield text


def office_metadata(path: str, form: str) -> dict[str, Any]:
    """Return what a document says of itself, as found: `sonolux.media.metadata.cleaned` makes it safe."""
    with _opened(path) as read:
        part = "meta.xml" if form.startswith("od") else "docProps/core.xml"
        if form == "epub":
            part = _package_part(read)
        if part not in read.names:
            return {}
        found: dict[str, Any] = {}
        for element in _parsed(read(part), part).iter():
            name, text = _local(element.tag), (element.text or "").strip()
            if text and form == "epub" and name == "creator":
                found.setdefault("artist", []).append(text)
            elif text and form == "epub" and name == "description":
                found.setdefault(name, _without_markup(text))
            elif text and name in PROPERTIES:
                found.setdefault(PROPERTIES[name], text)
            elif text and name in DATES:
                found.setdefault("date", text)
            elif text and name in ("subject", "keyword", "keywords"):
                found.setdefault("keywords", []).append(text)
        return found


class _Parts:
    """Reads parts of a package by name, bounded."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self.package = package
        self.names = package.namelist()[:MOST_PARTS]

    def __call__(self, name: str) -> bytes:
        with self.package.open(name) as part:
            data = part.read(LARGEST_PART + 1)
        if len(data) > LARGEST_PART:
            raise MediaError(f"holds a part of more than {LARGEST_PART} bytes, {name}")
        return data


@contextmanager
def _opened(path: str) -> Iterator[_Parts]:
    with open_file(path) as file, decoding("document"), zipfile.ZipFile(file) as package:
        if any(entry.flag_bits & 1 for entry in package.infolist()[:MOST_PARTS]):
            raise MediaError("is a document under a password: save a copy without it")
        yield _Parts(package)


def _parsed(data: bytes, name: str) -> ElementTree.Element:
    # No office program writes a document type, and no other way makes a small part large.
    if b"<!ENTITY" in data:
        raise MediaError(f"holds entities of its own, in {name}")
    return ElementTree.fromstring(data)


def _text_parts(read: _Parts, form: str) -> list[str]:
    """Return the names of the parts that hold text, in the order in which they are read."""
    found: list[str] = []
    for pattern in PARTS[form]:
        found += sorted((name for name in read.names if re.fullmatch(pattern, name)), key=_numbered)
    return found


def _part(data: bytes, name: str, *, mixed: bool) -> str:
    paragraphs: list[str] = []
    _collect(_parsed(data, name), [], paragraphs, mixed=mixed)
    return "\n\n".join(paragraphs)


def _chapter(data: bytes) -> str:
    from sonolux.media.texts.markup import parse_page
    from sonolux.media.texts.text_decoding import decode_text

    return parse_page(decode_text(data)).text


def _collect(element: ElementTree.Element, words: list[str], paragraphs: list[str], *, mixed: bool) -> None:
    """Gather the paragraphs below an element; those of a text box come before the paragraph it is in.

    Parameters
    ----------
    words : list of str
        Of the paragraph that the element is in.
    mixed : bool
        Whether text stands between elements, as in OpenDocument, or in runs only.
    """
    name = _local(element.tag)
    if name in UNREAD or (name == "r" and _is_hidden(element)):
        return
    inner: list[str] = [] if name in PARAGRAPHS else words
    if name in SPACES:
        inner.append(SPACES[name])
    if element.text and (mixed or name in RUNS):
        inner.append(element.text)
    for child in element:
        _collect(child, inner, paragraphs, mixed=mixed)
        if mixed and child.tail:
            inner.append(child.tail)
    if inner is not words:
        lines = (" ".join(line.split()) for line in "".join(inner).split("\n"))
        if paragraph := "\n".join(line for line in lines if line):
            paragraphs.append(paragraph)


def _is_hidden(run: ElementTree.Element) -> bool:
    """Tell whether a run of Word is formatted as hidden."""
    marks = (mark for style in run if _local(style.tag) == "rPr" for mark in style if _local(mark.tag) == "vanish")
    return any(not {"0", "false", "off"} & set(mark.attrib.values()) for mark in marks)


def _without_markup(text: str) -> str:
    """Return a property of an e-book, which is often a piece of HTML, in plain words."""
    from sonolux.media.texts.markup import parse_page

    return parse_page(text).text if "<" in text else text


def _chapters(read: _Parts) -> list[str]:
    """Return the names of the chapters of an EPUB, in the order of its spine."""
    part = _package_part(read)
    package = _parsed(read(part), part)
    folder = part.rpartition("/")[0]
    items = {
        element.get("id", ""): element.get("href", "") for element in package.iter() if _local(element.tag) == "item"
    }
    spine = [element.get("idref", "") for element in package.iter() if _local(element.tag) == "itemref"]
    held = frozenset(read.names)
    names = [name for idref in spine if (name := _joined(folder, items.get(idref, ""))) in held]
    locked = _encrypted(read)
    if names and all(name in locked for name in names):
        raise MediaError("is an e-book under copy protection")
    return [name for name in names if name not in locked]


def _package_part(read: _Parts) -> str:
    for element in _parsed(read("META-INF/container.xml"), "META-INF/container.xml").iter():
        if _local(element.tag) == "rootfile" and element.get("full-path") in read.names:
            return element.get("full-path", "")
    raise MediaError("is an e-book without a package document")


def _encrypted(read: _Parts) -> set[str]:
    if "META-INF/encryption.xml" not in read.names:
        return set()
    root = _parsed(read("META-INF/encryption.xml"), "META-INF/encryption.xml")
    return {element.get("URI", "") for element in root.iter() if _local(element.tag) == "CipherReference"}


def _joined(folder: str, href: str) -> str:
    """Return the name of a part that a package document refers to from its folder."""
    import posixpath
    from urllib.parse import unquote

    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _local(tag: object) -> str:
    """Return the name of an element without its namespace; comments have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _numbered(name: str) -> tuple[int, str]:
    number = re.search(r"(\d+)\.xml$", name)
    return (int(number[1][-9:]) if number else 0), name
