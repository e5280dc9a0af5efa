"""Where each format keeps its descriptions, and which of several counts."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import Any

import PIL.Image
import pytest
from PIL import PngImagePlugin, features
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from media.descriptions.blocks import dataset, jpeg, listed, png, resource, saved, xmp
from sonolux.media.dates import first_date
from sonolux.media.descriptions.image import image_metadata
from sonolux.media.images.image import open_image, upright_size

PACKET = xmp(listed("dc:subject", "kittiwake"))
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
IPTC = dataset(25, b"kittiwake")
RESOURCES = b"Photoshop 3.0\0" + resource(0x0404, IPTC)


def read(data: bytes) -> dict[str, Any]:
    with open_image(data) as image:
        return image_metadata(image) | {"size": upright_size(image)}


def itxt(keyword: bytes, text: bytes, packed: bool = False) -> bytes:
    body = zlib.compress(text) if packed else text
    return keyword + b"\0" + bytes([packed, 0]) + b"\0\0" + body


def profile(name: bytes, data: bytes) -> bytes:
    return (
        b"Raw profile type " + name + b"\0\0" + zlib.compress(b"\n%s\n%8d\n" % (name, len(data)) + data.hex().encode())
    )


def tiff(tag: int, value: bytes) -> bytes:
    tags = ImageFileDirectory_v2()
    tags[tag] = value
    tags.tagtype[tag] = 7
    return saved("TIFF", tiffinfo=tags)


def tiff_of_long_numbers() -> bytes:
    data = IPTC.ljust(16, b"\0")
    entry, long = struct.pack("<HHI", 33723, 7, 16), struct.pack("<HHI", 33723, 4, 4)
    return tiff(33723, data).replace(entry, long)


def gif() -> bytes:
    plain = saved("GIF")
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return plain[:-1] + b"\x21\xff\x0bXMP DataXMP" + PACKET + trailer + plain[-1:]


@pytest.mark.filterwarnings("ignore:Metadata Warning")
@pytest.mark.parametrize(
    "data",
    [
        jpeg((0xE1, JPEG_XMP + PACKET)),
        jpeg((0xE1, b"XMP\0://ns.adobe.com/xap/1.0/\0" + PACKET)),
        jpeg((0xED, RESOURCES)),
        jpeg((0xED, RESOURCES[:-6]), (0xED, b"Photoshop 3.0\0" + RESOURCES[-6:])),
        jpeg((0xFE, b"the kittiwake")),
        jpeg((0xFE, b"CREATOR: gd-jpeg v1.0"), (0xFE, b"the kittiwake")),
        png((b"iTXt", itxt(b"XML:com.adobe.xmp", PACKET))),
        png((b"iTXt", itxt(b"XML:com.adobe.xmp", PACKET, packed=True)), behind=True),
        png((b"tEXt", b"Title\0the kittiwake"), behind=True),
        png((b"zTXt", b"Comment\0\0" + zlib.compress(b"the kittiwake"))),
        png((b"iTXt", itxt(b"Description", "die Größe, kittiwake".encode()))),
        png((b"zTXt", profile(b"iptc", resource(0x0404, IPTC)))),
        png((b"zTXt", profile(b"xmp", PACKET)), behind=True),
        tiff(700, PACKET),
        tiff(33723, IPTC),
        tiff_of_long_numbers(),
        tiff(34377, resource(0x0404, IPTC)),
        saved("WEBP", xmp=PACKET),
        *([saved("AVIF", xmp=PACKET)] if features.check("avif") else []),
        gif(),
        saved("GIF", comment=b"the kittiwake"),
    ],
)  # fmt: skip
def test_descriptions_are_found_in_every_format(data: bytes) -> None:
    found = read(data)
    texts = [found.get("title", ""), found.get("description", ""), *found["keywords"], *found["words"]]
    assert "kittiwake" in " ".join(texts)


def test_photos_of_phones_tell_theirs() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    assert read(saved("HEIF", xmp=PACKET))["keywords"] == ["kittiwake"]


def test_extended_packets_are_put_together() -> None:
    note = b"0123456789ABCDEF0123456789ABCDEF"
    main = xmp(attributes=f'xmpNote:HasExtendedXMP="{note.decode()}"')
    size, half = len(PACKET), len(PACKET) // 2
    parts = [(at, PACKET[at : at + half + 1]) for at in (0, half + 1)]
    segments = [
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + note + struct.pack(">II", size, at) + part)
        for at, part in parts
    ]
    assert read(jpeg((0xE1, JPEG_XMP + main), *reversed(segments)))["keywords"] == ["kittiwake"]
    assert read(jpeg(*segments))["keywords"] == []


@pytest.mark.parametrize(
    ("chunk", "date"),
    [
        ((b"tEXt", b"Creation Time\x002021:03:04 05:06:07"), "2021-03-04T05:06:07Z"),
        ((b"tEXt", b"Creation Time\0Thu, 04 Mar 2021 05:06:07 +0100"), "2021-03-04T05:06:07+01:00"),
        ((b"iTXt", itxt(b"creation time", b"2021-03-04T05:06:07+01:00")), "2021-03-04T05:06:07+01:00"),
        ((b"tIME", struct.pack(">H5B", 2021, 3, 4, 5, 6, 60)), "2021-03-04T05:06:59Z"),
        ((b"tIME", b"\xff" * 7), None),
    ],
)
def test_png_tells_its_time(chunk: tuple[bytes, bytes], date: str | None) -> None:
    assert first_date(read(png(chunk, behind=True))["date"]) == date
    both = read(png(chunk, (b"tEXt", b"Creation Time\0" + b"2001-01-01")))
    assert first_date(both["date"]) == (date if date and chunk[0] != b"tIME" else "2001-01-01T00:00:00Z")


def test_exif_behind_the_pixels_of_a_png_turns_it() -> None:
    exif = PIL.Image.Exif()
    exif[0x112], exif[0x10E] = 6, "kittiwake"
    found = read(png((b"eXIf", exif.tobytes()[6:]), behind=True))
    assert (found["size"], found["title"]) == ((6, 8), "kittiwake")
    orientation = b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" rdf:about'
    packet = PACKET.replace(b"rdf:about", orientation)
    turned = read(png((b"iTXt", itxt(b"XML:com.adobe.xmp", packet)), behind=True))
    assert turned["size"] == (6, 8)


def test_what_counts_where_several_say_the_same() -> None:
    exif = PIL.Image.Exif()
    exif[0x10E] = "By EXIF"
    old = dataset(120, b"By IPTC") + dataset(25, b"gull") + dataset(80, b"Ada")
    packet = xmp(listed("dc:description", "By XMP", kind="Alt") + listed("dc:subject", "Gull", "tern"))
    segments = [(0xE1, JPEG_XMP + packet), (0xE1, exif.tobytes())]

    def description(*more: bytes) -> str:
        return str(
            read(jpeg(segments[0], (0xED, b"Photoshop 3.0\0" + resource(0x0404, old) + b"".join(more))))["description"]
        )

    assert description() == description(resource(0x0425, hashlib.md5(old).digest())) == "By XMP"
    assert description(resource(0x0425, b"x" * 16)) == "By IPTC"
    every = read(jpeg(*segments, (0xED, b"Photoshop 3.0\0" + resource(0x0404, old))))
    assert (every["title"], every["description"], every["words"]) == ("By EXIF", "By XMP", ["By IPTC"])
    assert (every["keywords"], every["artist"]) == (["Gull", "tern"], ["Ada"])


def test_a_place_that_was_never_set_hides_no_other() -> None:
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})
    packet = xmp(attributes='exif:GPSLatitude="54.5" exif:GPSLongitude="-0.25"')
    for segments in ([(0xE1, JPEG_XMP + packet)], []):
        found = read(jpeg((0xE1, exif.tobytes()), *segments))
        assert (found["latitude"], found["longitude"]) == ((54.5, -0.25) if segments else (None, None))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("behind", [False, True])
def test_hostile_chunks_say_nothing(behind: bool) -> None:
    bomb = zlib.compress(b"kittiwake " * 10**6)
    chunks = [(b"zTXt", b"Comment\0\0garbage"), (b"iTXt", b"Comment"), (b"tEXt", b""), (b"eXIf", b"II*\0garbage")]
    chunks += [(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(b"zz")), (b"tIME", b"1")]
    assert read(png(*chunks, behind=True))["words"] == []
    assert len(str(read(png((b"zTXt", b"Comment\0\0" + bomb), behind=behind))["words"])) < 1_100_000


def test_text_in_front_of_the_pixels_may_be_long() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Description", "kittiwake " * 20_000, zip=True)
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 6)).save(file, "PNG", pnginfo=texts)
    found = read(file.getvalue())
    assert found["description"].startswith("kittiwake")
