"""Answer to a question from the command line: hits, whoever found them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sonolux.types import Hit


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits, best first.

    Attributes
    ----------
    hits : sequence of Hit
    spaces : sequence of str
        That were asked.
    below : Hit or None
        Where only sure hits are wanted and there are none, the best that chance may explain.
    names : dict
        What the examples are called that hits resemble, by their ids, where hits say why they were found.
    remark : str
        What is to be said of all of them; empty for nothing.
    """

    hits: Sequence[Hit]
    spaces: Sequence[str]
    below: Hit | None = None
    names: dict[str, str] = field(default_factory=dict)
    remark: str = ""


def examples_of(hits: Iterable[Hit]) -> set[str]:
    """Return the ids of the examples that hits resemble."""
    return {reason.example for hit in hits for reason in hit.why if reason.example}
