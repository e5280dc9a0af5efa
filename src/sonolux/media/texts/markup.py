"""HTML, SVG and Markdown parsing: their text as a reader sees it, and their titles."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HIDDEN = frozenset({"head", "script", "style", "template", "noscript", "svg", "math", "object"})
BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt", "figcaption"}
    | {"figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"}
    | {"nav", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "thead", "title", "tr", "ul"}
)
"""Elements that begin and end a paragraph."""

DRAWN = frozenset({"text", "desc", "title", "flowpara"})
"""Elements of a drawing that are paragraphs."""

HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$|^(\S.*)\n {0,3}(?:=+|-+)[ \t]*$", re.MULTILINE)


FRONT = re.compile(r"---[ \t]*\n(?=[A-Za-z][\w -]*:)(.{0,20000}?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_TITLE = re.compile(r"^title[ \t]*:[ \t]*(['\"]?)(.*?\S)\1[ \t]*$", re.MULTILINE | re.IGNORECASE)
"""What stands in front of a text for programs, as YAML, and the title in it."""


class Page(HTMLParser):
    """Collects the paragraphs, the title and the language of a page, or of a drawing that is a file of its own."""

    def __init__(self, *, drawing: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self._never_seen = HIDDEN - {"svg"} | {"metadata"} if drawing else HIDDEN
        self._blocks = DRAWN if drawing else BLOCKS
        self.title = ""
        self.language: str | None = None
        self._paragraphs: list[str] = []
        self._words: list[str] = []
        self._hidden: list[str] = []
        self._in_title = False

    @property
    def text(self) -> str:
        """Paragraphs, with an empty line between them."""
        self._end_paragraph()
        return "\n\n".join(self._paragraphs)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        if tag == "html":
            self.language = dict(attrs).get("lang")
        if tag == "body":
            # A page that never closes its head still has a body.
            self._hidden.clear()
        if tag in self._never_seen:
            self._hidden.append(tag)
        self._in_title = tag == "title" and not self.title
        if tag in self._blocks:
            self._end_paragraph()

    def handle_endtag(self, tag: str) -> None:
        """End an element; what was opened in a hidden one and never closed ends with it."""
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        self._in_title = False
        if tag in self._blocks:
            self._end_paragraph()

    def handle_data(self, data: str) -> None:
        """Take text between tags."""
        if self._in_title:
            self.title = " ".join(f"{self.title} {data}".split())
        elif not self._hidden:
            self._words.append(data)

    def _end_paragraph(self) -> None:
        paragraph = " ".join("".join(self._words).split())
        if paragraph:
            self._paragraphs.append(paragraph)
        self._words = []


def parse_page(markup: str, form: str = "html") -> Page:
    """Return the page that some HTML, or the drawing that some SVG makes; like a browser, it takes any input."""
    page = Page(drawing=form == "svg")
    if form == "svg":  # the parser takes entities that are declared above a drawing for words
        markup = markup[max(0, markup.lower().find("<svg")) :]
    page.feed(markup)
    page.close()
    return page


def markdown_title(text: str) -> str | None:
    """Return the title that a Markdown text gives itself in front, or its first heading; None where it has none."""
    front = FRONT.match(text)
    if front is not None:
        said = FRONT_TITLE.search(front[1])
        if said is not None:
            return said[2]
        text = text[front.end() :]
    match = HEADING.search(text)
    return None if match is None else match[1] or match[2]
