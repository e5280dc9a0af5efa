"""Pages of hits: parts of them, two together, and how they show themselves."""

from __future__ import annotations

import copy
import pickle
import timeit

from sonolux.retrieval.hits import SHOWN, Hits
from sonolux.types import Hit, Item, Modality, Region, Span


def hit(number: int, **more: object) -> Hit:
    found = Hit(
        f"id{number}", f"/things/{number}.jpg", Modality.IMAGE, "file", f"id{number}", None, 0.9, 0.00025, "hog"
    )
    return found._replace(**more)


HITS = Hits([hit(n) for n in range(5)], ("hog", "photo"))


def test_parts_are_hits() -> None:
    for part in (HITS[:2], HITS[1:], HITS[::-1], HITS.copy(), copy.copy(HITS), pickle.loads(pickle.dumps(HITS))):
        assert isinstance(part, Hits)
        assert part.spaces == ("hog", "photo")
    assert HITS[:2] == [HITS[0], HITS[1]]
    assert isinstance(HITS[0], Hit)
    assert HITS[-1].id == "id4"


def test_two_pages_are_one() -> None:
    more = Hits([hit(9)], ("photo", "bm25"))
    both = HITS + more
    assert isinstance(both, Hits)
    assert [one.id for one in both] == ["id0", "id1", "id2", "id3", "id4", "id9"]
    assert both.spaces == ("hog", "photo", "bm25")
    assert (HITS + [hit(7)]).spaces == HITS.spaces  # noqa: RUF005 - adding is what is tested
    grown = HITS[:]
    grown += more
    assert (grown, grown.spaces) == (both, both.spaces)
    assert len(HITS) == 5


def test_hits_sort() -> None:
    turned = HITS[::-1]
    assert sorted(turned) == HITS
    assert sorted(HITS, key=lambda one: one.path, reverse=True) == turned


def test_hits_show_a_table() -> None:
    window = hit(1, modality=Modality.AUDIO, span=Span(72.4, 81.9), path="/things/long\nname.wav", score=0.5)
    lines = repr(Hits([hit(0), window], ("hog",))).splitlines()
    assert lines == [
        "<Hits: 2, asked hog>",
        "1  0.900  1 in 4,000  image             /things/0.jpg",
        r"2  0.500  1 in 4,000  audio  1:12-1:22  /things/long\nname.wav",
    ]
    assert repr(Hits([], ("hog",))) == "<Hits: nothing found, asked hog>"
    assert repr(Hits([hit(n) for n in range(SHOWN + 3)])).splitlines()[-1] == "... and 3 more"


def test_a_hit_says_what_it_holds_in_a_line() -> None:
    assert repr(hit(0)) == (
        "Hit(path='/things/0.jpg', modality='image', kind='file', score=0.9, chance=0.00025, confident=False,"
        " space='hog', id='id0')"
    )
    shown = repr(hit(1, span=Span(1, 2.5), text="word " * 50, region=Region(0, 0, 0.5, 1)))
    assert "span=(1, 2.5), region=(0, 0, 0.5, 1)" in shown
    assert "\n" not in shown
    assert len(shown) < 300


def test_an_item_says_what_it_holds_in_a_line() -> None:
    item = Item("id", "/a.jpg", Modality.IMAGE, "file", "id", metadata={"title": "A pagoda", "hash": "0" * 64})
    assert repr(item) == "Item(path='/a.jpg', modality='image', kind='file', id='id', title='A pagoda')"


def test_a_hit_is_made_in_microseconds() -> None:
    seconds = min(timeit.repeat(lambda: hit(1), number=1000, repeat=5)) / 1000
    assert seconds < 100e-6
