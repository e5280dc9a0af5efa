"""Camera raw files: the largest preview inside, a JPEG, and what the file says of itself.

The values of the sensor are not developed: cameras and converters put a picture beside them, often as large. Most raw
files are TIFFs (CR2, NEF, ARW, DNG, PEF, SRW), some with a magic number of their own (ORF, RW2); RAF and CR3 are
containers. Whatever it is, previews are found by their headers.

Sources: TIFF 6.0; TIFF/EP (ISO 12234-2), photometric interpretations; Adobe DNG 1.7, tag 50706.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

from PIL.Image import Exif
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from sonolux.errors import MediaError
from sonolux.media.descriptions.exif import BROKEN, EXIF_IFD, GPS_IFD, ORIENTATION, SIDEWAYS
from sonolux.media.images.jpeg_scans import frame_size
from sonolux.media.signatures import RAW

LARGEST = 2**29
"""Bytes of a raw file that are searched, at most."""

MOST_PREVIEWS = 1000
"""Beginnings of pictures that are looked at, at most."""

MOST_DIRECTORIES = 32
DESCRIBED_IN = 2**22
"""Bytes of the beginning of a file in which it describes itself."""

START = b"\xff\xd8\xff"
ODD_TIFFS = (b"IIU\0", b"IIRO", b"IIRS", b"MMOR")
"""What Panasonic's and Olympus' TIFFs begin with."""

BIG_TIFF = (b"+\0", b"\0+")
CANON = slice(8, 10), b"CR"
PHOTOMETRIC, SUB_DIRECTORIES, DNG_VERSION, XMP = 262, 330, 50706, 700
SENSOR = (32803, 34892)
"""Photometric interpretations of values that are no colours yet: of a filter array, and linear raw."""

CANON_BLOCKS = {b"CMT1": None, b"CMT2": EXIF_IFD, b"CMT4": GPS_IFD}
"""Boxes of a CR3, each a TIFF, and the directory of EXIF that is in it."""


def is_raw_tiff(file: IO[bytes]) -> bool:
    """Tell whether a TIFF is a raw file: by Canon's mark, DNG's version, or a directory of sensor values."""
    file.seek(0)
    head = file.read(16)
    if head[CANON[0]] == CANON[1]:
        return True
    head = head if head[2:4] in BIG_TIFF else head[:8]
    with suppress(*BROKEN), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of directories that are damaged: Pillow opens the file, or says why not
        return any(
            DNG_VERSION in directory or directory.get(PHOTOMETRIC) in SENSOR for directory in _directories(file, head)
        )
    return False


def _directories(file: IO[bytes], head: bytes) -> Iterator[ImageFileDirectory_v2]:
    """Yield the directories of a TIFF and those within them, each once, so many at most."""
    first = ImageFileDirectory_v2(head)
    waiting: list[int] = [first.next]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_DIRECTORIES:
        offset = waiting.pop(0)
        if not offset or offset in seen:
            continue
        seen.add(offset)
        file.seek(offset)
        directory = ImageFileDirectory_v2(head)
        directory.load(file)
        yield directory
        within: Any = directory.get(SUB_DIRECTORIES, ())
        waiting += [directory.next, *(within if isinstance(within, tuple) else (within,))]


def open_preview(file: IO[bytes], _name: str = "") -> ImageFile:
    """Open the largest preview of a raw file; it says what the raw file says.

    Raises
    ------
    MediaError
        Where there is none.
    """
    file.seek(0)
    content = file.read(LARGEST)
    previews = sorted(_previews(content), key=lambda found: found[0], reverse=True)
    for _, start in previews:
        with suppress(*BROKEN):
            return _described(content, JpegImageFile(io.BytesIO(content[start:]), ""))
    raise MediaError("is a raw file without a preview that can be read: convert it to JPEG")


def _previews(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield pixels and place of each JPEG in a file that is a picture; sensor values are coded without loss."""
    at = content.find(START)
    for _ in range(MOST_PREVIEWS):
        if at < 0:
            return
        size = frame_size(content, at)
        if size is not None:
            yield size[0] * size[1], at
        at = content.find(START, at + len(START))


def _described(content: bytes, preview: Any) -> ImageFile:
    """Have a preview say what its raw file says, and what it says itself where the file does not."""
    described = Exif()
    for part in (preview.getexif(), *_file_exif(content[:DESCRIBED_IN])):
        described.update({tag: part[tag] for tag in part if tag not in (EXIF_IFD, GPS_IFD)})
        for directory in (EXIF_IFD, GPS_IFD):
            described.get_ifd(directory).update(part.get_ifd(directory))
    if described.get(ORIENTATION) in SIDEWAYS and preview.height > preview.width:
        described[ORIENTATION] = 1  # sensors are wider than high: such a preview was turned when it was made
    if isinstance(packet := described.get(XMP), bytes):
        preview.info["xmp"] = packet
    preview.getexif = lambda: described
    preview.format = RAW
    opened: ImageFile = preview
    return opened


def _file_exif(head: bytes) -> Iterator[Exif]:
    if head.startswith(ODD_TIFFS):
        head = (b"II*\0" if head.startswith(b"II") else b"MM\0*") + head[4:]
    if head[4:8] == b"ftyp":
        for name, directory in CANON_BLOCKS.items():
            at = head.find(name)
            size = int.from_bytes(head[max(0, at - 4) : at], "big")
            exif, block = Exif(), head[at + 4 : at - 4 + size]
            with suppress(*BROKEN), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exif.load(block)
                if directory is None:
                    yield exif
                else:
                    within = Exif()
                    within.get_ifd(directory).update(dict(exif))
                    yield within
    elif head[:2] in (b"II", b"MM"):
        exif = Exif()
        with suppress(*BROKEN), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(head)
            exif.get_ifd(EXIF_IFD), exif.get_ifd(GPS_IFD)
            yield exif
