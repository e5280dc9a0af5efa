"""Reading the tags of a music file: ID3 and APE here, those of Ogg, FLAC, MP4 and ASF by tinytag.

Where a file has several tags, the first that says something of a key is believed: ID3v2 in front, the tags of its
container, APE, and last ID3v1, whose texts are cut.
"""

from __future__ import annotations

import io
import logging
import re
from typing import BinaryIO

from sonolux.media.music_tags.fields import FRONT, Fields, Picture
from sonolux.media.music_tags.id3 import add_frames
from sonolux.media.music_tags.id3_frames import HEADER, read_frames, tag_size
from sonolux.media.music_tags.tail import add_tail

logger = logging.getLogger(__name__)

BY_TINYTAG = (b"OggS", b"fLaC", b"0&\xb2u\x8ef\xcf\x11")
CHUNKED = {b"RIFF": "little", b"RF64": "little", b"FORM": "big"}
MOST_CHUNKS = 1000
LARGEST_FRONT = 2**24
"""Bytes behind an ID3 tag that are looked at for the tags of FLAC."""

TEXTS = {
    "title": "title", "artist": "artist", "album": "album", "albumartist": "album_artist", "genre": "genre",
    "year": "date", "composer": "composer", "comment": "comment", "lyrics": "lyrics", "syncedlyrics": "lyrics",
    "unsynced lyrics": "lyrics", "description": "description", "keywords": "keywords", "keyword": "keywords",
    "keyw": "keywords", "language": "language", "rating": "rating", "fmps_rating": "share", "ldes": "comment",
    "conductor": "more", "lyricist": "more", "performer": "more", "work": "more", "movement_name": "more",
    "grouping": "more", "set_subtitle": "more", "subtitle": "more", "mood": "more", "location": "place",
    "tvsh": "more", "synopsis": "comment",
}  # fmt: skip
"""Names of tinytag to keys of `Fields`."""

MADE_FOR_PROGRAMS = re.compile(r"iTun", re.IGNORECASE)


def read_tags(file: BinaryIO) -> Fields:
    """Return what the tags of an open file say; nothing for a kind of file that has none of these tags."""
    fields = Fields()
    for start in _id3_places(file):
        add_frames(fields, read_frames(file, start))
    file.seek(0)
    head = file.read(16)
    behind = tag_size(head[:HEADER]) or 0
    file.seek(behind)
    magic = file.read(12)
    if magic.startswith(BY_TINYTAG) or magic[4:8] == b"ftyp":
        _add_container_tags(fields, file, behind)
    if not magic.startswith(b"OggS") and magic[4:8] != b"ftyp":
        add_tail(fields, file)
    return fields


def best_picture(pictures: list[Picture]) -> bytes | None:
    """Return the front cover, or the first picture of another kind, None for none."""
    front = (picture for picture in pictures if picture.kind == FRONT)
    found = next(front, pictures[0] if pictures else None)
    return None if found is None else found.data


def _id3_places(file: BinaryIO) -> list[int]:
    """Return where ID3v2 tags begin: in front, or in a chunk of a WAV, AIFF or DSD file."""
    file.seek(0)
    head = file.read(32)
    if head.startswith((b"ID3",)):
        return [0]
    if head.startswith(b"DSD "):
        place = int.from_bytes(head[20:28], "little")
        return [place] if 0 < place < file.seek(0, io.SEEK_END) else []
    order = CHUNKED.get(head[:4])
    return [] if order is None else _chunks(file, order, (b"id3 ", b"ID3 "))


def _chunks(file: BinaryIO, order: str, names: tuple[bytes, ...]) -> list[int]:
    """Return where the chunks of these names have their content."""
    found: list[int] = []
    at = 12
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        if head[:4] in names:
            found.append(at + 8)
        size = int.from_bytes(head[4:], "little" if order == "little" else "big")
        at += 8 + size + size % 2
    return found


def _add_container_tags(fields: Fields, file: BinaryIO, behind: int) -> None:
    """Add what tinytag reads of which ID3 said nothing; a file that it cannot read keeps what libav finds."""
    from tinytag import TinyTag, TinyTagException

    file.seek(behind)
    # It looks for its beginning where the file begins.
    source = io.BytesIO(file.read(LARGEST_FRONT)) if behind else file
    try:
        tag = TinyTag.get(file_obj=source, duration=False, image=False)
    except TinyTagException as error:
        logger.debug("no tags by tinytag: %s", error)
        return
    said = frozenset(fields.texts)
    for name, values in tag.as_dict().items():
        key = TEXTS.get(name)
        if key is not None and key not in said and isinstance(values, list):
            fields.add(key, *(value for value in values if not MADE_FOR_PROGRAMS.match(value)))
