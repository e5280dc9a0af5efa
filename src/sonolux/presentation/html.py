"""HTML of hits: a fragment for notebooks, or a whole page that needs nothing beside itself.

Paths, titles and texts come from anywhere: each is escaped once, where it enters the markup.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from sonolux.errors import MediaError, SonoluxError
from sonolux.media.images.thumbnail import View
from sonolux.media.inside.members import open_medium
from sonolux.media.inside.names import holder_of, own_name
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import printable
from sonolux.presentation.thumbnails import Thumbnail, thumbnails
from sonolux.presentation.waveform import svg
from sonolux.presentation.wording import chance_in_words, place_in_words, score_in_words, snippet
from sonolux.types import Hit, Modality

LARGEST_PLAYER = 2 * 2**20
"""Bytes of a recording that a notebook may carry."""

CARD_STYLE = """
.sx { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; }
.sx-card { display: flex; flex-direction: column; overflow: hidden; border: 1px solid rgb(128 128 128 / .28);
  border-radius: .6rem; background: rgb(128 128 128 / .06); color: inherit; text-decoration: none;
  font: .875rem/1.45 system-ui, sans-serif; }
a.sx-card:hover, a.sx-card:focus-visible { border-color: #3d7be0; }
.sx-view { aspect-ratio: 4 / 3; display: grid; place-items: center; overflow: hidden;
  background: rgb(128 128 128 / .12); }
.sx-view img { width: 100%; height: 100%; object-fit: cover; margin: 0; }
.sx-view svg { width: 76%; opacity: .8; }
.sx-view blockquote { margin: .6rem 1rem; padding: 0; border: 0; overflow: hidden; color: inherit;
  font: italic .9rem/1.5 Georgia, serif; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 6; }
.sx-about { padding: .6rem .8rem .75rem; display: grid; gap: .15rem; min-width: 0; }
.sx-name { font-weight: 600; overflow-wrap: anywhere; }
.sx-path { opacity: .7; font-size: .78rem; overflow-wrap: anywhere; }
.sx-facts { display: flex; flex-wrap: wrap; gap: .15rem .6rem; font-size: .8rem; font-variant-numeric: tabular-nums; }
.sx-sure { color: #1c8a50; font-weight: 600; }
.sx-faint { opacity: .7; }
.sx audio { width: 100%; margin-top: .3rem; }
"""

PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: #fbfaf8; color: #23211e;
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.15rem; font-weight: 600; letter-spacing: .02em; margin: 0 0 2rem; opacity: .75; }
section { margin: 0 0 3rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 0; overflow-wrap: anywhere; }
header { display: flex; align-items: center; gap: 1rem; margin: 0 0 1rem; }
header figure { margin: 0; flex: none; width: 5.5rem; border-radius: .5rem; overflow: hidden; }
header p, .none { margin: .2rem 0 0; opacity: .75; overflow-wrap: anywhere; }
.none { padding: 1.5rem; border: 1px dashed rgb(128 128 128 / .5); border-radius: .6rem; }
"""

DARK_STYLE = """
@media (prefers-color-scheme: dark) {
  body { background: #191817; color: #ebe8e3; }
  .sx-sure { color: #5fd195; }
}
"""

ICONS = {
    Modality.IMAGE: '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3 17 5-5 4 4 3-3 6 6"/>',
    Modality.AUDIO: '<path d="M9 18V6l10-2v12"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="16.5" cy="16" r="2.5"/>',
    Modality.VIDEO: '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m10 9 5 3-5 3z"/>',
    Modality.TEXT: '<path d="M6 3h8l4 4v14H6z"/><path d="M9 11h6M9 14h6M9 17h4"/>',
}


@dataclass(frozen=True, slots=True)
class PageSection:
    """One question and its answer on a page.

    Attributes
    ----------
    heading : str
        The question.
    hits : sequence of Hit
        Best first; may be empty.
    note : str
        A line under the heading.
    examples : sequence of str
        Paths of files that were asked with.
    first : int
        Rank of the first hit.
    """

    heading: str
    hits: Sequence[Hit]
    note: str = ""
    examples: Sequence[str] = field(default=())
    first: int = 1


def gallery(hits: Sequence[Hit]) -> str:
    """Return hits as a fragment for notebooks, with thumbnails and players of small recordings inside."""
    if not hits:
        return "<p>nothing found</p>"
    seen = thumbnails(_views(hits))
    cards = [f'<div class="sx-card">{_card(rank, hit, seen, _player(hit))}</div>' for rank, hit in enumerate(hits, 1)]
    return f"<style>{CARD_STYLE}</style>{_grid(cards)}"


def whole_page(title: str, body: str, style: str = "") -> str:
    """Return a page that needs nothing beside itself, of a title as it is and a body of markup."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{PAGE_STYLE}{CARD_STYLE}{style}{DARK_STYLE}</style></head>"
        f"<body><h1>{escaped(title)}</h1>{body}</body></html>\n"
    )


def page(sections: Sequence[PageSection], title: str) -> str:
    """Return a whole page, light or dark as the reader's system is; each hit links to its file on this machine."""
    examples = [View(path) for section in sections for path in section.examples]
    seen = thumbnails([*examples, *_views(hit for section in sections for hit in section.hits)])
    body = "".join(_section(section, seen) for section in sections)
    return whole_page(title, body)


def write_page(file: str | Path, sections: Sequence[PageSection], title: str) -> None:
    """Write a page to a file.

    Raises
    ------
    SonoluxError
        Where the file cannot be written.
    """
    try:
        Path(file).write_text(page(sections, title), encoding="utf-8")
    except OSError as error:
        raise SonoluxError(f"the page {file} cannot be written: {error.strerror}") from error


def _views(hits: Iterable[Hit]) -> Iterator[View]:
    """Yield what is to be seen of hits; a passage is quoted."""
    return (_view_of(hit) for hit in hits if not _is_quoted(hit))


def _is_quoted(hit: Hit) -> bool:
    """Whether a hit is shown by its words: a passage, and a text that is all one."""
    return hit.kind == "passage" or (hit.modality == Modality.TEXT and bool(hit.text) and hit.kind == "file")


def _view_of(hit: Hit) -> View:
    return View(hit.path, hit.span, hit.region)


def _section(section: PageSection, seen: Mapping[View, Thumbnail]) -> str:
    images = "".join(_example(seen[View(path)]) for path in section.examples)
    note = f"<p>{escaped(section.note)}</p>" if section.note else ""
    head = f"<header>{images}<div><h2>{escaped(section.heading)}</h2>{note}</div></header>"
    if not section.hits:
        return f'<section>{head}<p class="none">Nothing found.</p></section>'
    cards = [_linked(hit, _card(rank, hit, seen)) for rank, hit in enumerate(section.hits, section.first)]
    return f"<section>{head}{_grid(cards)}</section>"


def _grid(cards: Sequence[str]) -> str:
    return f'<div class="sx">{"".join(cards)}</div>'


def _card(rank: int, hit: Hit, seen: Mapping[View, Thumbnail], player: str = "") -> str:
    path = Path(hit.path)
    name = escaped(hit.title or path.name)
    read = f'<div class="sx-read">{escaped(snippet(hit.text))}</div>' if hit.text and not _is_quoted(hit) else ""
    return (
        f'<div class="sx-view">{_view(hit, seen)}</div><div class="sx-about">'
        f'<div class="sx-name">{rank}. {name}</div>{read}{_facts(hit)}{player}'
        f'<div class="sx-path">{escaped(hit.path).replace("/", "/<wbr>")}</div></div>'
    )


def _facts(hit: Hit) -> str:
    """Return where in the file, how likely chance is, and the score."""
    sure = "sx-sure" if hit.confident else "sx-faint"
    place = place_in_words(hit.span, hit.region)
    where = f"<span>{escaped(place)}</span>" if place else ""
    return (
        f'<div class="sx-facts">{where}<span class="{sure}" title="chance that an item taken at random scores as high">'
        f'chance {chance_in_words(hit.chance)}</span><span class="sx-faint" title="score in {escaped(hit.space)}">'
        f"{score_in_words(hit.score)}</span></div>"
    )


def _view(hit: Hit, seen: Mapping[View, Thumbnail]) -> str:
    if _is_quoted(hit) and hit.text:
        return f"<blockquote>{escaped(snippet(hit.text, 220))}</blockquote>"
    return draw_thumbnail(seen.get(_view_of(hit), Thumbnail()), hit.modality)


def _example(thumbnail: Thumbnail) -> str:
    """Return the image of a file that was asked with; nothing for one that cannot be decoded."""
    drawn = draw_thumbnail(thumbnail, thumbnail.modality)
    return f'<figure class="sx-view">{drawn}</figure>' if drawn else ""


def draw_thumbnail(thumbnail: Thumbnail, modality: Modality | None) -> str:
    """Return as HTML a thumbnail, a waveform, or the icon of a modality."""
    if thumbnail.jpeg:
        return f'<img src="{data_uri(thumbnail.jpeg, "image/jpeg")}" alt="">'
    if thumbnail.wave is not None:
        return svg(thumbnail.wave)
    if modality is None:
        return ""
    return (
        '<svg viewBox="0 0 24 24" style="width:4rem" fill="none" stroke="currentColor" stroke-width="1.2"'
        f' aria-hidden="true">{ICONS[modality]}</svg>'
    )


def data_uri(content: bytes, kind: str) -> str:
    """Return content as a URI that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _player(hit: Hit) -> str:
    """Return a player of a small recording, which begins where the hit does."""
    return sound_player(hit.path, _moment(hit)) if hit.modality == Modality.AUDIO else ""


def sound_player(file: str, moment: str = "") -> str:
    """Return as HTML a player of a recording, which is in it; nothing for a large one, or one that cannot be read."""
    try:
        with open_medium(file) as opened:
            content = opened.read(LARGEST_PLAYER + 1)
    except (MediaError, OSError):
        return ""
    if not 0 < len(content) <= LARGEST_PLAYER:
        return ""
    guessed = mimetypes.guess_type(own_name(file))[0] or ""
    kind = guessed if guessed.startswith("audio/") else "audio/mpeg"
    return f'<audio controls preload="none" src="{data_uri(content, kind)}{moment}"></audio>'


def _linked(hit: Hit, card: str) -> str:
    """Return a card that leads to the file of its hit; no browser opens the URL of an object in a bucket."""
    if is_url(hit.path):
        return f'<div class="sx-card">{card}</div>'
    link = escape(Path(holder_of(hit.path)).absolute().as_uri() + _moment(hit))
    return f'<a class="sx-card" href="{link}">{card}</a>'


def _moment(hit: Hit) -> str:
    """Return the fragment with which a player begins at the hit (W3C Media Fragments)."""
    if hit.span is None or hit.span.unit != "seconds":
        return ""
    return f"#t={hit.span.start:.2f}"


def escaped(text: str) -> str:
    """Return a text from anywhere as markup that shows it."""
    return escape(printable(text))
