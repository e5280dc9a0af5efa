"""Taste: what a user likes and dislikes among the items of a library, each with a weight, from interactions.

Plays say more the more there are, but ever less each: ``log2(1 + plays)``. A rating is compared with the mean of the
user's own: what is above or at it is liked, what is below disliked, by the difference (of users who rate everything
alike, all is liked). A skip says as much against an item as a play says for it. What lies back counts less, by half
every `HALF_LIFE`, but never less than `LEAST`; rows without a time count whole.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp2, log2

import numpy as np
from numpy.typing import NDArray

from sonolux.index.interactions import KINDS, Interaction, InteractionTable

DAY = 86_400.0

HALF_LIFE = 365.0
"""Days after which a play or rating says half as much."""

LEAST = 0.25
"""What is left, at least, of a play however long ago."""

EXAMPLES = 32
"""Items at most, the heaviest, that stand for a taste: each space is asked with what these have in common."""

EARLIER = 0.999
"""How much items count that were said to be liked before the last `EXAMPLES`."""

ENOUGH = 3
"""Liked items from which on a taste can be told from accident."""

RATING = KINDS.index("rating")
SKIP = KINDS.index("skip")


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of a user.

    Attributes
    ----------
    liked, disliked : mapping of str to float
        Weights, above 0, by the id of the item; the heaviest first.
    played : mapping of str to float
        When each item was last played, rated or skipped, in seconds since 1970, 0 for no time; all that is known.
    plays : mapping of str to float
        What is said of each item as factorisation takes it, see `weights_of`; below 0 for what is disliked.
    """

    liked: Mapping[str, float]
    disliked: Mapping[str, float] = field(default_factory=dict)
    played: Mapping[str, float] = field(default_factory=dict)
    plays: Mapping[str, float] = field(default_factory=dict)

    def examples(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the heaviest of what is liked and disliked."""
        return (dict(list(self.liked.items())[:EXAMPLES]), dict(list(self.disliked.items())[:EXAMPLES]))

    def with_examples(self, like: Collection[str], unlike: Collection[str]) -> Taste:
        """Return a taste that knows some more items, which count as much as the heaviest there is.

        Of more than stand for a taste the last count a little more: whoever goes on judging is heard.
        """
        heaviest = max([*self.liked.values(), *self.disliked.values(), 1.0])
        liked = {**self.liked, **_weighed(like, heaviest)}
        disliked = {**self.disliked, **_weighed(unlike, heaviest)}
        for item in unlike:
            liked.pop(item, None)
        for item in like:
            disliked.pop(item, None)
        most = max([*self.plays.values(), 1.0])
        plays = {**self.plays, **dict.fromkeys(like, most), **dict.fromkeys(unlike, -most)}
        return Taste(_heaviest_first(liked), _heaviest_first(disliked), self.played, plays)


def taste_of(rows: Sequence[Interaction], now: float | None = None) -> Taste:
    """Return the taste that a user's interactions show.

    Parameters
    ----------
    rows : sequence of Interaction
        All of one user.
    now : float, optional
        Seconds since 1970.
    """
    now = time.time() if now is None else now
    ratings = [row.weight for row in rows if row.kind == "rating"]
    mean = sum(ratings) / len(ratings) if ratings else 0.0
    plays: dict[str, float] = defaultdict(float)
    skips: dict[str, float] = defaultdict(float)
    said: dict[str, float] = defaultdict(float)
    heard: dict[str, float] = defaultdict(float)
    played: dict[str, float] = {}
    for row in rows:
        played[row.item] = max(row.time, played.get(row.item, 0.0))
        rated = 1 + row.weight - mean if row.weight >= mean else row.weight - mean
        heard[row.item] += {"play": row.weight, "skip": -row.weight, "rating": rated}[row.kind]
        share = _recency(row.time, now)
        if row.kind == "play":
            plays[row.item] += share * row.weight
        elif row.kind == "skip":
            skips[row.item] += share * row.weight
        else:
            said[row.item] += share * rated
    for item, count in plays.items():
        said[item] += log2(1 + count)
    for item, count in skips.items():
        said[item] -= log2(1 + count)
    liked = {item: weight for item, weight in said.items() if weight > 0}
    disliked = {item: -weight for item, weight in said.items() if weight < 0}
    return Taste(_heaviest_first(liked), _heaviest_first(disliked), played, dict(heard))


def weights_of(table: InteractionTable) -> NDArray[np.float64]:
    """Return what each interaction says for its item, for all users at once, as factorisation takes it.

    Plays count as they are; a rating ``r`` of a user whose mean is ``m`` counts ``1 + r - m`` from `m` on, and
    ``r - m``, which is below 0, else; skips count below 0.

    Returns
    -------
    weights : ndarray, shape (n,)
    """
    weights = table.weight.astype(np.float64)
    rated = table.kind == RATING
    users = table.user[rated]
    sums = np.bincount(users, weights[rated], len(table.users))
    counts = np.bincount(users, minlength=len(table.users))
    differences = weights[rated] - (sums / np.maximum(counts, 1))[users]
    # A mean of equal ratings may differ from them in its last bit.
    weights[rated] = np.where(differences >= -1e-9, 1 + differences, differences)
    weights[table.kind == SKIP] *= -1
    return weights


def _recency(at: float, now: float) -> float:
    if not at:
        return 1.0
    return max(LEAST, exp2(-days_since(at, now) / HALF_LIFE))


def days_since(at: float, now: float) -> int:
    """Return the whole days since a time, so that a question asked again a moment later has the same answer."""
    return int(max(now - at, 0.0) // DAY)


def _weighed(items: Collection[str], heaviest: float) -> dict[str, float]:
    latest = list(dict.fromkeys(reversed(list(items))))
    return {item: heaviest if place < EXAMPLES else EARLIER * heaviest for place, item in enumerate(latest)}


def _heaviest_first(weights: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])))
