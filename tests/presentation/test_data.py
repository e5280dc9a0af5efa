"""The keys of JSON stay: what a program reads today it reads tomorrow."""

from __future__ import annotations

import json
from dataclasses import replace

from sonolux.index.feedback import Judgement
from sonolux.presentation.data import (
    annotated_as_data,
    annotation_as_data,
    hit_as_data,
    item_as_data,
    item_from_data,
    judgement_as_data,
    part_as_data,
    region_as_data,
    with_exact_paths,
)
from sonolux.types import Annotation, Hit, Item, Mask, Modality, Reason, Region, Span

REGION = Region(0.25, 0.5, 0.75, 1.0, 3.5, Mask(2, 2, (1, 3)))
BOX = [0.25, 0.5, 0.75, 1.0]
DRAWN = {"box": BOX, "time": 3.5, "mask": {"height": 2, "width": 2, "runs": [1, 3]}}
ITEM = Item("i", "/a.mp4", Modality.VIDEO, "region", "f", Span(2, 4), {"title": "A"}, "", REGION)


def test_item() -> None:
    data = item_as_data(ITEM)
    assert data == {
        "id": "i", "path": "/a.mp4", "modality": "video", "kind": "region", "file": "f", "start": 2, "end": 4,
        "unit": "seconds", "metadata": {"title": "A"}, "text": "", "region": DRAWN,
    }  # fmt: skip
    assert part_as_data(ITEM) == {
        "id": "i",
        "kind": "region",
        "start": 2,
        "end": 4,
        "unit": "seconds",
        "text": "",
        "region": DRAWN,
    }
    json.dumps(data)


def test_an_item_comes_back_from_what_has_crossed_http() -> None:
    strange = replace(ITEM, path="/caf\udce9\n.mp4")
    crossed = with_exact_paths(item_as_data(strange))
    assert item_from_data({**json.loads(json.dumps(crossed)), "path": "/caf?"}) == strange
    assert item_from_data(json.loads(json.dumps(item_as_data(ITEM)))) == ITEM


def test_hit() -> None:
    hit = Hit("i", "/a.jpg", Modality.IMAGE, "file", "i", None, 0.5, 0.01, "hog", "A", "", True)
    assert hit_as_data(hit) == {
        "id": "i", "path": "/a.jpg", "modality": "image", "start": None, "end": None, "unit": None, "score": 0.5,
        "chance": 0.01, "space": "hog", "kind": "file", "file": "i", "title": "A", "text": "", "confident": True,
        "region": None,
    }  # fmt: skip
    assert hit_as_data(hit._replace(region=REGION, span=Span(2, 4)))["region"] == DRAWN


def test_why_a_hit_was_found() -> None:
    reasons = (
        Reason("bm25", "text", 0, 2, 0.01, "s", Span(2, 4), REGION, ("cat",), "a cat"),
        Reason("hog", "like", 1, 1, 0.2, "i", example="e"),
    )
    hit = Hit("i", "/a.jpg", Modality.IMAGE, "file", "i", None, 0.5, 0.01, "hog", why=reasons)
    data = hit_as_data(hit)
    assert {key: value for key, value in data.items() if key != "why"} == hit_as_data(hit._replace(why=()))
    assert data["why"] == [
        {
            "space": "bm25", "asked": "text", "part": 0, "rank": 2, "chance": 0.01, "item": "s", "start": 2, "end": 4,
            "unit": "seconds", "region": DRAWN, "words": ["cat"], "label": "a cat", "example": None,
        },
        {
            "space": "hog", "asked": "like", "part": 1, "rank": 1, "chance": 0.2, "item": "i", "start": None,
            "end": None, "unit": None, "region": None, "words": [], "label": None, "example": "e",
        },
    ]  # fmt: skip
    json.dumps(data)


def test_annotation() -> None:
    plain = {
        "label": "cat", "probability": 0.9, "start": None, "end": None, "box": None, "annotator": "a", "kind": "label",
        "region": None, "item": None, "chance": None,
    }  # fmt: skip
    said = Annotation("a", "cat", 0.9)
    assert annotation_as_data(said) == plain
    assert annotated_as_data("/a.jpg", [said]) == {"path": "/a.jpg", "annotations": [plain]}
    boxed = Annotation("a", "a cat, asleep", 0.9, Span(2, 4), REGION, "caption", "i")
    assert annotation_as_data(boxed) == plain | {
        "label": "a cat, asleep", "start": 2, "end": 4, "box": BOX, "region": DRAWN, "kind": "caption", "item": "i",
        "chance": None,
    }  # fmt: skip
    assert region_as_data(None) is None


def test_judgement() -> None:
    data = {"asked": "item", "query": "q", "query_path": "/q", "item": "i", "path": "/i", "liked": True, "time": "t"}
    assert judgement_as_data(Judgement("item", "q", "i", True, "t"), "/i", "/q") == data
