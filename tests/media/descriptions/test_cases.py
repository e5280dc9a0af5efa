"""Photos of the kinds that people have: their words and their dates."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.media.probing import probe


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("zero_original_valid_modified.jpg", "2005-06-07T08:09:10Z"),
        ("blank_original_valid_digitised.jpg", "2005-06-07T08:09:10Z"),
        ("xmp_only.jpg", "1999-04-05T10:00:00+02:00"),
        ("png_creation_time.png", "2021-03-04T05:06:07Z"),
        ("offset_original.jpg", "2024-05-17T00:30:00+02:00"),
        ("offset_only_0x9010.jpg", "2024-05-17T00:30:00+02:00"),
        ("offset_original_west.jpg", "2023-12-31T22:00:00-05:00"),
    ],
)
def test_dates_are_those_of_the_photographers_clock(name: str, date: str, cases: Path) -> None:
    assert probe(str(cases / "photo-dates" / name)).metadata["date"] == date


def test_photos_tell_their_words(cases: Path) -> None:
    found = {path.stem: probe(str(path)) for path in (cases / "photo-words").iterdir()}
    utf8 = found["utf8_description"].metadata
    assert (utf8["title"], utf8["artist"]) == ("Zürich Hauptbahnhof Größe 東京", ["José Müller"])
    iptc = found["iptc_keywords"].metadata
    assert iptc["keywords"] == ["kittiwake", "Flamborough"]
    assert (iptc["title"], iptc["description"]) == ("Razorbill rock", "Razorbills at dusk")
    windows = found["xp_title"].metadata
    assert (windows["title"], windows["keywords"]) == ("Grandmothers wedding", ["kittiwake", "puffin"])
    assert found["jpeg_comment"].words == "cormorant drying wings"
    assert found["xmp_bad_utf8"].modality == "image"
