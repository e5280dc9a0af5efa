from __future__ import annotations

import hashlib

import pytest

from media.descriptions.blocks import dataset, resource
from sonolux.media.dates import first_date
from sonolux.media.descriptions.iptc import DIGEST, IIM, iptc_statements, is_newer_than_xmp, resources
from sonolux.media.descriptions.statements import combined

UTF8 = dataset(90, b"\x1b%G", record=1)


def test_datasets_tell_words_date_and_place() -> None:
    data = UTF8 + dataset(5, b"Cliffs") + dataset(25, b"gull") + dataset(25, "東京".encode()) + dataset(80, b"Ada")
    data += dataset(55, b"20110203") + dataset(60, b"040506+0200") + dataset(90, b"Bempton") + dataset(101, b"England")
    found = combined([iptc_statements(data + dataset(120, "Größe".encode()))])
    assert (found["title"], found["keywords"], found["artist"]) == ("Cliffs", ["gull", "東京"], ["Ada"])
    assert (found["description"], found["place"]) == ("Größe", "Bempton, England")
    assert first_date(found["date"]) == "2011-02-03T04:05:06+02:00"


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Größe", "latin-1", b""),
        ("Größe", "utf-8", b""),
        ("Größe", "latin-1", b"\x1b.A"),
        ("Größe 東京", "utf-8", b"\x1b%G"),
        ("Größe", "latin-1", b"\x1b%G"),
        ("Größe", "latin-1", b"unknown"),
    ],
)
def test_any_character_set_is_read(text: str, encoding: str, declared: bytes) -> None:
    data = (dataset(90, declared, record=1) if declared else b"") + dataset(25, text.encode(encoding))
    assert iptc_statements(data)["keywords"] == [text]


@pytest.mark.parametrize(
    ("day", "time", "date"),
    [
        (b"20110203", b"", "2011-02-03T00:00:00Z"),
        (b"20110000", b"000000+0000", "2011-01-01T00:00:00Z"),
        (b"00000000", b"000000", None),
        (b"2011-02-03", b"04:05:06-05:00", "2011-02-03T04:05:06-05:00"),
        (b"", b"040506", None),
    ],
)
def test_dates(day: bytes, time: bytes, date: str | None) -> None:
    assert first_date(combined([iptc_statements(dataset(55, day) + dataset(60, time))])["date"]) == date


def test_damaged_datasets_end_the_reading() -> None:
    good = dataset(25, b"gull")
    for data in (b"", b"\x1c", b"\x1c\x02\x19", good + b"\x1c\x02\x19\x80\xffxx", good + b"\0\0", good[:-1], b"x" * 99):
        assert iptc_statements(data) in ({}, {"keywords": ["gull"]}, {"keywords": ["gul"]})
    long = b"\x1c\x02\x78\x80\x04" + (70_000).to_bytes(4) + b"a" * 70_000
    assert len(iptc_statements(long)["description"][0]) == 70_000


def test_the_digest_tells_whether_datasets_are_newer_than_xmp() -> None:
    data = dataset(25, b"gull")
    block = resource(0x3ED, b"odd", b"name") + resource(IIM, data)
    current, stale = (resource(DIGEST, hashlib.md5(text).digest()) for text in (data, b"before"))
    assert resources(block)[IIM] == data
    assert not is_newer_than_xmp(resources(block))
    assert not is_newer_than_xmp(resources(block + current))
    assert is_newer_than_xmp(resources(block + stale))
    assert resources(b"8BIM\x04\x04" + b"\xff" * 9) == {0x0404: b""}
