"""Sidecars: files that describe the medium beside them, and are no items: XMP, and the JSON of Google Takeout.

Which file describes which is told by their names, in one folder: ``IMG.xmp`` (Lightroom and others) or ``IMG.jpg.xmp``
(darktable, digiKam); ``IMG.jpg.json`` or ``IMG.jpg.supplemental-metadata.json`` (Takeout), which Takeout cuts at 46
characters and numbers in its own way: ``IMG.jpg(1).json`` is of ``IMG(1).jpg``.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

XMP, TAKEOUT = ".xmp", ".json"

RAW = frozenset(
    (
        *(
            "dng",
            "cr2",
            "cr3",
            "crw",
            "nef",
            "nrw",
            "arw",
            "srf",
            "sr2",
            "orf",
            "rw2",
            "raf",
            "pef",
            "srw",
            "raw",
            "rwl",
        ),
        *("3fr", "fff", "iiq", "x3f", "erf", "kdc", "dcr", "mrw", "mos", "mef"),
    )
)
STILLS = RAW | {"jpg", "jpeg", "jpe", "heic", "heif", "avif", "png", "gif", "tif", "tiff", "webp", "bmp", "jxl", "psd"}
FILMS = frozenset(("mp4", "mov", "m4v", "avi", "mkv", "webm", "mpg", "mpeg", "mts", "m2ts", "3gp", "3g2", "wmv", "mp"))
SOUNDS = frozenset(("mp3", "m4a", "flac", "wav", "ogg", "opus", "aac", "aif", "aiff", "wma"))
MEDIA = STILLS | FILMS | SOUNDS
"""Endings of media that a sidecar without their ending may describe."""

SUPPLEMENT = "supplemental-metadata"
MOST_ALIKE = 100
"""Names with the same 46 characters in front that are looked at."""

CUT = (45, 46, 47)
"""Characters of a name that Takeout has cut off."""

NUMBER = re.compile(r"(.*)(\(\d+\))", re.DOTALL)
VERSION = re.compile(r"(.*)_\d\d(\.\w+)", re.DOTALL)
"""How darktable names the sidecar of a second version: ``IMG_01.CR2.xmp``."""

EDITED = re.compile(r"(.*)-(\w[\w ]+?)((?:\(\d+\))?\.\w+)", re.DOTALL)
EDITS = (
    *("edited", "effects", "bearbeitet", "modifié", "modificato", "editado", "editada", "ha editado", "bewerkt"),
    *("smile", "mix", "editat", "edytowane", "redigerad", "redigeret", "编辑", "編集済み"),
)
"""How Takeout names an edited copy, cut perhaps, to which it gives no sidecar of its own."""

OF_TAKEOUT = (b'"photoTakenTime"', b'"googlePhotosOrigin"', b'"geoDataExif"')
LOOKED_AT = 65536
"""Bytes in which a file of Takeout shows what it is."""


def sidecars_of(path: str) -> list[str]:
    """Return the paths of a file's sidecars, XMP first."""
    folder, name = os.path.split(path)
    return [_joined(folder, sidecar) for sidecar in _matched(folder).sidecars.get(name, ())]


def described_by(path: str) -> list[str]:
    """Return the paths of the files that a sidecar describes; none for what is no sidecar."""
    folder, name = os.path.split(path)
    if not name.lower().endswith((XMP, TAKEOUT)):
        return []
    described = _matched(folder).media.get(name, [])
    if described and name.lower().endswith(TAKEOUT) and not _is_takeout(path):
        return []
    return [_joined(folder, medium) for medium in described]


def sidecars_stamp(path: str) -> str:
    """Return what tells whether a file's sidecars are as they were; "" where it has none."""
    digest = hashlib.blake2b(digest_size=8)
    found = sidecars_of(path)
    for sidecar in found:
        try:
            status = Path(sidecar).stat()
        except OSError:
            continue
        digest.update(f"{_split(sidecar)[1]} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest() if found else ""


@dataclass(frozen=True)
class _Matched:
    """Names of one folder: the sidecars of its media, and the media of its sidecars."""

    sidecars: dict[str, tuple[str, ...]] = field(default_factory=dict)
    media: dict[str, list[str]] = field(default_factory=dict)


def _matched(folder: str) -> _Matched:
    try:
        return _listed(folder, Path(folder).stat().st_mtime_ns)
    except OSError:
        return _Matched()


@lru_cache(maxsize=16)
def _listed(folder: str, _changed: int) -> _Matched:
    """Return what a folder holds; it is listed anew once it has changed."""
    found = _Matched(matched_sidecars(entry.name for entry in Path(folder).iterdir()))
    for medium, sidecars in found.sidecars.items():
        for sidecar in sidecars:
            found.media.setdefault(sidecar, []).append(medium)
    return found


def matched_sidecars(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the media among the names of one folder that have sidecars, with the names of those, XMP first.

    Examples
    --------
    >>> matched_sidecars(["a.jpg", "a.xmp", "a(1).jpg", "a.jpg(1).json", "b.json"])
    {'a.jpg': ('a.xmp',), 'a(1).jpg': ('a.jpg(1).json',)}
    """
    names = sorted(names)
    beside = [name for name in names if name.lower().endswith((XMP, TAKEOUT))]
    if not beside:
        return {}
    folder = _Folder(name for name in names if not name.lower().endswith((XMP, TAKEOUT)))
    found: dict[str, list[str]] = {}
    for name in sorted(beside, key=lambda name: (not name.lower().endswith(XMP), name)):
        stem, ending = _split(name)
        for medium in folder.of_xmp(stem) if ending.lower() == XMP else folder.of_takeout(stem):
            found.setdefault(medium, []).append(name)
    for medium, original in folder.derived():
        own = found.get(medium, [])
        if not any(name.lower().endswith(TAKEOUT) for name in own):
            borrowed = [name for name in found.get(original, ()) if name.lower().endswith(TAKEOUT)]
            if borrowed:
                found[medium] = own + borrowed
    return {medium: tuple(sidecars) for medium, sidecars in found.items()}


class _Folder:
    """The names of a folder that may be described, whatever case and Unicode form their sidecars are in."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: dict[str, list[str]] = {}
        self.stems: dict[str, list[str]] = {}
        for name in names:
            self.names.setdefault(_key(name), []).append(name)
            stem, ending = _split(name)
            if ending[1:].lower() in MEDIA:
                self.stems.setdefault(_key(stem), []).append(name)

    def named(self, name: str) -> list[str]:
        """Return the file of a name: spelled so, or else nearly so."""
        alike = self.names.get(_key(name), [])
        return [name] if name in alike else alike[:1]

    def with_stem(self, stem: str) -> list[str]:
        """Return the media that have a name before any ending: spelled so, or else nearly so."""
        alike = self.stems.get(_key(stem), [])
        return [name for name in alike if _split(name)[0] == stem] or alike

    def of_xmp(self, stem: str) -> list[str]:
        """Return whom ``stem.xmp`` describes: the file of that name, or all that differ in the ending alone."""
        version = VERSION.fullmatch(stem)
        first = version[1] + version[2] if version else stem
        return self.named(stem) or self.named(first) or self.with_stem(stem)

    def of_takeout(self, stem: str) -> list[str]:
        """Return whom ``stem.json`` of Takeout describes."""
        numbered = NUMBER.fullmatch(stem)
        base, number = (numbered[1], numbered[2]) if numbered else (stem, "")
        title, _, tail = base.rpartition(".")
        whole = [base, title] if title and SUPPLEMENT.startswith(tail.lower()) else [base]
        for before, ending in map(_split, whole):
            if same := self.named(f"{before}{number}{ending}"):
                return same
        # Some have no ending of the file, or a part of it.
        for candidate in whole:
            if same := self.with_stem(f"{candidate}{number}"):
                return same
        for before, ending in map(_split, whole):
            alike = self.with_stem(f"{before}{number}")
            if same := [name for name in alike if ending and _split(name)[1].lower().startswith(ending.lower())]:
                return same
        return self._cut(_key(whole[-1]), number) if len(base) in CUT else []

    def _cut(self, start: str, number: str) -> list[str]:
        """Return media whose names begin so, with the number of a sidecar whose name Takeout has cut."""
        found: list[str] = []
        first = bisect_left(self.sorted_stems, start)
        for stem in self.sorted_stems[first : first + MOST_ALIKE]:
            if not stem.startswith(start):
                break
            numbered = NUMBER.fullmatch(stem)
            if (numbered[2] if numbered else "") == number:
                found += self.stems[stem]
        return found

    @cached_property
    def sorted_stems(self) -> list[str]:
        """Return the names before their endings, in order."""
        return sorted(self.stems)

    def derived(self) -> Iterator[tuple[str, str]]:
        """Yield files that Takeout describes with another: edited copies, and the films of live photos."""
        for name in [name for names in self.names.values() for name in names]:
            edited = EDITED.fullmatch(name)
            if edited and any(word.startswith(edited[2].lower()) for word in EDITS):
                yield from ((name, original) for original in self.named(edited[1] + edited[3]))
            stem, ending = _split(name)
            if ending[1:].lower() in FILMS:
                stills = (other for other in self.with_stem(stem) if _split(other)[1][1:].lower() in STILLS)
                yield from ((name, still) for still in stills)


def _is_takeout(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            head = file.read(LOOKED_AT)
    except OSError:
        return False
    return any(key in head for key in OF_TAKEOUT)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _split(name: str) -> tuple[str, str]:
    """Return what is before the ending of a name, and the ending with its dot."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and folder != "/" else folder + name
