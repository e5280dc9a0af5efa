"""Taste protocols: what people play next, and what they make of things that nobody has played yet.

- **Last.fm** (HetRec 2011): plays of artists; of each user a fifth of the artists, seed 0, are held out and ranked
  among all that the user is not known to play. I. Cantador, P. Brusilovsky and T. Kuflik, "2nd workshop on information
  heterogeneity and fusion in recommender systems", RecSys 2011.
- **Films, cold** (MovieLens): a fifth of the films, seeds 0 to 4, are unknown while learning, with all that was said of
  them; each user's ranking is over these alone, and those that the user rated, however, are right.

Of each ranking mAP@500 and the area under the ROC curve are taken, over the users who have something to be found; their
intervals are of a bootstrap over users.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.metrics.ranking import area_under_roc, truncated_average_precision

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

HELD_OUT = 0.2
"""Share of each user's artists, and of the films."""

SEEDS = tuple(range(5))

TOP = 500

DRAWS = 1_000
"""Of the bootstrap."""

SCORED = 256
"""Users who are scored at once."""


@dataclass(frozen=True, slots=True)
class Films:
    """Films, and who rated them.

    Attributes
    ----------
    plays : sparse matrix, shape (users, films)
        1 for a rating.
    titles, genres : tuple of str
        ``"Heat (1995)"``; ``"Action, Crime"``.
    posters : tuple of Path
    """

    plays: csr_matrix
    titles: tuple[str, ...]
    genres: tuple[str, ...]
    posters: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RankingScores:
    """Scores of a method, one number a user, and NaN for a user without anything to be found: shape (users,)."""

    precision: NDArray[np.float64]
    area: NDArray[np.float64]


def read_lastfm(folder: Path) -> csr_matrix:
    """Return how often users played artists, (users, artists), both in the order of their numbers.

    Raises
    ------
    SonoluxError
        Where the folder does not hold the set.
    """
    rows = _table(folder / "user_artists.dat", "lastfm", skip=2)
    return _matrix([(int(row[0]), int(row[1]), float(row[2])) for row in rows])


def read_films(folder: Path) -> Films:
    """Return the films of a folder, in the order of its table.

    Raises
    ------
    SonoluxError
        Where the folder does not hold the set.
    """
    films = _table(folder / "movies.tsv", "movies", skip=1)
    ratings = _table(folder / "ratings.tsv", "movies", skip=1)
    places = {row[0]: place for place, row in enumerate(films)}
    plays = _matrix([(int(row[0]), places[row[1]], 1.0) for row in ratings], len(films))
    return Films(
        plays,
        tuple(row[2] for row in films),
        tuple(row[3].replace("|", ", ") for row in films),
        tuple(folder / "posters" / f"{row[0]}.jpg" for row in films),
    )


def hold_out_plays(plays: csr_matrix, seed: int = 0) -> tuple[csr_matrix, csr_matrix]:
    """Return plays to learn from and plays held out, both (users, items): `HELD_OUT` of the items of each user."""
    random = np.random.default_rng(seed)
    held = np.zeros(plays.nnz, bool)
    for start, end in zip(plays.indptr[:-1], plays.indptr[1:], strict=True):
        count = round(HELD_OUT * (end - start))
        held[start + random.permutation(end - start)[:count]] = True
    return _only(plays, ~held), _only(plays, held)


def split_cold(items: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which items are known and which are cold, `HELD_OUT` of them."""
    order = np.random.default_rng(seed).permutation(items)
    count = round(HELD_OUT * items)
    return np.sort(order[count:]), np.sort(order[:count])


def score_unplayed(
    users: NDArray[np.floating], items: NDArray[np.floating], known: csr_matrix, held_out: csr_matrix
) -> RankingScores:
    """Score rankings of all items that users are not known to play, by inner product: see the head of this file."""
    parts = []
    for start in range(0, known.shape[0], SCORED):
        scores = users[start : start + SCORED].astype(np.float64) @ items.T
        scores[known[start : start + SCORED].toarray() != 0] = -np.inf
        parts.append(score_rankings(scores, held_out[start : start + SCORED].toarray() != 0))
    return RankingScores(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("precision", "area")))


def score_rankings(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> RankingScores:
    """Score rankings of items (users, items)."""
    return RankingScores(truncated_average_precision(scores, relevant, TOP), area_under_roc(scores, relevant))


def interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float, float]:
    """Return mean and the bounds of its 95 % bootstrap interval over users, of values (seeds, users) with NaN.

    A user counts as often as there are seeds that ask for something; drawn are users, with all that they say.
    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 1979.
    """
    sums, counts = np.nansum(values, axis=0), np.isfinite(values).sum(axis=0)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / np.maximum(counts[drawn].sum(axis=1), 1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(sums.sum() / max(counts.sum(), 1)), float(low), float(high)


def roc_curve(scores: NDArray[np.floating], relevant: NDArray[np.bool_], points: int = 101) -> NDArray[np.float64]:
    """Return the mean over users of the true positive rate at `points` even false positive rates from 0 to 1."""
    rates = np.linspace(0, 1, points)
    curves = []
    for score, right in zip(scores, relevant, strict=True):
        if right.any() and not right.all():
            order = np.argsort(-score, kind="stable")
            true, false = np.cumsum(right[order]) / right.sum(), np.cumsum(~right[order]) / (~right).sum()
            curves.append(np.interp(rates, np.concatenate([[0], false]), np.concatenate([[0], true])))
    return np.asarray(np.mean(curves, axis=0))


def _only(plays: csr_matrix, chosen: NDArray[np.bool_]) -> csr_matrix:
    kept = plays.copy()
    kept.data = np.where(chosen, plays.data, 0)
    kept.eliminate_zeros()
    return kept


def _table(file: Path, name: str, skip: int) -> list[list[str]]:
    if not file.is_file():
        raise SonoluxError(f"{file} is not there: this protocol needs the set {name}")
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[skip:]


def _matrix(triples: list[tuple[int, int, float]], items: int | None = None) -> csr_matrix:
    from scipy.sparse import csr_matrix

    users, things, weights = (np.array(column) for column in zip(*triples, strict=True))
    rows = np.unique(users, return_inverse=True)[1]
    if items is None:
        names, columns = np.unique(things, return_inverse=True)
        items = len(names)
    else:
        columns = things
    return csr_matrix((weights, (rows, columns)), shape=(rows.max() + 1, items))
