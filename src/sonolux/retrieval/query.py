"""A question to a library: what is asked, of which items, and how the answer is to look."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal

from sonolux.errors import QueryError
from sonolux.index import Condition

MOST_HITS = 10_000
"""Hits of one question, all pages together: whoever wants everything lists the library or exports it."""

PartKind = Literal["text", "image", "audio", "video", "vector", "filter"]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked for: words, an image, audio, a video, a ready vector or the items of a filter, with its weight.

    With ``minus`` it is what hits are to be kept away from, the farther the more it weighs.

    ``content`` is a string for text, or the `Path` of a file of text; a path, or decoded media (`Image`, `Audio` of
    `sonolux.media.segment`) for the others, or the segments of a file; an array of shape (dim,) for a vector; the
    conditions of a filter, whose items ask with the mean of their descriptors, as the songs of an artist stand for the
    artist.
    """

    kind: PartKind
    content: Any
    weight: float = 1.0
    minus: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it is a path, of which nothing is decoded yet."""
        return isinstance(self.content, Path) or (self.kind != "text" and isinstance(self.content, str))


@dataclass(frozen=True, slots=True)
class Query:
    """A question over one or more spaces.

    Attributes
    ----------
    parts : tuple of Part
        What to look for; several are fused.
    like, unlike : tuple of str
        Ids of items whose neighbours are wanted, and of items to keep away from.
    spaces : tuple of str
        Spaces to ask; empty for all that fit.
    where : tuple of Condition
        Conditions that every hit satisfies.
    k, page : int
        Hits a page, and which page, from 1.
    diverse : float
        0 ranks by relevance alone; towards 1, hits that resemble better hits give way to different ones.
    spans : bool
        Whether every span is a hit of its own; else each file answers once, with its best span.
    confident : bool
        Whether to keep only hits that chance does not explain.
    like_weight : float
        Weight of the examples in the fusion.
    like_weights, unlike_weights : tuple of float
        How much each item of `like` and `unlike` counts beside the others; 1 each where none is given.
    explain : bool
        Whether each hit says why it was found, see `sonolux.types.Reason`.
    """

    parts: tuple[Part, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    where: tuple[Condition, ...] = field(default=())
    k: int = 10
    page: int = 1
    diverse: float = 0.0
    spans: bool = False
    confident: bool = False
    like_weight: float = 1.0
    like_weights: tuple[float, ...] = ()
    unlike_weights: tuple[float, ...] = ()
    explain: bool = False

    def __post_init__(self) -> None:
        if not self.like and all(part.minus for part in self.parts):
            raise QueryError("nothing is asked: give words, an image, audio, a video, a vector or items to resemble")
        counts: dict[str, object] = {"k": self.k, "page": self.page}
        for name, count in counts.items():
            if isinstance(count, bool) or not isinstance(count, Integral) or int(count) < 1:
                raise QueryError(f"{name} is a whole number from 1, not {count!r}")
        if int(self.page) * int(self.k) > MOST_HITS:
            raise QueryError(
                f"k is too large: a question gives {MOST_HITS:,} hits at most, all pages together; narrow it by where"
            )
        if not (_is_number(self.diverse) and 0 <= self.diverse < 1):
            raise QueryError(f"diverse lies in [0, 1), not {self.diverse!r}")
        given = [self.like_weight, *[part.weight for part in self.parts]]
        if self.like_weights or self.unlike_weights:
            given += self._weights_of_items()
        for weight in given:
            if not (_is_number(weight) and 0 < weight < inf):
                raise QueryError(f"weights are positive numbers, not {weight!r}")

    def _weights_of_items(self) -> tuple[float, ...]:
        for name, weights, items in (
            ("like", self.like_weights, self.like),
            ("unlike", self.unlike_weights, self.unlike),
        ):
            if weights and len(weights) != len(items):
                raise QueryError(f"{len(weights)} weights for {len(items)} items of {name}: give one for each, or none")
        return self.like_weights + self.unlike_weights

    @property
    def offset(self) -> int:
        """How many hits come before this page."""
        return (self.page - 1) * self.k


def _is_number(value: object) -> bool:
    return isinstance(value, Real)
