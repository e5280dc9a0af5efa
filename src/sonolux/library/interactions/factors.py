"""Factors of what people play, as a space of the library: items as vectors, users as questions.

`learn_factors` writes the vectors of all items with interactions into the space `FACTORS`, and keeps what folding in
needs beside the interactions: the recipe and the Gram matrices. Vectors of users are kept nowhere: a user, with what
was played a moment ago, is folded in when recommended to (`FactorModel.query`, in milliseconds), and an item that is
newly played by `update_factors` (in seconds), both in closed form.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sonolux.errors import QueryError, TrainingError
from sonolux.index import Condition, Index, Point
from sonolux.index.interactions import Interactions, InteractionTable
from sonolux.retrieval.recommendation.taste import weights_of
from sonolux.training.recommendation.factorisation import Factors, PassProgress, factorise, fold_in
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.types import Space

if TYPE_CHECKING:
    from sonolux.library.spaces import Spaces

FACTORS = "factors"
"""The space, and the note beside the interactions."""

LEARNED = "factors-learned"
"""The note that names the learning: what was read of another is read again."""

BATCH = 1_000
"""Vectors written at once."""

NEWTON_STEPS = 8

EXPONENT = 500.0
"""Of e, at most: more would overflow."""

WRITTEN = 5
"""Digits of the numbers of a Gram matrix that are kept."""


FactorEnd: TypeAlias = list[tuple[str, float]]
"""Names and values, the most extreme first."""


@dataclass(frozen=True, slots=True)
class FactorSummary:
    """What was learned from: users, items, interactions; and the vectors that were written, in how many seconds."""

    users: int
    items: int
    interactions: int
    factors: int
    written: int
    seconds: float


@dataclass(frozen=True)
class FactorModel:
    """What folding in needs.

    Attributes
    ----------
    recipe : FactorisationRecipe
    gram : ndarray, shape (d, d)
        Of the vectors of items.
    user_gram : ndarray, shape (d, d)
        Of those of users.
    mean : ndarray, shape (d,)
        Of the vectors of items.
    """

    recipe: FactorisationRecipe
    gram: NDArray[np.float64]
    user_gram: NDArray[np.float64]
    mean: NDArray[np.float64]

    @classmethod
    def load(cls, interactions: Interactions) -> FactorModel | None:
        """Return what was kept, None where nothing was learned."""
        said = interactions.note(FACTORS)
        if not said:
            return None
        arrays = {name: np.array(said[name]) for name in ("gram", "user_gram", "mean")}
        return cls(FactorisationRecipe(**said["recipe"]), **arrays)

    def keep(self, interactions: Interactions) -> None:
        """Keep it beside the interactions."""
        grams = {"gram": self.gram, "user_gram": self.user_gram}
        rounded = {name: [[float(f"{x:.{WRITTEN}g}") for x in row] for row in gram] for name, gram in grams.items()}
        mean = [float(x) for x in self.mean]
        interactions.keep_note(FACTORS, {"recipe": asdict(self.recipe), "mean": mean, **rounded})
        interactions.keep_note(LEARNED, {"id": str(uuid.uuid4())})

    @property
    def folding(self) -> FactorisationRecipe:
        """The recipe by which a vector is found under fixed others: least squares also where ranking found these."""
        return replace(self.recipe, method="wmf")

    def query(self, weights: Mapping[str, float], vectors: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the vector of a user, shape (d,).

        Parameters
        ----------
        weights : mapping of str to float
            What the user plays, by item; below 0 for what is disliked.
        vectors : mapping of str to ndarray
            Of items; those of `weights` that are in neither count for nothing.
        """
        known = [item for item in weights if item in vectors]
        if not known:
            return np.zeros(len(self.gram), np.float32)
        rows = np.stack([vectors[item] for item in known])
        said = np.array([weights[item] for item in known])
        if self.recipe.method == "bpr":
            return fold_into_ranking(rows - self.mean, said)
        return fold_in(csr_matrix(said[None]), rows, self.folding, self.gram)


@dataclass(frozen=True, slots=True)
class LearnedFactors:
    """Factors that are learned and not written yet.

    Attributes
    ----------
    started : float
        When, by the monotonic clock.
    recipe : FactorisationRecipe
    factors : Factors
    items : sequence of str
        Of the rows of items.
    interactions : int
        Learned from.
    """

    started: float
    recipe: FactorisationRecipe
    factors: Factors
    items: Sequence[str]
    interactions: int

    def write(self, index: Index, spaces: Spaces, interactions: Interactions) -> FactorSummary:
        """Write those of items into the space `FACTORS`, in place of others."""
        users, items = self.factors.users, self.factors.items
        model = FactorModel(self.recipe, _gram(items), _gram(users), items.mean(axis=0, dtype=float))
        spaces.add_unwritten(Space(FACTORS, items.shape[1], "dot"))
        written = _write(index, self.items, self.factors)
        model.keep(interactions)
        seconds = round(time.monotonic() - self.started, 3)
        return FactorSummary(len(users), len(items), self.interactions, items.shape[1], written, seconds)


def learn_factors(
    interactions: Interactions, recipe: FactorisationRecipe, progress: PassProgress | None = None
) -> LearnedFactors:
    """Learn factors from all interactions; nothing is written.

    Raises
    ------
    TrainingError
        Where there is nothing to learn from, or a package is missing.
    """
    started = time.monotonic()
    table = interactions.table()
    return LearnedFactors(started, recipe, factorise(plays_of(table), recipe, progress), table.items, len(table))


def update_factors(index: Index, interactions: Interactions, progress: PassProgress | None = None) -> FactorSummary:
    """Fold in the items that were played since factors were learned; what is there stays as it is.

    Raises
    ------
    TrainingError
        Where no factors were learned.
    """
    started = time.monotonic()
    model = FactorModel.load(interactions)
    if model is None:
        raise TrainingError("there are no factors yet: run `sonolux train factors` first")
    table = interactions.table()
    plays = plays_of(table)
    there = _vectors(index, table.items)
    new = [number for number, item in enumerate(table.items) if item not in there]
    rows = np.zeros((len(table.items), len(model.gram)), np.float32)
    for number, item in enumerate(table.items):
        if item in there:
            rows[number] = there[item]
    by_item = plays.tocsc()
    users = sorted({int(user) for number in new for user in by_item[:, [number]].tocoo().row})
    folded = np.zeros((plays.shape[0], rows.shape[1]), np.float32)
    for done, user in enumerate(users, 1):
        folded[user] = fold_in(plays[user], rows, model.folding, model.gram)
        if progress is not None:
            progress(done, len(users))
    made = {
        table.items[number]: fold_in(csr_matrix(by_item[:, [number]].T), folded, model.folding, model.user_gram)
        for number in new
    }
    made = {item: vector for item, vector in made.items() if vector.any()}
    index.update_vectors([Point(item, {FACTORS: vector}) for item, vector in made.items()])
    seconds = round(time.monotonic() - started, 3)
    return FactorSummary(plays.shape[0], plays.shape[1], len(table), rows.shape[1], len(made), seconds)


def fold_into_ranking(rows: NDArray[np.floating], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the vector of a user under items that pairwise ranking found, by Newton's method.

    It maximises ``sum(log sigmoid(sign * row @ x)) - |x|^2 n / 2``: that liked items come before the mean item, as
    ranking learns that they come before any (Rendle et al. 2009), and disliked ones after it, with one ridge an item.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Vectors of items, less their mean.
    weights : ndarray, shape (n,)
        Above 0 for what is liked, below for what is not; how far does not matter.
    """
    signed = np.sign(weights)[:, None] * rows.astype(np.float64)
    vector = np.zeros(rows.shape[1])
    ridge = len(rows) * np.eye(rows.shape[1])
    for _ in range(NEWTON_STEPS):
        wrong = 1 / (1 + np.exp(np.clip(signed @ vector, -EXPONENT, EXPONENT)))
        gradient = signed.T @ wrong - len(rows) * vector
        vector += np.linalg.solve((signed.T * (wrong * (1 - wrong))) @ signed + ridge, gradient)
    return vector.astype(np.float32)


def plays_of(table: InteractionTable) -> csr_matrix:
    """Return what users say of items as a matrix, users by items; what says both for and against adds up to nothing."""
    shape = (len(table.users), len(table.items))
    plays = csr_matrix((weights_of(table), (table.user, table.item)), shape=shape)
    plays.eliminate_zeros()
    return plays


def factor_tables(
    index: Index, factors: Sequence[int] | None, count: int, *, titles: bool = False
) -> dict[int, tuple[FactorEnd, FactorEnd]]:
    """Return, by factor, the artists with the highest and those with the lowest values, the most extreme first.

    An artist's value is the mean over the artist's items; an item without one stands for itself.

    Parameters
    ----------
    index : Index
    factors : sequence of int or None
        From 1; None for all.
    count : int
        Of each side.
    titles : bool
        Whether each item is told by its title, instead of all items of an artist together.

    Raises
    ------
    QueryError
        Where there are no factors, or fewer.
    """
    space = index.spaces().get(FACTORS) if index.exists() else None
    if space is None:
        raise QueryError("this library has no factors: run `sonolux train factors` once it has interactions")
    asked = range(1, space.dim + 1) if factors is None else factors
    for factor in asked:
        if not 1 <= factor <= space.dim:
            raise QueryError(f"there are factors 1 to {space.dim}, not {factor}")
    rows: dict[str, list[NDArray[np.float32]]] = {}
    for point in index.scroll([Condition("kind", "=", "file")], spaces=[FACTORS], keys=("path", "title", "meta")):
        if FACTORS in point.vectors:
            for name in _names(point.payload, titles=titles):
                rows.setdefault(name, []).append(np.asarray(point.vectors[FACTORS]))
    names = list(rows)
    means = np.stack([np.mean(each, axis=0) for each in rows.values()]) if rows else np.empty((0, space.dim))
    tables = {}
    for factor in asked:
        column = means[:, factor - 1]
        order = np.argsort(-column, kind="stable")
        ends = [[(names[place], float(column[place])) for place in end[:count]] for end in (order, order[::-1])]
        tables[factor] = (ends[0], ends[1])
    return tables


def _names(payload: Mapping[str, Any], *, titles: bool) -> list[str]:
    artists = [] if titles else payload.get("meta", {}).get("artist") or []
    artists = [artists] if isinstance(artists, str) else list(artists)
    return artists or [payload.get("title") or str(payload["path"]).rpartition("/")[2]]


def _gram(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = rows.astype(np.float64)
    return np.asarray(exact.T @ exact)


def _write(index: Index, items: Sequence[str], learned: Factors) -> int:
    """Write the vectors of items that have any; return how many."""
    held = np.flatnonzero(learned.items.any(axis=1)).tolist()
    for start in range(0, len(held), BATCH):
        part = held[start : start + BATCH]
        index.update_vectors([Point(items[number], {FACTORS: learned.items[number]}) for number in part])
    return len(held)


def _vectors(index: Index, items: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    points = index.fetch(items, spaces=[FACTORS], keys=())
    return {point.id: point.vectors[FACTORS] for point in points if FACTORS in point.vectors}
