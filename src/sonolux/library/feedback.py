"""Relevance feedback: liked and disliked hits, kept with the library and gathered to learn from.

A judgement is of one question: an item of the library whose like was looked for, or words. It lasts as long as the
items that it needs: those of items that are gone are ignored, and `Library.remove` clears them away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import SourceDescriptors
from sonolux.errors import LibraryError, QueryError
from sonolux.index import Index
from sonolux.index.feedback import Feedback, Judgement, now, standing
from sonolux.library.items import ids_of
from sonolux.library.spaces import Spaces
from sonolux.retrieval.planning import plan
from sonolux.retrieval.query import Part, Query
from sonolux.training.feedback.data import FeedbackSet, JudgedQuery
from sonolux.types import Modality

Asked: TypeAlias = tuple[Literal["item", "text"], str]
"""``"item"`` and an id or path, or ``"text"`` and words."""


def judge(index: Index, feedback: Feedback, asked: Asked, liked: Sequence[str], disliked: Sequence[str]) -> int:
    """Keep what is liked and disliked of what a question found; a later judgement of the same hit replaces it.

    Parameters
    ----------
    index : Index
    feedback : Feedback
    asked : Asked
    liked, disliked : sequence of str
        Ids of hits, or paths of files.

    Returns
    -------
    kept : int
        How many judgements.

    Raises
    ------
    QueryError
        For what the library does not hold, or what says nothing; nothing is kept then.
    """
    made = _judged(index, asked, liked, disliked)
    feedback.add(made)
    return len(made)


def withdraw(index: Index, feedback: Feedback, asked: Asked, liked: Sequence[str], disliked: Sequence[str]) -> int:
    """Take judgements back, given as they were made: the last of each goes, and what was judged before it holds again.

    Returns
    -------
    withdrawn : int
        How many there were.

    Raises
    ------
    QueryError
        As `judge` does.
    """
    return feedback.withdraw(_judged(index, asked, liked, disliked))


def _judged(index: Index, asked: Asked, liked: Sequence[str], disliked: Sequence[str]) -> list[Judgement]:
    _check_there(index)
    kind, given = asked
    query = _words(given) if kind == "text" else _ids(index, [given])[0]
    good, bad = _ids(index, liked), _ids(index, disliked)
    if not good and not bad:
        raise QueryError("nothing is judged: name items that are liked, or not")
    if both := set(good) & set(bad):
        raise QueryError(f"{min(both)} is both liked and not")
    if kind == "item" and query in (*good, *bad):
        raise QueryError(f"{query} is what was asked with: judge what was found")
    time = now()
    return [Judgement(kind, query, item, item in good, time) for item in (*good, *bad)]


def judgements(index: Index, feedback: Feedback) -> list[Judgement]:
    """Return the judgements that hold, in the order in which they were made."""
    _check_there(index)
    found = standing(feedback.all())
    gone = _gone(index, found)
    return [one for one in found if not gone.intersection(one.items)]


def clear(index: Index, feedback: Feedback) -> None:
    """Remove the judgements of items that are gone."""
    feedback.forget(_gone(index, feedback.all()))


def feedback_set(spaces: Spaces, name: str, found: Sequence[Judgement]) -> FeedbackSet:
    """Gather the descriptors of what was judged; what is not in the space says nothing there, and is left out.

    Parameters
    ----------
    spaces : Spaces
    name : str
        Of a float or binary space.
    found : sequence of Judgement

    Raises
    ------
    QueryError
        For a space that is not there, or that holds words.
    """
    space = spaces.by_name(name)
    if space.kind == "sparse":
        raise QueryError(f"space {name} holds words: feedback is learned in a space of float or binary descriptors")
    entries = spaces.entries[name]
    if not entries:
        raise QueryError(f"space {name} holds what people play, not media: feedback is learned where an encoder writes")
    specs = sorted({entry.spec for entry in entries})
    if len(specs) > 1:
        raise QueryError(f"space {name} is written by several models, {', '.join(specs)}: name a space of one")
    source = SourceDescriptors(source=specs[0], digests={entry.name: entry.digest for entry in entries})
    described = _Described(spaces, name)
    by_question: dict[Asked, list[Judgement]] = {}
    for one in found:
        by_question.setdefault((one.asked, one.query), []).append(one)
    questions = tuple(question for asked, ones in by_question.items() for question in described.question(asked, ones))
    return FeedbackSet(space, source, entries[0].licence, questions, len(found))


class _Described:
    """The descriptors of questions and hits in one space, as a search would ask with them."""

    def __init__(self, spaces: Spaces, name: str) -> None:
        self.spaces = spaces
        self.name = name
        self._known: dict[Asked, NDArray[Any] | None] = {}

    def question(self, asked: Asked, ones: Sequence[Judgement]) -> Iterator[JudgedQuery]:
        """Yield a question, if it and hits of both kinds are in the space."""
        query = self._row(asked)
        rows = [(self._row(("item", one.item)), one.liked) for one in ones]
        liked = [row for row, good in rows if good and row is not None]
        disliked = [row for row, good in rows if not good and row is not None]
        if query is not None and liked and disliked:
            yield JudgedQuery(query, np.stack(liked), np.stack(disliked))

    def _row(self, asked: Asked) -> NDArray[Any] | None:
        if asked not in self._known:
            self._known[asked] = self._ask(*asked)
        return self._known[asked]

    def _ask(self, kind: Literal["item", "text"], given: str) -> NDArray[Any] | None:
        if kind == "text":
            if self.spaces.asker(self.name, Modality.TEXT) is None:
                return None
            query = Query(parts=(Part("text", given),), spaces=(self.name,))
        else:
            query = Query(like=(given,), spaces=(self.name,))
        try:
            questions = plan(query, self.spaces)
        except QueryError:  # the space holds nothing of this item
            return None
        return questions[0].vector if questions else None


def _check_there(index: Index) -> None:
    if not index.exists():
        raise LibraryError(f"there is no library at {index.location}: make one with `sonolux add FOLDER`")


def _ids(index: Index, targets: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(each.lower() for each in ids_of(index, targets)))


def _words(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise QueryError("no words: a judgement is of an item, or of words")
    if any("\ud800" <= character <= "\udfff" for character in words):
        raise QueryError(f"{words!r} cannot be kept: it is no valid Unicode")
    return words


def _gone(index: Index, found: Sequence[Judgement]) -> set[str]:
    """Return the items that judgements need and the library no longer holds."""
    needed = {item for one in found for item in one.items}
    return needed - {point.id for point in index.fetch(sorted(needed), keys=())} if needed else set()
