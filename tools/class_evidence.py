"""Measure the p-values of recognition: ``SONOLUX_DATA=... python -m tools.class_evidence``.

Prints `CHANCES` of `sonolux.encoders.packaged.class_evidence`: names of ImageNet's classes ask for photos of the even
half of the sample of ImageNet, which nothing is scored on, and each pair that does not belong together counts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sonolux.encoders.packaged.class_evidence import SHOWN, class_probabilities, named_classes
from sonolux.encoders.packaged.concepts import concepts
from sonolux.evaluation.protocols.captioned_photos import class_questions
from sonolux.evaluation.protocols.photo_search import split_photos


def surely_shown(questions: Sequence[str], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how surely each picture shows what each question asks for, (questions, pictures)."""
    _, text = concepts()
    vectors = text.vectors  # type: ignore[attr-defined]
    asked = np.asarray(text.encode_queries(questions))
    named = [named_classes(question, row, vectors.directions) for question, row in zip(questions, asked, strict=True)]
    return np.asarray(np.stack(named) @ class_probabilities(rows, vectors.decoder()).T)


def chances_among(shown: NDArray[np.float32]) -> list[float]:
    """Return the share of pairs that reach each of `SHOWN`; of so many, one more is not ruled out."""
    return [float(f"{(1 + (shown >= least).sum()) / (1 + shown.size):.2g}") for least in SHOWN]


if __name__ == "__main__":
    sample = Path(os.environ["SONOLUX_DATA"]) / "imagenet_sample"
    photos = split_photos(sample)[0]
    rows = np.asarray(concepts()[0].encode([np.asarray(Image.open(photo).convert("RGB")) for photo in photos]))
    names = list(class_questions(sample))
    found = surely_shown(names, rows)
    own = np.array([[photo.stem.partition("_")[2].replace("_", " ") == name for photo in photos] for name in names])
    print(chances_among(found[~own]))
