"""Shards: tar files of samples, as WebDataset writes them, listed in one pass over their headers.

The key of a sample is the name of its members up to the first dot behind the last slash. Its media are members of the
shard; ``.txt``, ``.json`` and ``.cls`` beside them describe them and are no media; whatever else a sample has is passed
over, as links, devices and hidden files are. Names that lead out of the shard are refused.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import islice

from sonolux.errors import MediaError
from sonolux.media.inside.listing import ByteRange, Listing, Member
from sonolux.media.inside.tar_headers import BLOCK, ReadAt, TarEntry, tar_entries
from sonolux.media.sidecars import MEDIA
from sonolux.settings import settings

TEXTS = frozenset(("pdf", "txt", "md", "html", "htm", "docx", "pptx", "xlsx", "odt", "odp", "ods", "epub", "rtf"))
LETTERS_AND_CUES = frozenset(("eml", "srt", "vtt"))
RARER = frozenset(("jp2", "svg", "wv", "ape", "caf", "amr", "au", "oga", "ogv", "mka", "aifc", "apng"))
ENDINGS = MEDIA | TEXTS | LETTERS_AND_CUES | RARER
"""Of members that are media."""

DESCRIBING = ("txt", "json", "cls")
"""Endings of members that describe the media of their sample."""

LARGEST_DESCRIPTION = 2**18
"""Bytes of a description that are read."""

MOST_MEMBERS = 1_000_000
"""Entries of a shard that are looked at."""

COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
"""What compressed files begin with."""


def list_shard(read_at: ReadAt, size: int) -> Listing:
    """Return the media of a shard of so many bytes; MediaError for what is no tar, or a compressed one."""
    head = read_at(0, BLOCK)
    for magic, name in COMPRESSED.items():
        if head.startswith(magic):
            raise MediaError(f"is a tar compressed with {name}, whose members cannot be read one by one: decompress it")
    shard = _Shard(read_at)
    listing = shard.listing
    try:
        entries = tar_entries(read_at, size)
        for entry in islice(entries, MOST_MEMBERS):
            shard.take(entry)
        listing.whole = next(entries, None) is None
        if not listing.whole:
            listing.notes.append(f"has more than {MOST_MEMBERS:,} entries: the rest is not read")
    except MediaError as error:
        if not shard.entries:
            raise
        listing.whole = False
        listing.notes.append(f"{error} after {shard.entries:,} entries: the rest is not read")
    shard.close()
    return listing


class _Shard:
    """A shard while it is listed."""

    def __init__(self, read_at: ReadAt) -> None:
        self.listing = Listing()
        self.entries = 0
        self._read_at = read_at
        self._media: dict[str, ByteRange] = {}
        self._described: dict[str, dict[str, ByteRange]] = {}
        self._left_out: dict[str, list[str]] = {}

    def take(self, entry: TarEntry) -> None:
        """Take an entry as a medium or a description, or leave it out."""
        self.entries += 1
        name = _inner_name(entry.name)
        if not name:
            self._leave_out("lead out of it", entry.name)
            return
        parts = name.split("/")
        ending = name.rpartition(".")[2].lower() if "." in parts[-1] else ""
        if any(part.startswith(".") or part == "__MACOSX" for part in parts):
            return
        if ending == "tar":
            self._leave_out("are shards in a shard", name)
        elif ending not in ENDINGS and ending not in DESCRIBING:
            return
        elif not entry.plain:
            self._leave_out("are links or no plain files", name)
        elif name in self._media or ending in self._described.get(_key(name), ()):
            self._leave_out("are there twice, of which the first counts", name)
        elif ending in DESCRIBING:
            self._described.setdefault(_key(name), {})[ending] = ByteRange(entry.start, entry.size)
            if ending == "txt":
                self._media[name] = ByteRange(entry.start, entry.size)
        else:
            self._media[name] = ByteRange(entry.start, entry.size)

    def _leave_out(self, why: str, name: str) -> None:
        self._left_out.setdefault(why, []).append(name)

    def close(self) -> None:
        """Join media with what describes them, and say what was left out."""
        keys = {_key(name) for name in self._media if not name.lower().endswith(".txt")}
        stamps: dict[str, str] = {}
        for name, place in self._media.items():
            key = _key(name)
            described = dict(self._described.get(key, {}))
            if name.lower().endswith(".txt"):
                if key in keys:
                    continue
                del described["txt"]
            if place.size > settings().max_member:
                most = f"more than {settings().max_member:,}: SONOLUX_MAX_MEMBER allows others"
                self.listing.refused[name] = f"has {place.size:,} bytes in its shard, {most}"
                continue
            if described and key not in stamps:
                stamps[key] = self._stamp(described)
            self.listing.members[name] = Member(place, described, stamps.get(key, ""))
        for why, names in self._left_out.items():
            self.listing.notes.append(f"{len(names):,} of its members {why}, such as {names[0]!r}: left out")

    def _stamp(self, described: dict[str, ByteRange]) -> str:
        digest = blake2b(digest_size=8)
        for ending, place in sorted(described.items()):
            digest.update(f"{ending} {place.size}\n".encode())
            digest.update(self._read_at(place.start, min(place.size, LARGEST_DESCRIPTION)))
        return digest.hexdigest()


def _inner_name(name: str) -> str:
    """Return a member's name without ``.`` and empty parts; empty for one that leads out of its shard."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "" if name.startswith("/") or ".." in parts or "\0" in name else "/".join(parts)


def _key(name: str) -> str:
    """Return the key of a member's sample."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]
