from __future__ import annotations

import time

import pytest

from media.descriptions.blocks import listed, xmp
from sonolux.media.dates import first_date
from sonolux.media.descriptions.statements import combined
from sonolux.media.descriptions.xmp import LARGEST_PACKET, properties, xmp_statements


def said(elements: str = "", attributes: str = "") -> dict[str, object]:
    return combined([xmp_statements(xmp(elements, attributes))])


TITLE = listed("dc:title", "Cliffs", kind="Alt")


def test_a_packet_tells_its_words() -> None:
    german = '<rdf:li xml:lang="de">Klippen</rdf:li>'
    found = said(
        f'<dc:title><rdf:Alt>{german}<rdf:li xml:lang="x-default">Cliffs</rdf:li></rdf:Alt></dc:title>'
        + listed("dc:description", "Gannets &amp; more", kind="Alt")
        + listed("dc:subject", "gull", "東京")
        + listed("dc:creator", "Ada", "Bea", kind="Seq")
        + "<photoshop:City>Bempton</photoshop:City>",
        'xmp:Rating="4" photoshop:Country="England" exif:GPSLatitude="54,7.5N" exif:GPSLongitude="0,15,0W"',
    )
    assert (found["title"], found["description"], found["words"]) == ("Cliffs", "Gannets & more", ["Klippen"])
    assert (found["keywords"], found["artist"], found["place"]) == (
        ["gull", "東京"],
        ["Ada", "Bea"],
        "Bempton, England",
    )
    assert (found["rating"], found["latitude"], found["longitude"]) == (4.0, 54.125, -0.25)


@pytest.mark.parametrize("rating", ["0", "-1", "", "five", "nan", "7"])
def test_unrated_and_rejected_are_no_ratings(rating: str) -> None:
    assert said(attributes=f'xmp:Rating="{rating}"')["rating"] is None


@pytest.mark.parametrize(
    ("attributes", "date"),
    [
        ('exif:DateTimeOriginal="2001-02-03T04:05:06.78+09:00" xmp:CreateDate="2002"', "2001-02-03T04:05:06+09:00"),
        ('exif:DateTimeOriginal="" photoshop:DateCreated="2001-05"', "2001-05-01T00:00:00Z"),
        ('exif:DateTimeOriginal="0000-00-00T00:00:00" xmp:CreateDate="2001"', "2001-01-01T00:00:00Z"),
        ('xmp:ModifyDate="2003-01-01" exif:DateTimeDigitized="2001-02-03T04:05"', "2001-02-03T04:05:00Z"),
    ],
)
def test_dates_may_be_partial(attributes: str, date: str) -> None:
    assert first_date(said(attributes=attributes)["date"]) == date  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("latitude", "degrees"),
    [
        *(("54,7,30N", 54.125), ("54,7.5S", -54.125), ("54.125", 54.125), ("-54.125", -54.125), ("54.125 N", 54.125)),
        *(("N 54° 7' 30\"", 54.125), ("", None), ("north", None), ("1,2,3,4N", None), ("9" * 100, None)),
    ],
)
def test_coordinates_in_words(latitude: str, degrees: float | None) -> None:
    quoted = latitude.replace('"', "&quot;")
    assert said(attributes=f'exif:GPSLatitude="{quoted}" exif:GPSLongitude="1"')["latitude"] == degrees
    apart = said(attributes='exif:GPSLatitude="54" exif:GPSLatitudeRef="S" exif:GPSLongitude="1"')
    assert apart["latitude"] == -54.0


def test_people_places_and_paths_of_keywords() -> None:
    region = '<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Ada Lovelace</mwg-rs:Name></rdf:li>'
    regions = f"<mwg-rs:RegionList><rdf:Bag>{region}</rdf:Bag></mwg-rs:RegionList>"
    place = "<rdf:li><rdf:Description><Iptc4xmpExt:City>Paris</Iptc4xmpExt:City></rdf:Description></rdf:li>"
    found = said(
        f'<mwg-rs:Regions rdf:parseType="Resource">{regions}</mwg-rs:Regions>'
        f"<Iptc4xmpExt:LocationShown><rdf:Bag>{place}</rdf:Bag></Iptc4xmpExt:LocationShown>"
        + listed("Iptc4xmpExt:PersonInImage", "Charles")
        + listed("lr:hierarchicalSubject", "Animals|Birds|Kittiwake")
    )
    assert (found["keywords"], found["place"]) == (["Charles", "Ada Lovelace"], "Paris")
    assert found["words"] == ["Animals Birds Kittiwake"]


def test_people_as_windows_writes_them_and_words_for_the_blind() -> None:
    names = (
        'xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"'
        ' xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
    )
    region = '<rdf:li><rdf:Description MPReg:Rectangle="0,0,1,1" MPReg:PersonDisplayName="Ada Lovelace"/></rdf:li>'
    regions = f"<MPRI:Regions><rdf:Bag>{region}</rdf:Bag></MPRI:Regions>"
    found = said(
        f'<MP:RegionInfo {names} rdf:parseType="Resource">{regions}</MP:RegionInfo>'
        + listed("Iptc4xmpCore:AltTextAccessibility", "A kittiwake on a ledge")
    )
    assert found["keywords"] == ["Ada Lovelace"]
    assert found["words"] == ["A kittiwake on a ledge"]


@pytest.mark.parametrize(
    "packet",
    [
        xmp(TITLE).decode(),
        xmp(TITLE) + b"\0" * 100,
        b"junk in front\0" + xmp(TITLE),
        xmp(TITLE).decode().encode("utf-16"),
        xmp(TITLE).decode().encode("utf-16-be"),
        xmp(TITLE).replace(b"</rdf:RDF>", b"")[:-40],
        xmp(TITLE, 'foreign:thing="1"'),
        xmp(TITLE).replace(b'xmlns:dc="http://purl.org/dc/elements/1.1/"', b""),
        xmp(TITLE).replace(b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">", b"").replace(b"</x:xmpmeta>", b""),
        b'<?xml version="1.0" encoding="UTF-16"?>' + xmp(TITLE),
        xmp(TITLE + "<dc:source>Caf\udce9</dc:source>".encode("utf-8", "surrogateescape").decode("latin-1")),
    ],
)  # fmt: skip
def test_what_is_not_quite_well_formed_is_read_as_far_as_it_goes(packet: bytes | str) -> None:
    assert combined([xmp_statements(packet)])["title"] == "Cliffs"


def test_bytes_that_are_no_utf_8_are_old_western_text() -> None:
    assert combined([xmp_statements(xmp(TITLE).replace(b"Cliffs", b"Gr\xf6\xdfe"))])["title"] == "Größe"


LAUGHS = "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" if n else "ha"}">' for n in range(30))


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"<", b"\0" * 50, b"<x>", b"\xff\xfe", b"no XML",
        f"<!DOCTYPE x [{LAUGHS}]>".encode() + xmp(TITLE.replace("Cliffs", "&a29;")),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xmp(TITLE.replace("Cliffs", "&a;")),
        f"<!DOCTYPE x [{LAUGHS}]><x/>".encode("utf-16"),
        b"<a>" * 50_000,
        b"<rdf:RDF>" * 50_000,
        xmp("<dc:title>" * 5000 + "x" + "</dc:title>" * 5000),
        b" " * (LARGEST_PACKET + 1) + xmp(TITLE),
    ],
)  # fmt: skip
def test_hostile_packets_say_nothing_and_cost_little(packet: bytes) -> None:
    began = time.process_time()
    assert "title" not in combined([xmp_statements(packet)])
    assert time.process_time() - began < 2


def test_numbers_of_properties_are_bounded() -> None:
    many = "".join(f"<dc:p{n}>x</dc:p{n}>" for n in range(6000))
    assert len(properties(xmp(many))) == 5000
