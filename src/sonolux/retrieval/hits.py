"""A page of ranked hits, which shows itself as a table, and as images and players in notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsIndex, overload

from sonolux.media.paths import printable
from sonolux.types import Hit

SHOWN = 20
"""Hits that a `repr` shows, at most."""


class Hits(list[Hit]):
    """Hits, best first; empty when nothing was found.

    A part of them, ``hits[:3]``, and two pages together, ``hits + more``, are hits too.

    Attributes
    ----------
    spaces : tuple of str
        The spaces that were asked.
    """

    def __init__(self, hits: Iterable[Hit] = (), spaces: tuple[str, ...] = ()) -> None:
        super().__init__(hits)
        self.spaces = spaces

    @overload
    def __getitem__(self, index: SupportsIndex) -> Hit: ...

    @overload
    def __getitem__(self, index: slice) -> Hits: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Hit | Hits:
        found = super().__getitem__(index)
        return found if isinstance(found, Hit) else Hits(found, self.spaces)

    def __add__(self, others: list[Hit]) -> Hits:  # type: ignore[override] # list + list of anything is narrower here
        return Hits([*self, *others], self._spaces_with(others))

    def __iadd__(self, others: Iterable[Hit]) -> Hits:  # type: ignore[override] # as above
        self.spaces = self._spaces_with(others)
        self.extend(others)
        return self

    def copy(self) -> Hits:
        """Return the same hits as another list."""
        return self[:]

    def __repr__(self) -> str:
        asked = f", asked {', '.join(self.spaces)}" if self.spaces else ""
        if not self:
            return f"<Hits: nothing found{asked}>"
        rows = [_row(rank, hit) for rank, hit in enumerate(self[:SHOWN], 1)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        more = [f"... and {len(self) - SHOWN:,} more"] if len(self) > SHOWN else []
        return "\n".join([f"<Hits: {len(self):,}{asked}>", *lines, *more])

    def _repr_html_(self) -> str:
        from sonolux.presentation.html import gallery

        return gallery(self)

    def _spaces_with(self, others: Iterable[Hit]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.spaces, *(others.spaces if isinstance(others, Hits) else ()))))


def _row(rank: int, hit: Hit) -> tuple[str, ...]:
    """Return the columns of the command line: rank, score, chance, modality, place, path."""
    from sonolux.presentation.wording import chance_in_words, place_in_words, score_in_words

    where = place_in_words(hit.span, hit.region)
    score, chance = score_in_words(hit.score), chance_in_words(hit.chance)
    return str(rank), score, chance, str(hit.modality), where, printable(hit.path)
