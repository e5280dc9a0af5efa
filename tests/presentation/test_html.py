"""Pages and fragments are parsed as a browser would, and looked at for what must and must not be in them."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.errors import SonoluxError
from sonolux.presentation.html import PageSection, gallery, page, write_page
from sonolux.retrieval.hits import Hits
from sonolux.sample.sounds import RATE, write_sound
from sonolux.types import Hit, Modality, Span

VOID = {"meta", "img", "wbr", "path", "rect", "circle"}
KNOWN = VOID | {
    *("html", "head", "title", "style", "body", "h1", "h2", "p", "section", "header", "figure"),
    *("div", "span", "a", "blockquote", "svg", "audio"),
}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed in order."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hit(path: str = "/gone/a.jpg", modality: str = "image", **more: object) -> Hit:
    fields = {"kind": "file", "file": "id", "span": None, "score": 0.5, "chance": 0.00025, "space": "hog", **more}
    return Hit("id", path, Modality(modality), **fields)


hostile = st.text(st.characters(), max_size=40)
named = st.binary(max_size=40).map(os.fsdecode) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
"""Whatever a file can be called."""


@given(named, hostile, hostile, hostile)
def test_nothing_from_outside_becomes_markup(name: str, title: str, text: str, heading: str) -> None:
    hits = [hit(f"/gone/{name}".replace("\0", ""), "text", title=title, text=text, space=heading)]
    whole = Reader(page([PageSection(heading, hits, note=title)], title))
    assert {tag for tag, _ in whole.tags} <= KNOWN
    for _, attributes in whole.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "file:///").startswith("file:///")
    page([PageSection(heading, hits)], title).encode("utf-8")
    Reader(gallery(hits))


def test_attack_is_text() -> None:
    attack = "\"><script>alert('x')</script>"
    markup = page([PageSection(attack, [hit(title=attack, text=attack)])], attack)
    assert "<script" not in markup
    assert Reader(markup).text.count("<script>alert('x')</script>") == 5


def test_page_needs_nothing_beside_itself(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (40, 30), "teal").save(tmp_path / "a.png")
    whole = Reader(page([PageSection("teal", [hit(str(tmp_path / "a.png"))], examples=[str(tmp_path / "a.png")])], "T"))
    tags = {tag for tag, _ in whole.tags}
    assert not tags & {"link", "script", "iframe", "object", "embed"}
    sources = [attributes["src"] for _, attributes in whole.tags if "src" in attributes]
    assert len(sources) == 2 and all(str(source).startswith("data:image/jpeg;base64,") for source in sources)


def test_card_says_rank_chance_time_and_links_to_the_moment(tmp_path: Path) -> None:
    found = hit("/films/a b.mp4", "video", span=Span(72.4, 81.9), title="A day out")
    whole = Reader(page([PageSection("q", [found], first=11)], "T"))
    assert "11. A day out" in whole.text and "1:12-1:22" in whole.text and "chance 1 in 4,000" in whole.text
    assert ("a", {"class": "sx-card", "href": "file:///films/a%20b.mp4#t=72.40"}) in whole.tags


def test_sound_has_its_shape_and_a_player_only_in_notebooks(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    loud_end = np.r_[np.zeros(RATE), np.sin(np.arange(RATE) / 9)].astype(np.float32)
    write_sound(path, loud_end, {})
    hits = Hits([hit(str(path), "audio", span=Span(0.5, 2.0))])
    whole = Reader(page([PageSection("q", hits)], "T"))
    heights = [float(attributes["height"] or 0) for tag, attributes in whole.tags if tag == "rect"]
    assert max(heights[:12]) < 3
    assert min(heights[18:-1]) > 90
    assert "audio" not in [tag for tag, _ in whole.tags]
    players = [attributes for tag, attributes in Reader(hits._repr_html_()).tags if tag == "audio"]
    assert len(players) == 1 and str(players[0]["src"]).startswith("data:audio/")
    assert str(players[0]["src"]).endswith("#t=0.50")


def test_large_recording_has_no_player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    write_sound(path, np.full(RATE, 0.5, np.float32), {})
    monkeypatch.setattr("sonolux.presentation.html.LARGEST_PLAYER", 100)
    assert "<audio" not in gallery([hit(str(path), "audio")])


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_file_that_is_gone_or_broken_gets_an_icon(modality: str, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\xff\xd8 nothing")
    for path in ("/gone/a.jpg", str(tmp_path / "broken")):
        whole = Reader(page([PageSection("q", [hit(path, modality)], examples=[path])], "T"))
        assert "svg" in {tag for tag, _ in whole.tags}


def test_nothing_found_is_said() -> None:
    assert "Nothing found." in page([PageSection("q", [])], "T")
    assert Hits()._repr_html_() == "<p>nothing found</p>"


def test_unwritable_page_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SonoluxError, match="cannot be written"):
        write_page(tmp_path / "no" / "such" / "folder.html", [], "T")
