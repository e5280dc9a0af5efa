"""Descriptions as programs write them, and pictures that carry them."""

from __future__ import annotations

import io
import struct
import zlib

import PIL.Image

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
}


def xmp(elements: str = "", attributes: str = "") -> bytes:
    """A packet as Adobe's library writes it."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared} {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def listed(name: str, *values: str, kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{value}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def dataset(number: int, value: bytes, record: int = 2) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    """An image resource of Adobe's, padded to even lengths."""
    label = bytes([len(name)]) + name
    padded = label + b"\0" * (len(label) % 2)
    return b"8BIM" + struct.pack(">H", number) + padded + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)


def saved(form: str, **options: object) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 6), (90, 120, 40)).save(file, form, **options)
    return file.getvalue()


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with segments behind its first one: the last byte of their marker, and their content."""
    plain = saved("JPEG")
    end = 4 + struct.unpack(">H", plain[4:6])[0]
    inner = b"".join(bytes([0xFF, mark]) + struct.pack(">H", len(data) + 2) + data for mark, data in segments)
    return plain[:end] + inner + plain[end:]


def png(*chunks: tuple[bytes, bytes], behind: bool = False) -> bytes:
    """A PNG with chunks in front of its pixels, or behind them."""
    plain = saved("PNG")
    at = plain.index(b"IEND") - 4 if behind else plain.index(b"IDAT") - 4
    inner = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return plain[:at] + inner + plain[at:]
