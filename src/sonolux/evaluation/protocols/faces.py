"""Face identification protocol: five images of each person in the gallery, ten probes, and an open set.

A method that learns from the gallery learns twice: for the open set from a gallery without the strangers, so that they
are as strange to it as to those who look for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sonolux.errors import SonoluxError
from sonolux.evaluation.descriptors import DescribeImageSet, scores_between
from sonolux.evaluation.scorecard import Scorecard
from sonolux.metrics.identification import detection_and_identification_rate, rank_one_rate
from sonolux.training.data.images import ImageSet, read_images

GALLERY = 5
"""Images of a person that are known: the first by number."""

STRANGERS = range(21, 31)
"""People left out of the gallery of the open set, by number."""

FALSE_ACCEPTS = (0.01, 0.1)
"""Shares of the strangers' probes that may pass for somebody."""


Learn = Callable[[ImageSet], DescribeImageSet]
"""From a gallery to a way to describe."""


@dataclass(frozen=True, slots=True)
class Faces:
    """Gallery and probes, labelled by person."""

    gallery: ImageSet
    probes: ImageSet

    def score(self, method: str, describe: DescribeImageSet, seed: int = 0) -> Scorecard:
        """Measure closed-set rank-1, and detection and identification at 1 % and 10 % false accepts."""
        return self.score_learned(method, lambda gallery: describe, seed)

    def score_learned(self, method: str, learn: Learn, seed: int = 0) -> Scorecard:
        """Measure the same of a method that learns from the gallery."""
        metrics = {"rank-1": self._closed(learn(self.gallery)), **self._open(learn)}
        split = f"{len(self.probes)} probes, gallery of {len(self.gallery)}; open set without people 21-30"
        return Scorecard("faces", method, metrics, "rank-1", split, seed)

    def _closed(self, describe: DescribeImageSet) -> float:
        scores = scores_between(describe(self.probes), describe(self.gallery))
        return rank_one_rate(scores, self._people(self.probes), self._people(self.gallery))

    def _open(self, learn: Learn) -> dict[str, float]:
        gallery = _classes_there(self.gallery.subset(np.flatnonzero(~np.isin(self._people(self.gallery), STRANGERS))))
        describe = learn(gallery)
        scores = scores_between(describe(self.probes), describe(gallery))
        people, known = self._people(self.probes), self._people(gallery)
        strange = np.isin(people, STRANGERS)
        best, right = scores.max(axis=1), known[scores.argmax(axis=1)] == people
        return {
            f"DIR@{rate:.0%}": detection_and_identification_rate(best[~strange], right[~strange], best[strange], rate)
            for rate in FALSE_ACCEPTS
        }

    def _people(self, images: ImageSet) -> np.ndarray:
        assert images.labels is not None
        return np.array([int(name.removeprefix("s")) for name in images.classes])[images.labels]


def _classes_there(images: ImageSet) -> ImageSet:
    """Number the classes anew, without those that have no image."""
    assert images.labels is not None
    there, labels = np.unique(images.labels, return_inverse=True)
    return replace(images, labels=labels.astype(np.int64), classes=tuple(images.classes[label] for label in there))


def read_faces(data: Path, side: int = 64) -> Faces:
    """Read the faces: ``s<person>/<number>.png``, made square."""
    folder = data / "faces"
    images = read_images(folder, side)
    try:
        numbers = np.array([int(Path(path).stem) for path in images.paths])
    except ValueError as error:
        raise SonoluxError(f"{folder}: pictures of a person are numbered, <number>.png") from error
    return Faces(images.subset(np.flatnonzero(numbers <= GALLERY)), images.subset(np.flatnonzero(numbers > GALLERY)))
