"""Who is this? Five pictures of each person are known, ten ask; and some who ask are not known at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonolux.errors import SonoluxError
from sonolux.evaluation.describing import Describe, scores_between
from sonolux.evaluation.metrics import detection_and_identification, rank_one
from sonolux.evaluation.scorecard import Scorecard
from sonolux.training.pictures import PictureSet, read_pictures

GALLERY = 5
"""Pictures of a person that are known: the first by number."""

STRANGERS = range(21, 31)
"""People left out of the gallery of the open set, by number."""


@dataclass(frozen=True, slots=True)
class Faces:
    """Gallery and probes, labelled by person."""

    gallery: PictureSet
    probes: PictureSet

    def score(self, method: str, describe: Describe, seed: int = 0) -> Scorecard:
        """Measure closed-set rank-1, and detection and identification at 1 % and 10 % false accepts."""
        scores = scores_between(describe(self.probes), describe(self.gallery))
        people, known = self._people(self.probes), self._people(self.gallery)
        inside, among = ~np.isin(people, STRANGERS), ~np.isin(known, STRANGERS)
        closed = rank_one(scores, people, known)
        opened = [
            detection_and_identification(
                scores[inside][:, among], people[inside], known[among], scores[~inside][:, among], rate
            )
            for rate in (0.01, 0.1)
        ]
        metrics = {"rank-1": closed, "DIR@1%": opened[0], "DIR@10%": opened[1]}
        split = f"{len(self.probes)} probes, gallery of {len(self.gallery)}; open set without people 21-30"
        return Scorecard("faces", method, metrics, "rank-1", split, seed)

    def _people(self, pictures: PictureSet) -> np.ndarray:
        assert pictures.labels is not None
        return np.array([int(name.removeprefix("s")) for name in pictures.classes])[pictures.labels]


def faces(data: Path, side: int = 64) -> Faces:
    """Read the faces: ``s<person>/<number>.png``, made square."""
    folder = data / "faces"
    pictures = read_pictures(folder, side)
    try:
        numbers = np.array([int(Path(path).stem) for path in pictures.paths])
    except ValueError as error:
        raise SonoluxError(f"{folder}: pictures of a person are numbered, <number>.png") from error
    return Faces(
        pictures.subset(np.flatnonzero(numbers <= GALLERY)), pictures.subset(np.flatnonzero(numbers > GALLERY))
    )
