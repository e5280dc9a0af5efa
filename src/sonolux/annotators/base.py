"""Annotator: the contract of what says things of media: labels, boxes, captions, transcripts, events.

An annotator takes one modality, in the form that `sonolux.types` fixes for it, and says of each input any number of
things, none included, each with the probability that it is so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sonolux.errors import SonoluxError
from sonolux.types import Annotation, Modality


class Annotator(ABC):
    """Says what media are.

    A subclass sets the attributes and writes `annotate_batch`; constructors store, and load nothing.

    Attributes
    ----------
    name : str
        Unique among annotators; every annotation carries it.
    spec : str
        What `sonolux.annotators.resolve` makes this annotator from again.
    modality : Modality
        What it takes: image, audio or text.
    digest : str
        Changes whenever it could say something else of the same input.
    licence : str
        Licence of the weights (SPDX where there is one), empty where there are none.
    sample_rate : int
        Hertz it wants audio at; 0 for other modalities.
    window, overlap : float or None, float
        Seconds of a recording that it is given at once, and that it sees twice, where what it says has places of its
        own: it says more of the middle of a window than of its ends. None for the windows that encoders get.
    batch_size : int
        How many inputs `annotate` hands to `annotate_batch` at once.
    k : int or None
        Annotations of an input, at most, the most probable ones; None for all.
    ordered : bool
        Whether the order of what it says is kept, as that of lines of text; else the most probable comes first.
    image_side : int or None
        Pixels of the longer side that it wants images at, at most; None for those that encoders get.
    region_items : bool
        Whether a library makes each region that it says an item of its own, with the descriptors of its crop.
    """

    name: str
    spec: str
    modality: Modality
    digest: str
    licence: str = ""
    sample_rate: int = 0
    window: float | None = None
    overlap: float = 0.0
    batch_size: int = 32
    k: int | None = None
    ordered: bool = False
    image_side: int | None = None
    region_items: bool = False

    @abstractmethod
    def annotate_batch(self, batch: Sequence[Any]) -> list[list[Annotation]]:
        """Annotate at most `batch_size` inputs: pixels (h, w, 3) uint8, samples at `sample_rate`, or strings.

        Returns
        -------
        annotations : list of list of Annotation
            One list an input, in order. A span is within the input: seconds or characters from its start; a region
            is of an image, in shares of its width and height.
        """

    def keep(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Choose what a library keeps of what was said of one input; here all, a subclass may be choosier.

        Parameters
        ----------
        annotations : sequence of Annotation
            Of one image, recording, window or text, the most probable first.
        """
        return list(annotations)

    def annotate(self, inputs: Sequence[Any]) -> list[list[Annotation]]:
        """Annotate any number of inputs, in batches, and check what comes back.

        Returns
        -------
        annotations : list of list of Annotation
            One list an input, in order, at most `k` each, the most probable first unless they are `ordered`.

        Raises
        ------
        SonoluxError
            Where the annotator breaks its contract: another number of lists, no name or label, a probability outside
            of [0, 1], a region of what is no image.
        """
        found: list[list[Annotation]] = []
        for start in range(0, len(inputs), self.batch_size):
            batch = inputs[start : start + self.batch_size]
            said = self.annotate_batch(batch)
            if len(said) != len(batch):
                raise SonoluxError(f"annotator {self.name} said {len(said)} things of {len(batch)} inputs")
            found += [self._checked(annotations) for annotations in said]
        return found

    def annotate_one(self, media: Any) -> list[Annotation]:
        """Annotate a single input."""
        return self.annotate([media])[0]

    def _checked(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        for annotation in annotations:
            if annotation.annotator != self.name or not annotation.label:
                raise SonoluxError(f"annotator {self.name} signed {annotation.annotator!r} under {annotation.label!r}")
            if not 0 <= annotation.probability <= 1:
                raise SonoluxError(
                    f"annotator {self.name} gave {annotation.label} probability {annotation.probability}"
                )
            if annotation.region is not None and self.modality != Modality.IMAGE:
                raise SonoluxError(f"annotator {self.name} gave {annotation.label} a region, but takes {self.modality}")
        probable = sorted(annotations, key=lambda annotation: -annotation.probability)[: self.k]
        return [one for one in annotations if one in probable] if self.ordered else probable
