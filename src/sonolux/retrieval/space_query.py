"""A question to one space: the vector that it is asked with, and its place in the fusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sonolux.types import Space


@dataclass(frozen=True, slots=True)
class Judge:
    """What the encoder of a space knows of how surely items answer a question.

    Attributes
    ----------
    weight : float
        Of what it knows, beside the background model of the space, in (0, 1]; see `Encoder.judges`.
    chances : callable
        Gives descriptors (n, dim) their p-values, see `Encoder.chances`.
    """

    weight: float
    chances: Callable[[NDArray[Any]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class SpaceQuery:
    """One vector to ask one space with, and its place in the fusion.

    Attributes
    ----------
    space : Space
    vector : ndarray or csr_array
    weight : float
        Of its part.
    words : str
        What the vector stands for, where that is text.
    plain : bool
        Whether it stands for a blank picture or for silence.
    strength : float
        Of its space.
    share : float
        Of the vectors with which the part asks this space; the sum is 1.
    part : int
        Number of the part; examples come after all parts.
    minus : csr_array or None
        Of a sparse space, terms that matches are not to hold.
    least : float
        Score that a match is to exceed.
    judge : Judge or None
        Where the encoder tells how surely items answer.
    """

    space: Space
    vector: Any
    weight: float
    words: str = ""
    plain: bool = False
    strength: float = 1.0
    share: float = 1.0
    part: int = 0
    minus: csr_array | None = None
    least: float = -inf
    judge: Judge | None = None


def spaces_of(questions: Sequence[SpaceQuery]) -> tuple[str, ...]:
    """Return the names of the spaces that are asked, each once."""
    return tuple({question.space.name: None for question in questions})
