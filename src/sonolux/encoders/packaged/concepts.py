"""Concepts (ConSE): a space where sentences and pictures meet, with no model of the hub and no caption learned from.

A picture is the convex combination of what its classes are called: the vectors of the names of ImageNet's classes, by
the sentence model, weighed by how probable the network finds each (M. Norouzi et al., "Zero-shot learning by convex
combination of semantic embeddings", ICLR 2014). A name goes up into its kinds, each level of hypernyms with half the
weight of the one below, so that "dog" finds terriers. What all names have in common is taken off both pictures and
questions, for it says nothing; after that a flatter distribution over classes tells more of scenes that are none of
them. Temperature, levels and centring were chosen on the halves of flickr_captions and of the sample of ImageNet that
`sonolux bench words` does not score.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import Encoder, normalised
from sonolux.encoders.packaged.class_evidence import (
    chances_of,
    class_probabilities,
    decoder,
    named_classes,
    names_classes,
)
from sonolux.encoders.packaged.image_classes import CLASSES, ImageClasses, image_classes
from sonolux.encoders.packaged.photo import backbone
from sonolux.encoders.packaged.sentences import DIM, sentences
from sonolux.settings import settings
from sonolux.types import Modality

TEMPERATURE = 1.5
"""Divides the scores of classes."""

LEVELS = 4
"""Of hypernyms above a class."""

DECAY = 0.5
"""Weight of a level beside that of the one below."""

SENTENCE_WEIGHT = 0.8
"""Of what the network says of other questions than names, beside the background model of a library."""

VERSION = 1
"""Of what is done with the models; changes the digest."""


class ClassVectors:
    """Vectors of the classes of pictures, and what they have in common; made once and kept on disk.

    Attributes
    ----------
    digest : str
        Changes with either model and with anything that is done.
    """

    def __init__(self) -> None:
        self.digest = digest_of(
            VERSION, backbone().folder.digest, sentences().digest, TEMPERATURE, LEVELS, DECAY, image_classes()
        )
        self._held = LoadedOnce(self._read)
        self.decoder = LoadedOnce(lambda: decoder(self.directions))

    @property
    def directions(self) -> NDArray[np.float32]:
        """What each class means beyond the mean of all, float32 (1000, 384)."""
        return self._held() - self.mean

    @property
    def mean(self) -> NDArray[np.float32]:
        """What the names of classes mean on average, float32 (384,)."""
        mean: NDArray[np.float32] = self._held().mean(axis=0)
        return mean

    def _read(self) -> NDArray[np.float32]:
        file = settings().cache / "concepts" / f"{self.digest}.npy"
        with suppress(OSError, ValueError, EOFError):
            known: NDArray[np.float32] = np.load(file, allow_pickle=False)
            if known.shape == (CLASSES, DIM) and known.dtype == np.float32 and np.isfinite(known).all():
                return known
        made = class_vectors(image_classes())
        with suppress(OSError):  # what cannot be kept is made again
            _keep(made, file)
        return made


class ConceptImage(Encoder):
    """Pictures as combinations of what their classes mean, for words to find; pictures find one another by `photo`."""

    gpu_share = 0.1

    asks = False

    def __init__(self, vectors: ClassVectors) -> None:
        self.vectors = vectors
        _describe(self, Modality.IMAGE, vectors)
        self.weight = 2.0

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows (n, 384)."""
        from scipy.special import softmax

        network = backbone()
        chances = softmax(network.scores(network.features(batch)) / TEMPERATURE, axis=1)
        rows: NDArray[np.float32] = chances @ self.vectors.directions
        return rows


class ConceptText(Encoder):
    """Questions by what they mean, beyond what the names of all classes have in common."""

    gpu_share = 0.1

    def __init__(self, vectors: ClassVectors) -> None:
        self.vectors = vectors
        _describe(self, Modality.TEXT, vectors)

    def encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        """Encode sentences into rows (n, 384)."""
        rows = np.asarray(sentences().encode_queries(batch))
        return np.where(rows.any(axis=1, keepdims=True), rows - self.vectors.mean, 0)

    def judges(self, question: str) -> float:
        """Return 1 for what classes are called, of which the network knows more than any library; see the base."""
        return 1.0 if names_classes(question) else SENTENCE_WEIGHT

    def chances(self, question: str, row: NDArray[Any], found: NDArray[Any]) -> NDArray[np.float64]:
        """Return the chance that pictures of other things seem to show what is asked for as surely; see the base."""
        named = named_classes(question, row, self.vectors.directions)
        shown = class_probabilities(found, self.vectors.decoder()) @ named
        return chances_of(shown, names_classes(question))


def concepts() -> list[Encoder]:
    """Return the encoders of the space: pictures write into it, pictures and sentences ask."""
    vectors = _class_vectors()
    return [ConceptImage(vectors), ConceptText(vectors)]


def class_vectors(table: ImageClasses) -> NDArray[np.float32]:
    """Return the vectors of the classes, each with those of its kinds: float32 (1000, 384)."""
    names = normalised(np.asarray(sentences().encode([", ".join(words) for words in table.names])))
    return np.stack([_with_kinds(table, place, names) for place in range(CLASSES)])


def _with_kinds(table: ImageClasses, place: int, names: NDArray[np.float32]) -> NDArray[np.float32]:
    levels = [(place,), *(level for level in table.levels(place, LEVELS) if level)]
    weights = DECAY ** np.arange(len(levels), dtype=np.float32)
    means = np.stack([names[list(level)].mean(axis=0) for level in levels])
    combined: NDArray[np.float32] = weights @ means / weights.sum()
    return combined


def _describe(encoder: Encoder, modality: Modality, vectors: ClassVectors) -> None:
    encoder.name = f"concepts:{modality}"
    encoder.spec = encoder.space = "concepts"
    encoder.modality = modality
    encoder.dim = DIM
    encoder.digest = vectors.digest
    encoder.licence = backbone().folder.licence


def _keep(rows: NDArray[np.float32], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as opened:
        np.save(opened, rows)
    unfinished.replace(file)


@cache
def _class_vectors() -> ClassVectors:
    return ClassVectors()
