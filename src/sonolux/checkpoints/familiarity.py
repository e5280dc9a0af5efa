"""Novelty detection: how unlike what was learned an input is, and how seldom a known one is so unlike.

Learned items are whitened by the covariance that their classes share, shrunk, since items are few (K. Lee et al., "A
simple unified framework for detecting out-of-distribution samples and adversarial attacks", NeurIPS 2018). Unfamiliar
is what is far from the mean of the nearest class, and hardly nearer to it than to the next (D. Lowe 2004 tells matches
so): ``log d1 + 2 log(d1 / d2)`` of squared distances. The chance of it is a conformal p-value: the share of items left
out that were as unfamiliar (V. Vovk et al., "Algorithmic learning in a random world", 2005); beyond all of these it
falls as an exponential tail, so that few items can tell what is far away.

Where learned items lie is kept in ``known.safetensors`` beside the weights, by its SHA-256 part of the digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.outputs import KnownClasses
from sonolux.errors import ModelError

KNOWN = "known.safetensors"
"""Name of the file."""

NEXT = 2.0
"""How much the ratio of the two nearest classes counts.

Chosen on faces and CIFAR-10, but the grocery photos that ``sonolux bench teach --part unknown`` scores were looked at
meanwhile: what it reaches there is no measure of photos that chose nothing.
"""

SHRINKAGE = 0.1
"""Share of the mean variance of a direction that is added to each."""

SMALLEST = 1e-11
"""Of the largest variance, below which a direction is one in which nothing differs."""

LEAST = 1e-9
"""Squared distance, at least."""


@dataclass(frozen=True, slots=True)
class ClassSpread:
    """How items of one class differ.

    Attributes
    ----------
    axes : ndarray of float, shape (k, dim)
        Orthonormal directions in which they do.
    variances : ndarray of float, shape (k,)
        Along these.
    means : ndarray of float, shape (classes, dim)
    freedom : int
        Degrees of freedom: items less classes.
    """

    axes: NDArray[np.float64]
    variances: NDArray[np.float64]
    means: NDArray[np.float64]
    freedom: int

    @classmethod
    def of(cls, rows: NDArray[np.floating], labels: NDArray[np.integer]) -> Self:
        """Return that of items (n, dim), whose labels are from 0, each with an item."""
        rows = np.asarray(rows, np.float64)
        classes = int(labels.max()) + 1
        means = np.stack([rows[labels == label].mean(axis=0) for label in range(classes)])
        spread = rows - means[labels]
        freedom = max(len(rows) - classes, 1)
        few = len(rows) <= rows.shape[1]  # then their products tell all, and are the smaller matrix
        values, vectors = np.linalg.eigh(spread @ spread.T if few else spread.T @ spread)
        kept = values > max(SMALLEST * float(values[-1]), freedom * 1e-24)
        axes = ((vectors[:, kept] / np.sqrt(values[kept])).T @ spread) if few else vectors[:, kept].T
        return cls(axes, values[kept] / freedom, means, freedom)


@dataclass(frozen=True, slots=True)
class Familiarity:
    """Where learned items lie.

    Attributes
    ----------
    axes : ndarray of float32, shape (k, dim)
        Orthonormal directions in which items of one class differ.
    variances : ndarray of float32, shape (k,)
        Along these, shrunk.
    rest : float
        Variance along all other directions.
    means : ndarray of float32, shape (classes, dim)
    """

    axes: NDArray[np.float32]
    variances: NDArray[np.float32]
    rest: float
    means: NDArray[np.float32]

    @classmethod
    def of(cls, rows: NDArray[np.floating], labels: NDArray[np.integer], shrinkage: float = SHRINKAGE) -> Self:
        """Return that of learned items.

        Parameters
        ----------
        rows : ndarray of float, shape (n, dim)
        labels : ndarray of int, shape (n,)
            From 0, each with an item.
        shrinkage : float
            See `SHRINKAGE`.
        """
        return cls.shrunk(ClassSpread.of(rows, labels), shrinkage)

    @classmethod
    def shrunk(cls, spread: ClassSpread, shrinkage: float = SHRINKAGE) -> Self:
        """Return that of items whose spread is known already."""
        count = max(min(len(spread.variances), spread.freedom), 1)
        rest = max(shrinkage * float(spread.variances.sum()) / count, 1e-8)
        variances = (spread.variances + rest).astype(np.float32)
        return cls(spread.axes.astype(np.float32), variances, rest, spread.means.astype(np.float32))

    def distances(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the squared distance of each row from the mean of each class, (n, classes)."""
        rows = np.asarray(rows, np.float32)
        mine, theirs = rows @ self.axes.T, self.means @ self.axes.T
        scale = np.sqrt(self.variances)
        along = _squared_distances(mine / scale, theirs / scale)
        if len(self.axes) == rows.shape[1]:
            return along
        whole, within = _squared_distances(rows, self.means), _squared_distances(mine, theirs)
        found: NDArray[np.float64] = along + np.maximum(whole - within, 0) / self.rest
        return found

    def unfamiliarity(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return how unlike all learned items each row is, (n,); only comparisons mean anything."""
        distances = np.maximum(self.distances(rows), LEAST)
        if distances.shape[1] == 1:
            return np.log(distances[:, 0])
        nearest = np.partition(distances, 1, axis=1)
        found: NDArray[np.float64] = np.log(nearest[:, 0]) + NEXT * np.log(nearest[:, 0] / nearest[:, 1])
        return found

    def save(self, folder: Path) -> str:
        """Write it into a model folder; return the SHA-256 of the file."""
        from safetensors.numpy import save

        arrays = {"axes": self.axes, "variances": self.variances, "means": self.means}
        content = save({**arrays, "rest": np.array([self.rest])})
        unfinished = folder / f"{KNOWN}.part"
        unfinished.write_bytes(content)
        unfinished.replace(folder / KNOWN)
        return hashlib.sha256(content).hexdigest()

    @classmethod
    def load(cls, folder: Path, known: KnownClasses) -> Self:
        """Read that of a model folder.

        Raises
        ------
        ModelError
            Where the file is missing, damaged, or another than was saved.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            content = (folder / KNOWN).read_bytes()
            if hashlib.sha256(content).hexdigest() != known.sha256:
                raise ModelError(f"{folder / KNOWN} was changed: train again")
            arrays = load(content)
            return cls(arrays["axes"], arrays["variances"], float(arrays["rest"][0]), arrays["means"])
        except OSError as error:
            raise ModelError(f"{folder / KNOWN} cannot be read: {error.strerror}") from error
        except (SafetensorError, KeyError, IndexError) as error:
            raise ModelError(f"{folder / KNOWN} cannot be read: {error}") from error


def known_chances(unfamiliarity: NDArray[np.floating], known: KnownClasses) -> NDArray[np.float64]:
    """Return how likely items of the classes are as unfamiliar as each of these, (n,), above 0."""
    left_out = np.asarray(known.left_out)
    count = len(left_out)
    as_far = count - np.searchsorted(left_out, unfamiliarity, side="left")
    chances = (1 + as_far) / (count + 1)
    scale = max(float(np.mean(left_out[-1] - left_out[len(left_out) // 2 :])), 1e-3)
    beyond = np.maximum(np.asarray(unfamiliarity, np.float64) - left_out[-1], 0) / scale
    found: NDArray[np.float64] = np.maximum(chances * np.exp(-beyond), 1e-12)
    return found


def _squared_distances(rows: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the squared Euclidean distances of (n, dim) and (m, dim), (n, m)."""
    rows, others = np.asarray(rows, np.float64), np.asarray(others, np.float64)
    inner = rows @ others.T
    found: NDArray[np.float64] = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * inner
    return np.maximum(found, 0)
