from __future__ import annotations

import json
from typing import Any

import pytest

from sonolux.media.descriptions.beside import with_sidecars
from sonolux.media.descriptions.takeout import takeout_statements
from sonolux.media.segment import Probe
from sonolux.types import Modality


def said(medium: str = "IMG_1.jpg", **keys: Any) -> dict[str, list[Any]]:
    return takeout_statements(json.dumps(keys).encode(), medium)


@pytest.mark.parametrize(
    ("title", "medium", "told"),
    [
        ("IMG_1.jpg", "IMG_1.jpg", False),
        ("IMG_1.JPG", "IMG_1(2).jpg", False),
        ("IMG_1.jpg", "IMG_1-edited.jpg", False),
        ("Gannets at Bempton.jpg", "IMG_1.jpg", True),
        ("Mum & Dad?.jpg", "Mum _ Dad_.jpg", True),
    ],
)
def test_the_name_of_the_file_is_no_title(title: str, medium: str, told: bool) -> None:
    assert ("title" in said(medium, title=title)) == told


def test_places_that_were_never_set_are_none() -> None:
    zero, place = {"latitude": 0.0, "longitude": 0.0}, {"latitude": 54.1, "longitude": 0.0}
    assert "position" not in said(geoData=zero, geoDataExif=zero)
    assert said(geoData=zero, geoDataExif=place)["position"] == [(54.1, 0.0)]
    assert "position" not in said(geoData={"latitude": "54", "longitude": None}, geoDataExif=[])


@pytest.mark.parametrize("timestamp", ["-86400", -86400])
def test_moments_may_lie_before_1970(timestamp: Any) -> None:
    assert said(photoTakenTime={"timestamp": timestamp})["date"][0][1] == "1969-12-31T00:00:00+00:00"


@pytest.mark.parametrize("stamp", ["0", "9" * 40, None, [], "x"])
def test_moments_that_are_none(stamp: Any) -> None:
    assert "date" not in said(photoTakenTime={"timestamp": stamp})
    assert "date" not in said(photoTakenTime=stamp)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff\xfe{", b"[" * 100_000, b'{"a":' * 50_000, b"1e999"])
def test_what_is_no_takeout_says_nothing(data: bytes) -> None:
    assert takeout_statements(data, "a.jpg") == {}


@pytest.mark.parametrize(
    ("own", "date"),
    [
        ({}, "2023-11-14T22:13:20+00:00"),
        ({"date": "2023-11-15T07:13:20Z"}, "2023-11-15T07:13:20Z"),
        ({"date": "2023-11-15T07:13:20+09:00"}, "2023-11-15T07:13:20+09:00"),
        ({"date": "2002-01-01T00:00:00Z"}, "2023-11-14T22:13:20+00:00"),
    ],
)
def test_the_photographers_clock_counts_where_it_shows_the_same_moment(
    own: dict[str, str], date: str, tmp_path: Any
) -> None:
    (tmp_path / "a.jpg.json").write_text(json.dumps({"photoTakenTime": {"timestamp": "1700000000"}}))
    probe = Probe(Modality.IMAGE, "jpeg", {"width": 3} | own, "old words")
    found = with_sidecars(probe, str(tmp_path / "a.jpg"), [str(tmp_path / "a.jpg.json"), str(tmp_path / "gone.xmp")])
    assert (found.metadata, found.words) == ({"width": 3, "date": date}, "old words")
