"""Facets under the names of filters: what is listed can be asked for, and finds as many files as were counted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.index_oracle import id_of
from sonolux.errors import QueryError
from sonolux.index import Condition, Index, Point, Where
from sonolux.index.embedded import EmbeddedIndex
from sonolux.retrieval.facets import FACET_KEYS, count_facets, count_facets_of
from sonolux.retrieval.filters import build_conditions

FILES = 40
SPANS = 2
WORDS = ("sea", "Sea", "sé a", "*", ">=2", "a,b", "sun", "sea ", "10")


def payloads() -> list[dict[str, Any]]:
    """Make files and their spans, with values that filters read otherwise among them."""
    draw = random.Random(5)
    made = []
    for number in range(FILES):
        date = f"{draw.choice((1969, 1999, 2000, 2024))}-{draw.choice(('01-01T00:10', '12-31T23:50'))}:00"
        east = draw.random() < 0.3
        common: dict[str, Any] = {
            "file": id_of(number), "path": f"/p/{number}.jpg", "folders": ["/", "/p", f"/p/{number % 3}"],
            "modality": draw.choice(("image", "video")),
            "meta": {
                "keywords": draw.sample(WORDS, draw.randrange(4)), "artist": draw.choice(("Bach", ["Bach", "Glass"])),
                "camera": draw.choice(("X100", "Lumix")), "rating": draw.choice((1, 2.5, "many")),
            },
        }  # fmt: skip
        if draw.random() < 0.8:
            common |= {"date": f"{date}+02:00", "clock": f"{date}Z"} if east else {"date": f"{date}Z"}
        labels = [{"label": label} for label in draw.sample(("cat", "dog", "tabby cat"), draw.randrange(3))]
        made.append(common | {"kind": "file", "annotations": labels})
        spans = draw.randrange(SPANS + 1)
        made += [common | {"kind": "shot", "start": s, "end": s + 1, "text": "sea side"} for s in range(spans)]
    return made


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    made = EmbeddedIndex(str(tmp_path_factory.mktemp("facets") / "library"))
    made.create()
    made.upsert(
        [
            Point(payload["file"] if payload["kind"] == "file" else id_of(1000 + number), {}, payload)
            for number, payload in enumerate(payloads())
        ]
    )
    yield made
    made.close()


def files_found(index: Index, where: Where) -> int:
    return len({point.payload["file"] for point in index.scroll(where, keys=("file",))})


FILTERS: list[dict[str, Any]] = [
    {}, {"modality": "image"}, {"artist": "Glass"}, {"label": ["cat", "dog"]}, {"date": ">=2000"},
    {"date": "1999", "camera": "X100"}, {"keywords": "sea"}, {"text": "~sea"}, {"kind": "shot"}, {"start": ">0"},
    {"folder": "/p/1", "modality": "!=image"}, {"rating": 2.5}, {"label": "nothing"},
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(first=st.sampled_from(FILTERS), second=st.sampled_from(FILTERS), key=st.sampled_from(FACET_KEYS))
def test_every_value_that_is_listed_finds_as_many_files(
    index: Index, first: dict[str, Any], second: dict[str, Any], key: str
) -> None:
    where = build_conditions(first | second)
    for value, files in count_facets(index, key, where)[key]:
        assert files > 0
        assert files_found(index, [*where, *build_conditions({key: [value]})]) == files


def test_years_are_those_of_the_clock(index: Index) -> None:
    expected: dict[int, set[str]] = {}
    for payload in payloads():
        if "date" in payload:
            expected.setdefault(int(payload.get("clock", payload["date"])[:4]), set()).add(payload["file"])
    counted = [(year, len(files)) for year, files in sorted(expected.items(), reverse=True)]
    assert count_facets(index, "date")["date"] == counted
    assert len(counted) == 4
    assert count_facets(index, "date", limit=2)["date"] == counted[:2]


def test_what_no_filter_takes_is_not_listed(index: Index) -> None:
    listed = {value for value, _ in count_facets(index, "keywords")["keywords"]}
    assert listed == set(WORDS) - {"*", "sea "}
    assert {value for value, _ in count_facets(index, "rating")["rating"]} == {1, 2.5}


def test_a_key_forgets_its_own_conditions_where_asked(index: Index) -> None:
    where = build_conditions({"modality": "image", "camera": "X100"})
    counted = count_facets(index, ["modality", "camera"], where, own=False)
    assert counted["modality"] == count_facets(index, "modality", where[1:])["modality"]
    assert counted["camera"] == count_facets(index, "camera", where[:1])["camera"]
    assert [value for value, _ in count_facets(index, "modality", where)["modality"]] == ["image"]


@given(numbers=st.sets(st.integers(0, FILES + 5)))
@settings(max_examples=20, deadline=None)
def test_facets_of_some_files_are_those_under_a_filter_for_them(index: Index, numbers: set[int]) -> None:
    ids = [id_of(number) for number in numbers]
    keys = [key for key in FACET_KEYS if key != "kind"]
    assert count_facets_of(index, keys, ids) == count_facets(index, keys, [Condition("file", "=", tuple(ids))])


def test_files_are_counted_by_the_engine_without_reading_them(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmbeddedIndex, "scroll", None)
    where = build_conditions({"artist": "Glass", "date": ">=1999"})
    assert all(count_facets(index, ["modality", "folder", "keywords", "camera", "label"], where).values())


def test_a_key_without_facets_is_refused(index: Index) -> None:
    with pytest.raises(QueryError, match="no facets of 'size': there are modality, kind"):
        count_facets(index, ["modality", "size"])
