"""A page of ranked hits, which shows itself as images and players in notebooks."""

from __future__ import annotations

from collections.abc import Iterable

from sonolux.types import Hit


class Hits(list[Hit]):
    """Hits, best first; empty when nothing was found.

    Attributes
    ----------
    spaces : tuple of str
        The spaces that were asked.
    """

    def __init__(self, hits: Iterable[Hit] = (), spaces: tuple[str, ...] = ()) -> None:
        super().__init__(hits)
        self.spaces = spaces

    def _repr_html_(self) -> str:
        from sonolux.presentation.html import gallery

        return gallery(self)
