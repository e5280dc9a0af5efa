"""Links: what two files have to do with each other, and the groups that follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from sonolux.types import Span

Relation = Literal["identical", "copy", "part", "similar"]
"""The same bytes; one made from the other; a stretch of time that both have; one scene taken
twice, or much alike."""


UNDONE = {
    "turned left": "turned right",
    "turned right": "turned left",
    "cropped": "wider",
    "wider": "cropped",
    "framed": "without frame",
    "without frame": "framed",
    "smaller": "larger",
    "larger": "smaller",
    "without colours": "coloured",
    "coloured": "without colours",
    "trimmed": "longer",
    "longer": "trimmed",
}
"""What an alteration is, seen from what came of it; others are the same from both sides."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two files, given by ids, that are related.

    Attributes
    ----------
    first, second : str
    relation : str
        See `Relation`.
    alterations : tuple of str
        What was done to the first to make the second, were it so: ``("turned left", "cropped")``.
    spans : tuple of Span, or None
        The stretch of each that both have, in seconds.
    """

    first: str
    second: str
    relation: Relation
    alterations: tuple[str, ...] = ()
    spans: tuple[Span, Span] | None = None

    def seen_from(self, file: str) -> Link:
        """Return the same link with this file as its first."""
        if file == self.first:
            return self
        spans = self.spans and (self.spans[1], self.spans[0])
        undone = tuple(UNDONE.get(one, one) for one in self.alterations)
        return Link(self.second, self.first, self.relation, undone, spans)


def components(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the connected components of a graph given by its edges, each sorted."""
    above: dict[str, str] = {}

    def root(one: str) -> str:
        while above.setdefault(one, one) != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    for first, second in pairs:
        above[root(second)] = root(first)
    groups: dict[str, list[str]] = {}
    for one in list(above):
        groups.setdefault(root(one), []).append(one)
    return [sorted(group) for group in groups.values()]


def by_pair(links: Iterable[Link]) -> dict[frozenset[str], Link]:
    """Return links by the two files, of several the first."""
    found: dict[frozenset[str], Link] = {}
    for link in links:
        found.setdefault(frozenset((link.first, link.second)), link)
    return found


def linked_to(file: str, others: Collection[str], links: dict[frozenset[str], Link]) -> dict[str, Link]:
    """Return the links of a file to those of others that have one, as seen from it."""
    pairs = ((other, links.get(frozenset((file, other)))) for other in others if other != file)
    return {other: link.seen_from(file) for other, link in pairs if link is not None}
