"""Measure the p-values of recognition: ``SONOLUX_DATA=... python -m tools.class_evidence``.

Prints the tables of `sonolux.encoders.packaged.class_evidence`. Names of ImageNet's classes ask for photos of the even
half of the sample of ImageNet, and each pair that does not belong together counts; first captions ask for photos of the
even half of flickr_captions, and each pair counts of a question and a photo whose captions share no word. Nothing is
scored on these halves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from sonolux.encoders.packaged.class_evidence import SHOWN, class_probabilities, named_classes
from sonolux.encoders.packaged.concepts import concepts
from sonolux.evaluation.protocols.captioned_photos import class_questions, split_captioned
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


def words_of(sentences: Sequence[str]) -> set[str]:
    """Return the words of sentences that say something."""
    found: list[str] = re.findall("[a-z]+", " ".join(sentences).casefold())
    return {word for word in found if word not in ENGLISH_STOP_WORDS}


def _look(photos: Sequence[Path]) -> NDArray[np.float32]:
    return np.asarray(concepts()[0].encode([np.asarray(Image.open(photo).convert("RGB")) for photo in photos]))


def _by_name(sample: Path) -> list[float]:
    photos = split_photos(sample)[0]
    names = list(class_questions(sample))
    own = np.array([[photo.stem.partition("_")[2].replace("_", " ") == name for photo in photos] for name in names])
    return chances_among(surely_shown(names, _look(photos))[~own])


def _by_sentence(captions: Path) -> list[float]:
    photos = split_captioned(captions)[0]
    words = [words_of(photo.sentences) for photo in photos]
    questions = [photo.sentences[0] for photo in photos]
    strangers = np.array([[not words_of([question]) & said for said in words] for question in questions])
    return chances_among(surely_shown(questions, _look([photo.path for photo in photos]))[strangers])


if __name__ == "__main__":
    data = Path(os.environ["SONOLUX_DATA"])
    print("names", _by_name(data / "imagenet_sample"))
    print("sentences", _by_sentence(data / "flickr_captions"))
