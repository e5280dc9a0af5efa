from __future__ import annotations

import io
from typing import Any

import PIL.Image
import pytest
from PIL.Image import Exif
from PIL.TiffImagePlugin import IFDRational

from media.descriptions.blocks import jpeg
from sonolux.media.dates import first_date
from sonolux.media.descriptions.exif import exif_of, exif_statements
from sonolux.media.descriptions.statements import combined


def exif(tags: dict[int, Any] | None = None, details: dict[int, Any] | None = None, gps: Any = None) -> Exif:
    made = Exif()
    made.update(tags or {})
    made.get_ifd(0x8769).update(details or {})
    made.get_ifd(0x8825).update(gps or {})
    return made


def said(**blocks: Any) -> dict[str, Any]:
    return combined([exif_statements(exif(**blocks))])


def date(**blocks: Any) -> str | None:
    return first_date(said(**blocks)["date"])


ORIGINAL, DIGITISED, OFFSET, OFFSET_ORIGINAL = 0x9003, 0x9004, 0x9010, 0x9011


@pytest.mark.parametrize(
    "nothing",
    ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "\0" * 19, "0001:01:01 00:00:00", "1970:01:01 00:00:00"],
)
def test_a_date_that_says_nothing_hides_no_other(nothing: str) -> None:
    details = {ORIGINAL: nothing, DIGITISED: "2005:06:07 08:09:10", OFFSET_ORIGINAL: "+02:00"}
    assert date(details=details) == "2005-06-07T08:09:10+02:00"
    assert date(tags={0x132: "2004:03:02 01:00:00"}, details={ORIGINAL: nothing}) == "2004-03-02T01:00:00Z"


@pytest.mark.parametrize("blank", ["   :  ", "", "\0", "zero", "+99"])
def test_an_offset_that_says_nothing_costs_no_date(blank: str) -> None:
    found = date(details={ORIGINAL: "2005:06:07 08:09:10", OFFSET_ORIGINAL: blank})
    assert found == ("2005-06-07T08:09:10Z" if blank != "+99" else None)


def test_the_satellites_clock_is_the_last_resort() -> None:
    gps = {7: (IFDRational(23), IFDRational(5), IFDRational(599, 10)), 0x1D: "2011:02:03\0"}
    assert date(gps=gps) == "2011-02-03T23:05:59Z"
    assert date(gps={0x1D: "2011:02:03"}) == "2011-02-03T00:00:00Z"
    assert date(details={DIGITISED: "2011:02:04 00:05:59"}, gps=gps) == "2011-02-04T00:05:59Z"


@pytest.mark.parametrize(
    ("parts", "reference", "degrees"),
    [
        ((54.0, 7.0, 30.0), "N", 54.125),
        ((54.0, 7.0, 30.0), "South", -54.125),
        ((54.0, 7.0, 30.0), "s\0", -54.125),
        ((54.0, 7.0, 30.0), b"S", -54.125),
        ((54.0, 7.5), "N", 54.125),
        ((54.125,), "N", 54.125),
        (54.125, "N", 54.125),
        ((IFDRational(54), IFDRational(15, 2), IFDRational(0, 0)), "N", 54.125),
        ((IFDRational(54125, 1000), IFDRational(0, 0), IFDRational(0, 0)), "N", 54.125),
        ((54.0, 7.0, 30.0), None, 54.125),
        ((54.0, 7.0, 30.0), "", 54.125),
        ((-54.0, 7.0, 30.0), None, -54.125),
        ((-54.0, 7.0, 30.0), "S", -54.125),
        ((IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0)), "N", None),
        ((54.0, 99.0, 0.0), "N", None),
        ((54.0, float("nan"), float("inf")), "N", 54.0),
        ("54", "N", None),
        ((), "N", None),
        ((54.0, 1.0, 1.0, 1.0), "N", None),
    ],
)
def test_coordinates_are_read_as_cameras_write_them(parts: Any, reference: Any, degrees: float | None) -> None:
    gps = {1: reference, 2: parts, 3: "W", 4: (1.0, 30.0, 0.0)}
    found = said(gps={tag: value for tag, value in gps.items() if value is not None})
    assert found["latitude"] == (degrees if degrees is None else pytest.approx(degrees))
    assert found["longitude"] == (None if degrees is None else -1.5)


def xp(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


def test_the_tags_of_windows() -> None:
    tags = {0x9C9B: xp("Größe"), 0x9C9C: xp("A long comment"), 0x9C9D: xp("Ada; Bea"), 0x9C9E: xp("kittiwake;東京")}
    found = said(tags=tags | {0x9C9F: xp("seabirds"), 0x10E: "Größe".encode().decode("latin-1"), 0x4749: 75})
    assert (found["title"], found["description"], found["artist"]) == ("Größe", "A long comment", ["Ada", "Bea"])
    assert (found["keywords"], found["words"], found["rating"]) == (["kittiwake", "東京"], ["seabirds"], 4.0)
    assert said(tags={0x9C9B: tuple(xp("Cliffs")), 0x4746: 0})["title"] == "Cliffs"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1251", "cp932"])
def test_text_is_utf_8_and_else_of_its_writers_machine(encoding: str) -> None:
    text = {"latin-1": "Zürich Größe", "cp1251": "Подмосковные вечера", "cp932": "京都の金閣寺"}.get(
        encoding, "Žižkov 東京"
    )
    assert said(tags={0x13B: text.encode(encoding).decode("latin-1")})["artist"] == [text]


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"ASCII\0\0\0a fulmar\0\0\0", "a fulmar"),
        (b"ASCII\0\0\0" + "Größe".encode(), "Größe"),
        (b"\0" * 8 + b"a fulmar", "a fulmar"),
        (b"UNICODE\0" + "fulmar 東京".encode("utf-16-le"), "fulmar 東京"),
        (b"UNICODE\0" + "fulmar 東京".encode("utf-16-be"), "fulmar 東京"),
        (b"UNICODE\0" + "fulmar".encode("utf-16"), "fulmar"),
        (b"UNICODE\0" + "Größe 東京".encode(), "Größe 東京"),
        (b"UNICODE\0" + "東京都の鳥".encode("utf-16-le"), "東京都の鳥"),
        (b"JIS\0\0\0\0\0" + "東京".encode("iso2022_jp"), "東京"),
        (b"a comment without a code", "a comment without a code"),
        (b"ASCII\0\0\0" + b" " * 40, ""),
        (b"\0" * 64, ""),
        (b"ASCII\0\0\0", ""),
        (b"\0" * 8 + bytes(range(1, 32)) * 20, ""),
        (b"", ""),
    ],
)
def test_comments_are_read_in_any_encoding(comment: bytes, text: str) -> None:
    tags = exif(details={0x9286: comment})
    tags.endian = "<"
    assert combined([exif_statements(tags)])["words"] == ([text] if text else [])


@pytest.mark.parametrize(
    "factory",
    [
        *(
            "OLYMPUS DIGITAL CAMERA         ",
            "SONY DSC",
            "DCIM\\100MEDIA\\DJI_0001.JPG",
            "default",
            "Exif_JPEG_PICTURE",
        ),
        *(
            "<KENOX S630  / Samsung S630>",
            "KONICA MINOLTA DIGITAL CAMERA",
            "cof",
            "ozedf",
            "Kodak digital still camera",
        ),
    ],
)
def test_what_a_camera_writes_is_no_title(factory: str) -> None:
    found = said(tags={0x10E: factory})
    assert "title" not in found
    assert "description" not in found
    assert said(tags={0x10E: f"Grandmother and the {factory} at home"})["title"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_tags_say_nothing() -> None:
    for block in (b"II", b"MM\0*\0\0\0\xff", b"XX\0*\0\0\0\x08", b"\xff" * 50):
        with PIL.Image.open(io.BytesIO(jpeg((0xE1, b"Exif\0\0" + block)))) as image:
            assert exif_statements(exif_of(image)) == {}
