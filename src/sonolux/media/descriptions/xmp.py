"""XMP: an XML packet in the data model of RDF, in pictures, films, documents, and files beside them.

Source: ISO 16684-1:2019 (XMP data model, serialisation, core properties); names of properties by their namespace:
IPTC Photo Metadata Standard, Exif 2.32 for XMP (CIPA DC-010), MWG regions, and what common programs add.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from sonolux.media.descriptions.exif import camera_name, stars_of_percent
from sonolux.media.descriptions.places import written_degrees
from sonolux.media.descriptions.statements import (
    CHANGED,
    DIGITISED,
    SATELLITE,
    TAKEN,
    WRITTEN,
    Statements,
    without_blanks,
)

LARGEST_PACKET = 8 * 2**20
MOST_PROPERTIES = 5000
DEEPEST = 12
"""Elements within each other; a face region, the deepest that is read, has nine."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CONTAINERS = tuple(f"{{{RDF}}}{name}" for name in ("Alt", "Bag", "Seq"))
ITEM, DESCRIPTION, VALUE = (f"{{{RDF}}}{name}" for name in ("li", "Description", "value"))

USED_PREFIX = re.compile(r"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*[\s=/>]")
DECLARED_PREFIX = re.compile(r"\bxmlns:([A-Za-z_][\w.-]*)\s*=")
MOST_PREFIXES = 50

PREFIXES = {
    RDF: "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.2/": "MP",
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo#": "MPRI",
    "http://ns.microsoft.com/photo/1.2/t/Region#": "MPReg",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
    "http://ns.google.com/photos/1.0/": "google",
}

TITLES = ("dc:title", "photoshop:Headline", "xmpDM:scene", "acdsee:caption")
DESCRIPTIONS = ("dc:description", "tiff:ImageDescription", "acdsee:notes")
ARTISTS = ("dc:creator", "tiff:Artist", "xmpDM:artist", "acdsee:author")
KEYWORDS = ("dc:subject", "MicrosoftPhoto:LastKeywordXMP", "acdsee:keywords", "Iptc4xmpExt:PersonInImage")
NAMES = ("mwg-rs:Name", "MPReg:PersonDisplayName")
"""Of people, and of what else a region shows."""

PATHS = ("lr:hierarchicalSubject", "digiKam:TagsList", "MicrosoftPhoto:LastKeywordXMP")
"""Keywords with those above them: ``Animals|Birds|Kittiwake``, ``Animals/Birds``."""

WORDS = (
    "exif:UserComment",
    "Iptc4xmpCore:AltTextAccessibility",
    "Iptc4xmpCore:ExtDescrAccessibility",
    "Iptc4xmpExt:Event",
    "Iptc4xmpCore:IntellectualGenre",
    "Iptc4xmpCore:Scene",
    "photoshop:SupplementalCategories",
)
PLACES = (
    ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country"),
    *(
        tuple(
            f"Iptc4xmpExt:{where}/Iptc4xmpExt:{part}"
            for part in ("Sublocation", "City", "ProvinceState", "CountryName")
        )
        for where in ("LocationShown", "LocationCreated")
    ),
)
DATES = (
    (TAKEN, "exif:DateTimeOriginal"),
    (TAKEN, "photoshop:DateCreated"),
    (TAKEN, "xmpDM:shotDate"),
    (DIGITISED, "exif:DateTimeDigitized"),
    (DIGITISED, "xmp:CreateDate"),
    (DIGITISED, "dc:date"),
    (CHANGED, "tiff:DateTime"),
    (SATELLITE, "exif:GPSTimeStamp"),
    (WRITTEN, "xmp:ModifyDate"),
)

Properties = dict[str, list[str]]
"""Texts of each property, by names such as ``dc:title``; those in a structure behind its name and a slash."""


def xmp_statements(packet: bytes | str) -> Statements:
    """Return what a packet says, as far as it is well formed; nothing where it is too large or declares entities."""
    said = properties(packet)

    def texts(*names: str) -> list[str]:
        return [text for name in names for text in said.get(name, ())]

    def first(name: str) -> str:
        return next(iter(said.get(name, ())), "")

    titles, descriptions = texts(*TITLES), texts(*DESCRIPTIONS)
    paths = [[part for part in re.split(r"[|/]", text) if part] for text in texts(*PATHS)]
    keywords = [*texts(*KEYWORDS), *(text for name, found in said.items() if name.endswith(NAMES) for text in found)]
    places = [", ".join(filter(None, map(first, names))) for names in PLACES]
    return without_blanks(
        {
            "title": titles,
            "description": descriptions,
            "artist": texts(*ARTISTS),
            "keywords": [text for text in keywords if not re.search(r".[|/].", text)] or [p[-1] for p in paths if p],
            "words": [*texts(*WORDS), *(" ".join(path) for path in paths)],
            "place": places,
            "rating": [_rating(first("xmp:Rating"), first("MicrosoftPhoto:Rating"))],
            "camera": [camera_name(first("tiff:Make"), first("tiff:Model"))],
            "position": [_position(said)],
            "date": [(rank, text) for rank, name in DATES for text in texts(name)],
        }
    )


def properties(packet: bytes | str) -> Properties:
    """Return the properties of a packet, up to where it stops to be well formed."""
    if len(packet) > LARGEST_PACKET:
        return {}
    text = packet if isinstance(packet, str) else _decoded(packet)
    # Only a document type can declare entities, and a packet has none: so nothing expands, and nothing is fetched.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return {}
    parser: XMLPullParser[Element] = XMLPullParser(["start"])
    body = re.sub(r"^[^<]*(<\?xml\b[^>]*>)?", "", text)
    with suppress(ParseError, ValueError):  # what came before the damage is there
        parser.feed(f"<packet{_missing_namespaces(body)}>{body}</packet>")
    begun: Iterator[Any] = parser.read_events()
    root: Element | None = None
    with suppress(ParseError):
        _, root = next(begun, (None, None))
    found: Properties = {}
    for description in () if root is None else _descriptions(root):
        _collect(description, "", found, DEEPEST)
    return found


def _decoded(packet: bytes) -> str:
    """Decode UTF-8, or what a mark or zeros show; bytes that do not fit are taken for old Western text."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"<\0", "utf-16-le")):
        if packet.startswith(mark):
            return packet.decode(encoding, "replace")
    if packet.startswith(b"\0<"):
        return packet.decode("utf-16-be", "replace")
    return packet.decode("utf-8", "sonolux-western").replace("\0", " ")


def _missing_namespaces(text: str) -> str:
    """Return declarations of the prefixes that a packet uses without one: strict parsers would read nothing of it."""
    missing = sorted(set(USED_PREFIX.findall(text)) - set(DECLARED_PREFIX.findall(text)) - {"xml", "xmlns"})
    usual = {prefix: namespace for namespace, prefix in PREFIXES.items()}
    return "".join(f' xmlns:{prefix}="{usual.get(prefix, "unknown")}"' for prefix in missing[:MOST_PREFIXES])


def _western(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("sonolux-western", _western)


def _descriptions(root: Element) -> Iterator[Element]:
    """Yield the outermost descriptions of a packet: they lie in rdf:RDF, with or without an envelope."""
    for outer in (*root, *(inner for envelope in root for inner in envelope)):
        if outer.tag == f"{{{RDF}}}RDF":
            yield from (element for element in outer if element.tag == DESCRIPTION)
            return


def _collect(element: Element, above: str, found: Properties, left: int) -> None:
    """Gather the properties of a description or structure, written as attributes or as elements."""
    for name, value in element.attrib.items():
        if known := _name(name):
            _put(found, above + known, value)
    for child in element:
        name = _name(child.tag)
        if not name or not left:
            continue
        containers = [inner for inner in child if inner.tag in CONTAINERS]
        items = [item for container in containers for item in container if item.tag == ITEM]
        # The default language of several comes first.
        for item in sorted(items, key=lambda item: item.get(LANGUAGE) != "x-default") if containers else [child]:
            _collect_value(item, above + name, found, left - 1)


def _collect_value(element: Element, name: str, found: Properties, left: int) -> None:
    """Gather one value: text, text with qualifiers, or a structure."""
    inner = [child for child in element if child.tag == DESCRIPTION] or [element]
    for structure in inner:
        qualified = structure.find(VALUE)
        text = structure.get(VALUE) or (structure.text if qualified is None else qualified.text)
        if text and text.strip():
            _put(found, name, text)
        _collect(structure, f"{name}/", found, left)


def _put(found: Properties, name: str, text: str) -> None:
    if len(found) < MOST_PROPERTIES and len(values := found.setdefault(name, [])) < MOST_PROPERTIES:
        values.append(text.strip())


def _name(tag: str) -> str:
    """Return a property's name with the prefix that is used here, "" for those of no interest."""
    namespace, _, name = tag[1:].partition("}")
    prefix = PREFIXES.get(namespace)
    return f"{prefix}:{name}" if prefix else ""


def _rating(stars: str, percent: str) -> float | None:
    """Return the stars; 0 says unrated, and -1 rejected."""
    for text, convert in ((stars, float), (percent, lambda text: stars_of_percent(float(text)))):
        try:
            value = convert(text)
        except ValueError:
            continue
        if value is not None and 0 < value <= 5:
            return value
    return None


def _position(said: Properties) -> tuple[float, float] | None:
    latitude, longitude = (
        written_degrees(said.get(f"exif:GPS{name}", [""])[0], said.get(f"exif:GPS{name}Ref", [""])[0])
        for name in ("Latitude", "Longitude")
    )
    return None if latitude is None or longitude is None else (latitude, longitude)
