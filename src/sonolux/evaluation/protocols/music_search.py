"""Music search: whether the other half of a track is found, whether neighbours share its genre, and what is music.

Forty tracks of four genres (Emotify; A. Aljanaki et al., 2016), each cut into two halves of six seconds: a first half
asks, all second halves are searched. What is no music is all of ESC-10, German sentences and readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import Encoder
from sonolux.evaluation.protocols.free_speech import foreign_speech, readings
from sonolux.media.containers.audio import load_audio
from sonolux.metrics.ranking import paired_recall

HALF = 6.0
"""Seconds."""

NEAREST = 3
"""Other tracks whose genre is compared."""


@dataclass(frozen=True, slots=True)
class MusicSearch:
    """Tracks and their genres."""

    paths: list[Path]
    genres: list[str]

    def score(self, encoder: Encoder) -> dict[str, float]:
        """Return the share of first halves whose second half is nearest, and of near tracks with the same genre."""
        halves = [load_audio(str(path), encoder.sample_rate, 2 * HALF).samples for path in self.paths]
        cut = round(HALF * encoder.sample_rate)
        asked = np.asarray(encoder.encode_queries([track[:cut] for track in halves]))
        held = np.asarray(encoder.encode_queries([track[cut:] for track in halves]))
        scores = asked @ held.T
        return {"other half": paired_recall(scores), "genre": self._genres_shared(scores)}

    def _genres_shared(self, scores: NDArray[np.float32]) -> float:
        others = scores - 10 * np.eye(len(scores))
        near = np.argsort(-others, axis=1)[:, :NEAREST]
        genres = np.array(self.genres)
        return float((genres[near] == genres[:, None]).mean())


def read_tracks(data: Path) -> MusicSearch:
    """Return the tracks of Emotify."""
    paths = sorted((data / "emotify").glob("*/*.mp3"))
    return MusicSearch(paths, [path.parent.name for path in paths])


def music_files(data: Path) -> list[Path]:
    """Return the recordings that are music, which chose no threshold."""
    names = ("sweet-waltz", "ragtime", "Hungarian", "Lets_Go", "Sugar_Plum", "Vibe_Ace", "Drum-bass", "trumpet")
    return [path for path in sorted((data / "recordings").glob("*.ogg")) if any(name in path.stem for name in names)]


def other_files(data: Path) -> list[Path]:
    """Return what is no music, and chose no threshold: half of ESC-10, German sentences, readings, animals."""
    animals = [path for path in sorted((data / "recordings").glob("*.ogg")) if path not in music_files(data)]
    scenes = [path for path in sorted((data / "esc10").glob("*/*.ogg")) if path.parent.name > "fire_crackling"]
    return sorted({*scenes, *foreign_speech(data), *readings(data), *animals})
