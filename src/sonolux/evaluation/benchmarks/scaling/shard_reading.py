"""Reading of shards: the bytes that listing one reads, and how often it goes back."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from sonolux.media.inside.holders import open_holder
from sonolux.media.inside.shards import list_shard


@dataclass(slots=True)
class ShardReading:
    """What was read of a file: its size, members found, reads, bytes, and passes over it."""

    size: int
    members: int = 0
    reads: int = 0
    read: int = 0
    passes: int = 1


def write_shard(path: Path, photos: list[Path], members: int) -> None:
    """Write a tar of so many members, with the photos in turn."""
    contents = [photo.read_bytes() for photo in photos]
    with tarfile.open(path, "w") as archive:
        for number in range(members):
            content = contents[number % len(contents)]
            entry = tarfile.TarInfo(f"{number:06}.jpg")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def measure_listing(path: Path) -> ShardReading:
    """List a shard as `add` does, and look at what is read for that."""
    holder = open_holder(str(path))
    reading, reached = ShardReading(holder.size), 0

    def read_at(place: int, count: int) -> bytes:
        nonlocal reached
        reading.passes += place < reached
        reached = place
        content = holder.read_at(place, count)
        reading.reads += 1
        reading.read += len(content)
        return content

    try:
        reading.members = len(list_shard(read_at, holder.size).members)
    finally:
        holder.close()
    return reading
