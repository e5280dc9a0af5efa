"""Calibration benchmark: whether non-matches reach a score as often as its p-value claims, and matches are confident.

Libraries of several sizes are drawn from photos, and from sounds, some of their items versions of one thing. They are
asked with things that are not there, each a non-match of every item: a claimed p-value p is true when a share p of the
pairs scores as high (versions count once). They are asked for what is there as well: with the original of the versions,
or, where there are none, with versions of an item.

Nothing here was chosen with these media: the borrowed backgrounds know other ones (`tools/backgrounds.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.evaluation.benchmarks.calibration_media import COPIED, Collection, photos_of, sounds_of
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.retrieval.borrowed import borrow_background
from sonolux.retrieval.calibration import EXPECTED
from sonolux.retrieval.dense_background import DenseBackground, fit_dense_background
from sonolux.retrieval.fusion import simes

CHANCES = (1e-1, 1e-2, 1e-3)
SHARES = (0.0, 0.1, 0.5)
SPLITS = {1: 200, 5: 100, 40: 20, 100: 10, 300: 10}
"""How often a library of each size is drawn."""

PHOTO_SIZES = (1, 5, 40, 300)
SOUND_SIZES = (1, 5, 40, 100)
ABSENT = 50
"""Questions for what is not there, a draw."""

ASKED = 10
"""Versions that ask for an item, a draw."""

ENOUGH = 10
"""Pairs that must be expected to score as high: with fewer, a ratio says nothing."""


@dataclass
class Tally:
    """What was counted of one space in libraries of one kind.

    Attributes
    ----------
    reached : ndarray, shape (len(CHANCES),)
        Pairs of strangers with at most these p-values, of `pairs`.
    false : int
        Questions for what is not there with a confident hit, of `absent`.
    found : int
        Hits that are there and confident, of `there`.
    """

    reached: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(CHANCES)))
    pairs: int = 0
    false: int = 0
    absent: int = 0
    found: int = 0
    there: int = 0

    def ratios(self) -> list[tuple[float, float]]:
        """Return, for each claimed p-value, how many times as often it was seen, and two standard errors of that."""
        expected = self.pairs * np.array(CHANCES)
        return [(float(n / e), float(2 * np.sqrt(max(n, 1)) / e)) for n, e in zip(self.reached, expected, strict=True)]

    def cells(self) -> list[str]:
        """Return the cells of its row."""
        told = [
            f"{ratio:.2f} ± {error:.2f}" if self.pairs * chance >= ENOUGH else "-"
            for chance, (ratio, error) in zip(CHANCES, self.ratios(), strict=True)
        ]
        return [*told, f"{self.false} of {self.absent}", f"{self.found} of {self.there}"]


def benchmark_calibration(photos: Path, sounds: Sequence[Path]) -> Report:
    """Compare claimed chances with how often non-matches reach them, and count confident hits.

    Parameters
    ----------
    photos : Path
        Folder of at least 900 images, no two of the same thing.
    sounds : sequence of Path
        Folders with a folder of sounds for each class, at least 150 in all.
    """
    tallies: dict[tuple[str, int, float, str], Tally] = {}
    for collection, sizes in ((photos_of(photos), PHOTO_SIZES), (sounds_of(sounds), SOUND_SIZES)):
        for size in sizes:
            for share in SHARES:
                if share == 0 or round(size * share) > 1:
                    for space, tally in measure(collection, size, share).items():
                        tallies[collection.name, size, share, space] = tally
    return _report(tallies)


def measure(collection: Collection, size: int, share: float) -> dict[str, Tally]:
    """Draw libraries of a size, a share of each versions of one thing, and count for each space and all together."""
    tallies = {space: Tally() for space in (*collection.things, "fused")}
    for seed in range(SPLITS[size]):
        _measure_one(collection, size, round(size * share), np.random.default_rng(seed), tallies)
    return tallies


def _measure_one(
    collection: Collection, size: int, copies: int, random: np.random.Generator, tallies: dict[str, Tally]
) -> None:
    drawn = _draw(collection, size, copies, random)
    judged: dict[str, list[NDArray[np.float64]]] = {}
    for space, things in collection.things.items():
        versions = collection.versions[space][drawn.copied][drawn.versions]
        rows = np.concatenate([versions, things[drawn.held]])
        asked = things[[drawn.copied]] if copies else collection.again[space][drawn.held[:ASKED]]
        background = _fitted(space, rows)
        judged[space] = [
            np.array(background.chance(question, (rows @ question).tolist()))
            for question in (*things[drawn.absent], *asked)
        ]
    judged["fused"] = [
        np.array([min(1.0, simes(item, len(item))) for item in zip(*spaces, strict=True)])
        for spaces in zip(*judged.values(), strict=True)
    ]
    for space, chances in judged.items():
        _count(tallies[space], drawn, chances)


@dataclass(frozen=True)
class Draw:
    """A library: some versions of one thing, and things of their own; and things that are not there.

    Attributes
    ----------
    copied : int
    versions, held, absent : ndarray of int
    strangers : ndarray of bool, shape (len(absent), len(versions) + len(held))
        Whether an absent thing and an item are of two classes.
    """

    copied: int
    versions: NDArray[np.intp]
    held: NDArray[np.intp]
    absent: NDArray[np.intp]
    strangers: NDArray[np.bool_]


def _draw(collection: Collection, size: int, copies: int, random: np.random.Generator) -> Draw:
    copied = int(random.integers(COPIED))
    order = random.permutation(np.arange(COPIED, len(collection.classes)))
    held, absent = order[: size - copies], order[size : size + ABSENT]
    many = next(iter(collection.versions.values())).shape[1]
    items = np.concatenate([np.full(copies, copied), held])
    strangers = collection.classes[absent][:, None] != collection.classes[items]
    return Draw(copied, random.permutation(many)[:copies], held, absent, strangers)


def _count(tally: Tally, drawn: Draw, judged: Sequence[NDArray[np.float64]]) -> None:
    copies, size = len(drawn.versions), drawn.strangers.shape[1]
    once = np.r_[0:size] if copies == 0 else np.r_[0, copies:size]
    for strangers, chances in zip(drawn.strangers, judged, strict=False):
        counted = chances[once][strangers[once]]
        tally.reached += [(counted <= chance).sum() for chance in CHANCES]
        tally.pairs += len(counted)
        tally.false += bool((chances[strangers] <= EXPECTED / size).any())
        tally.absent += 1
    for number, chances in enumerate(judged[len(drawn.absent) :]):
        there = chances[:copies] if copies else chances[[number]]
        tally.found += int((there <= EXPECTED / size).sum())
        tally.there += len(there)


def _fitted(space: str, rows: NDArray[Any]) -> DenseBackground:
    (encoder,) = resolve(space)
    place = encoder.as_space()
    return fit_dense_background(place, rows, np.arange(len(rows)), borrow_background(place, [encoder.digest]))


def _report(tallies: dict[tuple[str, int, float, str], Tally]) -> Report:
    measured = [
        (ratio, error)
        for tally in tallies.values()
        for chance, (ratio, error) in zip(CHANCES, tally.ratios(), strict=True)
        if tally.pairs * chance >= ENOUGH
    ]
    over = max(ratio - error for ratio, error in measured)
    within = sum(ratio + error >= 0.5 and ratio - error <= 2 for ratio, error in measured) / len(measured)
    fused = [tally for (*_, space), tally in tallies.items() if space == "fused"]
    false = sum(tally.false for tally in fused) / sum(tally.absent for tally in fused)
    found = sum(tally.found for tally in fused) / sum(tally.there for tally in fused)
    return Report(
        name="calibration",
        title="Calibration",
        command="sonolux bench calibration",
        about=(
            "How many times as often as claimed non-matches score as high, ± two standard errors of the count; how many"
            " questions for what is not there have a confident hit; how many of the hits that are there are confident."
            " Libraries of the photos of imagenet_sample and of the sounds of esc10 and instruments, drawn by seed; of"
            " some a share is versions of one thing. *fused*: all spaces asked, as `search` does. A dash: fewer than"
            f" {ENOUGH} pairs expected."
        ),
        columns=("library", "versions", "space", *(f"claimed {c:g}" for c in CHANCES), "false", "found"),
        rows=[
            [f"{size} {name}", f"{share:.0%}", space, *tally.cells()]
            for (name, size, share, space), tally in tallies.items()
        ],
        verdicts=[
            compare_with_target("most times as often as claimed, less the error", over, 2.0, at_most=True),
            compare_with_target("share of ratios between a half and 2, within the error", within, 0.9),
            compare_with_target(
                "questions for what is not there with a confident hit, fused", false, 0.05, at_most=True
            ),
            compare_with_target("hits that are there and confident, fused", found, 0.9),
        ],
    )
