"""Image classification with no training: ImageNet's 1,000 classes, and what they are kinds of.

The network is that of `photo` (`sonolux.encoders.packaged.photo`), so that a picture whose descriptor was just made
costs no second look. A kind (dog, vehicle, food) is as probable as its classes together, which is what makes the
network's doubt between two breeds of dog harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.packaged.image_classes import CLASSES, ImageClasses, image_classes
from sonolux.encoders.packaged.photo import Backbone, backbone
from sonolux.media.segment import Image
from sonolux.types import Annotation, Modality

TEMPERATURE = 0.59
"""Divides the scores of the network: it is surer than it says. Fitted on one half of the sample of ImageNet; `sonolux
bench photos` fits it again, and measures on the other half how far probabilities are from the truth."""

BEST = 5
"""Labels of a picture, if nothing else is asked: top five, as ImageNet's challenge."""

KEPT = 0.5
"""Probability from which a library keeps a label or a kind: more likely right than wrong."""

SPOKEN = 5
"""Occurrences in tagged texts from which a kind is a word of everyday: animal, not chordate."""

THINGS = {5: "animals", 6: "artifacts", 13: "food", 17: "objects of nature", 18: "people", 20: "plants"}
"""Files of WordNet whose kinds are things that can be seen."""

BEGINNERS = ("animal", "food", "person", "plant")
"""What such files begin with, which stands elsewhere."""

VAGUE = ("article", "container", "device", "equipment", "instrument", "protective covering", "structure")
"""Kinds of artifacts that tell nobody anything."""


class PhotoLabels(Annotator):
    """The most probable classes of a picture, and in what a library keeps also their kinds.

    Parameters
    ----------
    network : Backbone, optional
        By default the one that all of this process share.
    """

    def __init__(self, network: Backbone | None = None) -> None:
        self.network = network or backbone()
        self.name = self.spec = "photo-labels"
        self.modality = Modality.IMAGE
        self.digest = digest_of(self.network.folder.digest, TEMPERATURE, KEPT, everyday_kinds()[0])
        self.licence = self.network.folder.licence
        self.k = BEST

    def annotate_batch(self, batch: Sequence[NDArray[np.uint8]]) -> list[list[Annotation]]:
        """Return the labels of images (h, w, 3), best first."""
        names = image_classes().labels
        chances = self.probabilities(batch)
        best = np.argsort(-chances, axis=1, kind="stable")[:, : self.k]
        return [
            [Annotation(self.name, names[label], float(row[label])) for label in order]
            for row, order in zip(chances, best, strict=True)
        ]

    def label_and_kinds(self, batch: Sequence[NDArray[np.uint8]]) -> list[list[Annotation]]:
        """Return the classes and kinds of images (h, w, 3) that are more likely than not, the narrowest first."""
        chances = self.probabilities(batch)
        return [[*self._likely(row[None], range(CLASSES)), *self.kinds(row)] for row in chances]

    def kinds(self, probabilities: NDArray[np.float32]) -> list[Annotation]:
        """Return the kinds that are more likely than not, the narrowest first.

        Parameters
        ----------
        probabilities : ndarray, shape (classes,)
        """
        places, members = everyday_kinds()
        return self._likely(probabilities[None] @ members.T, places)

    def probabilities(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the probability of every class, float32 (n, 1000)."""
        from scipy.special import softmax

        chances: NDArray[np.float32] = softmax(self.network.scores(self.network.features(batch)) / TEMPERATURE, axis=1)
        return chances

    def _likely(self, chances: NDArray[Any], places: Sequence[int]) -> list[Annotation]:
        names = image_classes().labels
        row = np.minimum(chances[0], 1)
        return [
            Annotation(self.name, names[places[one]], float(row[one])) for one in map(int, np.flatnonzero(row >= KEPT))
        ]


def label_images(contents: Sequence[Image]) -> list[list[Annotation]]:
    """Return the classes and kinds of images that are more likely than not, by the network of this process."""
    return PhotoLabels().label_and_kinds([content.pixels for content in contents])


@cache
def everyday_kinds() -> tuple[tuple[int, ...], NDArray[np.float32]]:
    """Return the kinds that people speak of, the narrowest first, and which classes are of each.

    Returns
    -------
    places : tuple of int
        Where each is in the table of classes.
    members : ndarray, float32 (kinds, classes)
        1 where a class is of a kind.
    """
    table = image_classes()
    members = np.zeros((len(table.labels), CLASSES), np.float32)
    for place in range(CLASSES):
        members[list(table.kinds(place)), place] = 1
    sizes = members.sum(axis=1)
    chosen = [place for place in range(len(sizes)) if sizes[place] > 1 and _is_said(table, place)]
    chosen.sort(key=lambda place: sizes[place])
    return tuple(chosen), members[chosen]


def _is_said(table: ImageClasses, place: int) -> bool:
    """Tell whether a kind is one that people name when they see it."""
    name = table.labels[place]
    if table.counts[place] < SPOKEN or name in VAGUE:
        return False
    return table.fields[place] in THINGS or name in BEGINNERS
