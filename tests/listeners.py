"""Libraries of songs without files, and listeners: descriptors, tags and plays that are made, for tests of taste."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sonolux.encoders import Encoder
from sonolux.encoders.base import Descriptors, normalised
from sonolux.index import Point
from sonolux.index.interactions import Interaction
from sonolux.library import Library
from sonolux.types import Modality

DIM = 16
GENRES = 4


class SoundOfSongs(Encoder):
    """Its descriptors are computed already."""

    name = spec = space = "sound"
    modality = Modality.AUDIO
    dim = DIM
    digest = "sound"
    sample_rate = 8_000

    def encode_batch(self, batch: Sequence[Any]) -> Descriptors:
        return np.stack(batch)


@dataclass(frozen=True)
class Song:
    """A song that has no file."""

    id: str
    path: str
    artist: str
    title: str
    genre: int


def song(number: int) -> Song:
    genre = number % GENRES
    id_ = str(uuid.uuid5(uuid.NAMESPACE_OID, f"song {number}"))
    return Song(id_, f"/music/genre{genre}/song{number:03}.flac", f"Artist {number // 3}", f"Song {number}", genre)


def fill_songs(library: Library, count: int, seed: int = 0) -> list[Song]:
    """Add songs of a few genres, which lie apart in the space of their sound."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((GENRES, DIM))
    songs = [song(number) for number in range(count)]
    rows = normalised(
        np.stack([centres[one.genre] + 0.5 * random.standard_normal(DIM) for one in songs]).astype(np.float32)
    )
    library.create([SoundOfSongs()])
    points = [
        Point(
            one.id,
            {"sound": row},
            {
                "kind": "file", "file": one.id, "path": one.path, "folders": ["/music", f"/music/genre{one.genre}"],
                "modality": "audio", "title": one.title, "size": 1, "mtime": 0, "hash": one.id, "encoded": ["sound"],
                "meta": {"artist": [one.artist], "genre": [f"genre{one.genre}"]},
            },
        )
        for one, row in zip(songs, rows, strict=True)
    ]  # fmt: skip
    library.index.upsert(points)
    return songs


def play_songs(library: Library, songs: Sequence[Song], users: int = 40, seed: int = 0) -> dict[str, int]:
    """Have users play songs, most of one genre each; return the genre that each likes."""
    random = np.random.default_rng(seed)
    liked = {f"user{number:02}": number % GENRES for number in range(users)}
    rows = []
    for user, genre in liked.items():
        weights = np.array([8.0 if one.genre == genre else 1.0 for one in songs])
        played = random.choice(len(songs), min(12, len(songs)), replace=False, p=weights / weights.sum())
        rows += [Interaction(user, songs[place].id, float(random.integers(1, 30))) for place in played]
    library.interactions.add(rows)
    return liked
