"""Carriers: where each format of pictures keeps its descriptions, found without decoding a pixel.

Sources: JPEG, XMP specification part 3 (Adobe, 2020), 1.1.3; PNG, third edition (W3C, 2025), 11.3; GIF, XMP part 3,
1.1.2; TIFF, tags 700, 33723 and 34377.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from PIL.Image import Exif
from PIL.Image import Image as Picture

from sonolux.media.descriptions.exif import exif_of
from sonolux.media.descriptions.tag_text import tag_text
from sonolux.media.descriptions.xmp import LARGEST_PACKET

EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
PACKET_STARTS = (b"<?xpacket", b"<x:x", b"<rdf:RDF")
PHOTOSHOP = b"Photoshop 3.0\0"
TIFF_TAGS = 700, 33723, 34377
"""Of XMP, IPTC and resources."""

GIF_XMP, GIF_TRAILER = b"\x21\xff\x0bXMP DataXMP", b"\x01\xff\xfe"
LARGEST_GIF = 64 * 2**20
"""Bytes of a GIF that are searched for XMP."""

LARGEST_CHUNK = 2**20
"""Bytes of a text in a PNG, packed and unpacked."""

MOST_TEXT = 16 * 2**20
MOST_CHUNKS = 1_000_000
PROFILE = "raw profile type "
"""How keywords of PNG texts begin in which ImageMagick keeps blocks of other formats."""


@dataclass(slots=True)
class Blocks:
    """Descriptions of one picture, as they lie in it.

    Attributes
    ----------
    exif : Exif
    xmp : list of bytes
        Packets, the main one first.
    iptc : bytes
        Datasets alone.
    resources : bytes
        Adobe's image resources, with datasets in them.
    texts : list of (str, str)
        Keyword in lower case, and text, of PNG; of comments without a keyword, "comment".
    """

    exif: Exif = field(default_factory=Exif)
    xmp: list[bytes] = field(default_factory=list)
    iptc: bytes = b""
    resources: bytes = b""
    texts: list[tuple[str, str]] = field(default_factory=list)


def blocks_of(image: Picture) -> Blocks:
    """Return the descriptions in an opened picture that is not decoded yet."""
    if image.format == "PNG":
        return _png(image)
    blocks = Blocks(exif_of(image))
    if segments := getattr(image, "applist", None):
        _jpeg(segments, blocks)
        return blocks
    packet: object = image.info.get("xmp")
    if image.format == "GIF":
        blocks.xmp += _gif_xmp(image)
        blocks.texts.append(("comment", tag_text(image.info.get("comment"))))
    elif image.format == "TIFF":
        # As they lie in the file: programs call them bytes or long numbers, of which Pillow brings one.
        directory: Any = getattr(image, "tag_v2", None)
        packet, blocks.iptc, blocks.resources = (directory._tagdata.get(tag, b"") for tag in TIFF_TAGS)
    if isinstance(packet, bytes) and packet:
        blocks.xmp.append(packet)
    return blocks


def _jpeg(segments: list[tuple[str, bytes]], blocks: Blocks) -> None:
    extended: dict[bytes, dict[int, bytes]] = {}
    for name, data in segments:
        if name == "COM":
            blocks.texts.append(("comment", tag_text(data)))
        elif name == "APP13" and data.startswith(PHOTOSHOP):
            # Resources that are too long for one segment go on in the next.
            blocks.resources += data[len(PHOTOSHOP) :]
        elif name == "APP1" and data.startswith(EXTENDED_XMP):
            guid, (_, offset) = data[35:67], struct.unpack(">II", data[67:75].ljust(8, b"\0"))
            extended.setdefault(guid, {})[offset] = data[75:]
        elif name == "APP1" and any(start in data[:1000] for start in PACKET_STARTS):
            # Whatever name stands in front: some sites overwrite a part of it.
            blocks.xmp.append(data)
    for guid, parts in extended.items():
        packet = b"".join(parts[offset] for offset in sorted(parts))
        if len(packet) <= LARGEST_PACKET and any(guid in main for main in blocks.xmp):
            blocks.xmp.append(packet)


def _gif_xmp(image: Picture) -> list[bytes]:
    file = getattr(image, "fp", None)
    if file is None:
        return []
    at = file.tell()
    file.seek(0)
    data = file.read(LARGEST_GIF)
    file.seek(at)
    start = data.find(GIF_XMP)
    end = data.find(GIF_TRAILER, start)
    return [data[start + len(GIF_XMP) : end]] if 0 <= start < end else []


def _png(image: Picture) -> Blocks:
    """Read the chunks of a PNG: Pillow sees those behind the pixels only once it has decoded them."""
    blocks, exif_block = Blocks(), b""
    for kind, data in _chunks(getattr(image, "fp", None)):
        if kind == b"eXIf":
            exif_block = data
        elif kind == b"tIME" and len(data) == 7:
            year, *rest = struct.unpack(">H5B", data)
            blocks.texts.append(
                ("time", f"{year:04d}-{rest[0]:02d}-{rest[1]:02d}T" + ":".join(f"{n:02d}" for n in rest[2:]) + "Z")
            )
        elif (text := _png_text(kind, data)) is not None:
            keyword, value = text
            if keyword == "xml:com.adobe.xmp":
                blocks.xmp.append(value)
            elif keyword.startswith(PROFILE):
                exif_block = _take_profile(keyword.removeprefix(PROFILE), value, blocks) or exif_block
            else:
                blocks.texts.append((keyword, tag_text(value)))
    # What is noted here, Pillow does not decode the picture to look for.
    image.info.setdefault("exif", exif_block)
    for packet in blocks.xmp:
        image.info.setdefault("xmp", packet)
    blocks.exif = exif_of(image)
    return blocks


def _chunks(file: BinaryIO | None) -> Iterator[tuple[bytes, bytes]]:
    """Yield the small chunks of a PNG that may hold descriptions."""
    if file is None:
        return
    before, read = file.tell(), 0
    file.seek(8)
    for _ in range(MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or read > MOST_TEXT:
            break
        size, kind = int.from_bytes(head[:4]), head[4:]
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME") and size <= LARGEST_CHUNK:
            read += size
            yield kind, file.read(size)
            size = 0
        file.seek(size + 4, 1)
    file.seek(before)


def _png_text(kind: bytes, data: bytes) -> tuple[str, bytes] | None:
    """Return the keyword of a text chunk in lower case, and its text; None for other and damaged chunks."""
    keyword, _, rest = data.partition(b"\0")
    packed = kind == b"zTXt"
    if packed:
        rest = rest[1:]
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif kind != b"tEXt":
        return None
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, LARGEST_CHUNK)
        except zlib.error:
            return None
    return keyword.decode("latin-1").strip().lower(), rest


def _take_profile(name: str, value: bytes, blocks: Blocks) -> bytes:
    """Take a block in hexadecimal digits, behind its name and its length; return it where it is EXIF."""
    try:
        _name, _length, digits = value.decode("latin-1").strip().split("\n", 2)
        data = bytes.fromhex(digits)
    except ValueError:
        return b""
    if name == "xmp":
        blocks.xmp.append(data)
    elif name in ("iptc", "8bim"):
        # ImageMagick calls the resources so as well as the datasets within them.
        blocks.resources, blocks.iptc = (data, b"") if b"8BIM" in data[:64] else (b"", data)
    elif name in ("exif", "app1") and data.lstrip(b"Exif\0")[:2] in (b"II", b"MM"):
        return data
    return b""
