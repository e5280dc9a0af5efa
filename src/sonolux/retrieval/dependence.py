"""Dependence between spaces: how much the evidence of one repeats that of another, and what each is worth beside it.

Spaces that see the same (two of colours) are wrong about the same non-matches: their evidence must not count twice. The
correlation of evidence is measured on pairs of items of the library itself, nearly all of which are non-matches.
From it and the strength of each space follow the weights of linear discriminant analysis (Fisher 1936, "The use of
multiple measurements in taxonomic problems", Annals of Eugenics): ``inverse(correlation) @ strengths``, none negative.
A space that repeats another takes half of its weight from it, and a space of no strength hardly weighs. Spaces that
hold nothing in common, as those of the pictures and of the sound of films, are measured on different things: how strong
they are beside one another is not known, and each group of them weighs the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sonolux.index import Index, Point
from sonolux.types import Space

SAMPLED = 400
"""Items on whose pairs dependence is measured, drawn from the spaces alike."""

ASKED = 100
"""Of these, questions that each space is asked."""

PAIRS = 400
"""Least pairs of items that two spaces must share; of fewer nothing is learned, and they count as independent."""

BELIEVED = 0.8
"""Share of a measured correlation that is believed: the matches among the pairs, about which all spaces agree, raise it
(shrinkage towards independence: Schäfer and Strimmer 2005, "A shrinkage approach to large-scale covariance matrix
estimation", Statistical Applications in Genetics and Molecular Biology)."""

LEAST = 0.02
"""Weight that a space keeps beside the heaviest: what it alone finds is still found, after what others find."""

HELD = 0.05
"""Share of a modality's items from which on a space holds that modality."""

SWEEPS = 500
CONVERGED = 1e-10

AssessItems = Callable[[Space, Any, Sequence[Any]], Sequence[float]]
"""Return the evidence of some descriptors of a space for a question to it."""


@dataclass(frozen=True)
class Weights:
    """What a unit of evidence is worth in each of several spaces.

    Attributes
    ----------
    of_space : mapping of str to float
        The sum is 1.
    held : mapping of str to frozenset of str
        The spaces that hold items of a modality, by its name.
    """

    of_space: Mapping[str, float]
    held: Mapping[str, frozenset[str]]

    def of_modality(self, modality: str) -> float:
        """Return what all spaces together are worth that hold items of a modality; 1 where none is known to."""
        held = self.held.get(modality, frozenset())
        return sum(weight for name, weight in self.of_space.items() if name in held) or 1.0


@dataclass(frozen=True)
class Dependence:
    """What some spaces have in common.

    Attributes
    ----------
    names : tuple of str
        Of the spaces.
    correlation : ndarray, shape (s, s)
        Of their evidence for non-matches, in [0, 1].
    common : ndarray of bool, shape (s, s)
        Whether any item is in both spaces.
    held : mapping of str to frozenset of str
        The spaces that hold items of a modality, by its name.
    """

    names: tuple[str, ...]
    correlation: NDArray[np.float64]
    common: NDArray[np.bool_]
    held: Mapping[str, frozenset[str]]
    _known: dict[tuple[float, ...], Weights] = field(default_factory=dict, init=False, repr=False, compare=False)

    def weights(self, strengths: Mapping[str, float]) -> Weights:
        """Return what a unit of evidence is worth in each space.

        Parameters
        ----------
        strengths : mapping of str to float
            Of all the spaces.
        """
        key = tuple(strengths[name] for name in self.names)
        if key not in self._known:
            self._known[key] = self._weights(np.array(key))
        return self._known[key]

    def _weights(self, strong: NDArray[np.float64]) -> Weights:
        weights = np.zeros(len(strong))
        groups = _connected(self.common)
        for group in groups:
            among = np.ix_(group, group)
            weights[group] = discriminant_weights(strong[group], self.correlation[among]) / len(groups)
        return Weights(dict(zip(self.names, weights.tolist(), strict=True)), self.held)

    def to_arrays(self) -> dict[str, Any]:
        """Return what a file keeps of it."""
        held = {modality: sorted(spaces) for modality, spaces in self.held.items()}
        matrices = {"correlation": self.correlation, "common": self.common}
        return {"names": np.array(self.names), "held": np.array(json.dumps(held)), **matrices}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], names: tuple[str, ...]) -> Self:
        """Return what `to_arrays` gave for these spaces; KeyError, ValueError or their like for anything else."""
        held = {modality: frozenset(spaces) for modality, spaces in json.loads(str(arrays["held"])).items()}
        correlation, common = arrays["correlation"], arrays["common"]
        shape = (len(names), len(names))
        if tuple(arrays["names"].tolist()) != names or correlation.shape != shape or common.shape != shape:
            raise ValueError(f"no dependence of {names}")
        if common.dtype != bool or not np.isfinite(correlation).all():
            raise ValueError(f"no correlation of {names}")
        return cls(names, correlation, common, held)


def discriminant_weights(strengths: NDArray[np.float64], correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights, none negative, of sources of evidence that repeat one another; their sum is 1.

    They minimise ``weights @ correlation @ weights / 2 - strengths @ weights``, by coordinate descent.

    Parameters
    ----------
    strengths : ndarray, shape (s,)
        None negative.
    correlation : ndarray, shape (s, s)
    """
    shrunk = BELIEVED * correlation
    np.fill_diagonal(shrunk, 1.0)
    weights = np.zeros(len(strengths))
    for _ in range(SWEEPS):
        before = weights.copy()
        for place, strength in enumerate(strengths):
            weights[place] = max(0.0, strength - shrunk[place] @ weights + weights[place])
        if np.abs(weights - before).max() <= CONVERGED * weights.max():
            break
    if not weights.any():
        weights[:] = 1.0
    weights = np.maximum(weights, LEAST * weights.max())
    return np.asarray(weights / weights.sum())


def measure_dependence(index: Index, spaces: Sequence[Space], assess: AssessItems) -> Dependence:
    """Measure the dependence of some spaces on items of a library.

    Parameters
    ----------
    index : Index
    spaces : sequence of Space
    assess : callable
    """
    names = tuple(space.name for space in spaces)
    points = _sample(index, spaces)
    files = np.array([point.payload.get("file", point.id) for point in points], dtype=str)
    strangers = files[:, None] != files[None, :]
    evidence = [np.where(strangers, _among(space, points, assess), np.nan) for space in spaces]
    correlation = np.eye(len(spaces))
    for i in range(len(spaces)):
        for j in range(i):
            correlation[i, j] = correlation[j, i] = _correlation(evidence[i], evidence[j])
    there = np.array([[name in point.vectors for name in names] for point in points], float).reshape(-1, len(names))
    return Dependence(names, correlation, there.T @ there > 0, _held(points, names))


def _connected(common: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the groups of spaces that hold items in common, directly or through others."""
    reached = common | np.eye(len(common), dtype=bool)
    for _ in range(len(common)):
        reached = reached @ reached
    return [np.flatnonzero(row) for place, row in enumerate(reached) if not row[:place].any()]


def _sample(index: Index, spaces: Sequence[Space]) -> list[Point]:
    """Draw items, and bring them into an order that is as good as random but follows from their descriptors."""
    share = SAMPLED // len(spaces)
    ids = dict.fromkeys(point.id for space in spaces for point in index.sample(space.name, share))
    points = index.fetch(list(ids), spaces=[space.name for space in spaces], keys=("file", "modality"))
    return sorted(points, key=lambda point: (_digest(point), point.id))


def _digest(point: Point) -> bytes:
    vectors = [point.vectors[name] for name in sorted(point.vectors)]
    content = b"".join((each if isinstance(each, np.ndarray) else each.data).tobytes() for each in vectors)
    return hashlib.blake2b(content, digest_size=8).digest()


def _among(space: Space, points: Sequence[Point], assess: AssessItems) -> NDArray[np.float64]:
    """Return the evidence (points, points) of each item for some as questions; NaN where a space knows nothing."""
    evidence = np.full((len(points), len(points)), np.nan)
    held = [number for number, point in enumerate(points) if space.name in point.vectors]
    rows = [points[number].vectors[space.name] for number in held]
    for number, row in zip(held[:ASKED], rows, strict=False):
        evidence[number, held] = assess(space, row, rows)
    return evidence


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return how evidence of two spaces goes together; what is against one another is taken as independent."""
    shared = ~np.isnan(one) & ~np.isnan(other)
    pairs = one[shared], other[shared]
    if len(pairs[0]) < PAIRS or not (np.ptp(pairs[0]) and np.ptp(pairs[1])):
        return 0.0
    return float(np.clip(np.corrcoef(*pairs)[0, 1], 0.0, 1.0))


def _held(points: Sequence[Point], names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the spaces that hold more than a few items of each modality."""
    modalities = Counter(str(point.payload.get("modality", "")) for point in points)
    there = Counter((str(point.payload.get("modality", "")), name) for point in points for name in point.vectors)
    return {
        modality: frozenset(name for name in names if there[modality, name] >= HELD * count)
        for modality, count in modalities.items()
    }
