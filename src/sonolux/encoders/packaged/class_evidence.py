"""Zero-shot recognition: how surely a picture shows what a question names, told from its descriptor of concepts.

Cosines of different questions are not comparable: a question has its own greatest one, and relatives of a thing come
near it. Probabilities of classes are. A descriptor of concepts is a mean of 1,000 vectors, weighed by how probable the
network finds each class (`concepts`); a ridge regression upon these vectors gives the weights back, and a power the
distribution that a calibrated network would give (with the even half of the sample of ImageNet they correlate by .93).
What a question names is a weight for each class: those that are called so, or are of a kind that is called so, and
those whose names mean about the same. The sum over both is the probability that the picture shows it, and its p-value
is the share of pictures that are none of it and reach as much. Of the name of a class fewer do than of a sentence,
which means a little of many classes: there is a table for names, learned from that half, and one for all else, learned
from sentences about other photographs than these (the even half of flickr_captions).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.encoders.packaged.image_classes import CLASSES, image_classes

RIDGE = 0.001
"""Of the regression, in units of the mean variance."""

POWER = 4
"""Of the weights that the regression gives."""

WIDTH = 0.05
"""Cosines between a question and the names of classes are divided by it: how wide a meaning is."""

CALLED = 0.9
"""Share of what is called as the question says, beside what means about the same; a word has many senses."""

SHOWN = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
"""Probabilities that a picture shows what is asked for, as `shown` gives them."""

NAME_CHANCES = (0.3, 0.13, 0.034, 0.0092, 0.0029, 0.0016, 0.00074, 0.00049, 0.00024, 0.00015, 9.8e-05, 4e-05, 2e-06)
"""Share of pictures of other things that reach each of `SHOWN`; `python -m tools.class_evidence` makes it again."""

SENTENCE_CHANCES = (1.0, 0.95, 0.66, 0.2, 0.026, 0.0093, 0.0028, 0.00098, 0.00027, 7.3e-05, 1.2e-05, 1.2e-05, 1.2e-05)
"""The same where the question is not the name of classes: pictures whose captions share no word with it."""

BROADEST = CLASSES // 2
"""Classes that a name may stand for, at most: of an object or an artifact there is one in every picture."""

ARTICLES = re.compile(r"^(a|an|the)\s+", re.IGNORECASE)


def named_classes(question: str, row: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far a question names each class, float32 (1000,); what it names by a kind counts whole.

    Parameters
    ----------
    question : str
    row : ndarray, shape (384,)
        Its unit vector in the space of concepts.
    directions : ndarray, shape (1000, 384)
        Of the classes, see `sonolux.encoders.packaged.concepts.ClassVectors`.
    """
    from scipy.special import softmax

    alike: NDArray[np.float32] = softmax(normalised(directions) @ row / WIDTH)
    called = _called(question)
    return alike if called is None else (1 - CALLED) * alike + CALLED * called


def decoder(directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the map from descriptors to weights of classes, float32 (384, 1000): a ridge regression."""
    exact = directions.astype(np.float64)
    variances = exact.T @ exact
    variances += RIDGE * variances.trace() / len(variances) * np.eye(len(variances))
    return np.asarray(np.linalg.solve(variances, exact.T), np.float32)


def class_probabilities(rows: NDArray[np.float32], decode: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return about how probable each class is in pictures, float32 (n, 1000), from their descriptors of any length."""
    weights = np.maximum(normalised(rows) @ decode, 0) ** POWER
    totals = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0))


def chances_of(shown: NDArray[np.floating], named: bool) -> NDArray[np.float64]:
    """Return p-values: the share of pictures of other things that show what is asked for as surely.

    Parameters
    ----------
    shown : ndarray, shape (n,)
        Probabilities that pictures show it.
    named : bool
        Whether the question is the name of classes, see `names_classes`.
    """
    chances = NAME_CHANCES if named else SENTENCE_CHANCES
    reached = np.log(np.clip(shown, SHOWN[0], SHOWN[-1]))
    return np.asarray(np.exp(np.interp(reached, np.log(SHOWN), np.log(chances))))


def names_classes(question: str) -> bool:
    """Return whether a question is what some classes, or a kind of them, are called."""
    return _called(question) is not None


def _called(question: str) -> NDArray[np.float32] | None:
    """Return 1 for each class that is called so, or is of a kind that is; None where there is none."""
    said = ARTICLES.sub("", question.strip()).casefold()
    classes = next((found for form in (said, *_singulars(said)) if (found := _classes_by_name().get(form))), None)
    if classes is None:
        return None
    called = np.zeros(CLASSES, np.float32)
    called[list(classes)] = 1
    return called


def _singulars(word: str) -> list[str]:
    """Return what a word may be the plural of."""
    endings = (("ies", "y"), ("es", ""), ("s", ""))
    return [word[: -len(plural)] + one for plural, one in endings if word.endswith(plural)]


@cache
def _classes_by_name() -> Mapping[str, set[int]]:
    """Return the classes that each name of the table stands for: of all its senses, those that are of them."""
    table = image_classes()
    found: dict[str, set[int]] = defaultdict(set)
    for place in range(CLASSES):
        for synset in (place, *table.kinds(place)):
            for name in table.names[synset]:
                found[name.casefold()].add(place)
    return {name: classes for name, classes in found.items() if len(classes) <= BROADEST}
