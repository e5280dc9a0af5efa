"""Chapter of `sonolux.library.Library`: what people liked and disliked of what a question found."""

from __future__ import annotations

import os
from collections.abc import Sequence

from sonolux.errors import QueryError
from sonolux.index.feedback import Judgement
from sonolux.library import feedback
from sonolux.library.chapters.opened import OpenedLibrary
from sonolux.library.query import PathLike
from sonolux.training.feedback.data import FeedbackSet


class JudgingLibrary(OpenedLibrary):
    """A library that keeps judgements."""

    def judge(
        self,
        query: PathLike | None = None,
        *,
        text: str = "",
        liked: Sequence[PathLike] = (),
        disliked: Sequence[PathLike] = (),
    ) -> int:
        """Keep what is liked and disliked of what an item, or else words, found; see `sonolux.library.feedback.judge`.

        Examples
        --------
        >>> library.judge("beach.jpg", liked=["dunes.jpg"], disliked=["desert.jpg"])
        """
        asked, hits = self._judging(query, text, liked, disliked)
        return feedback.judge(self.index, self.feedback, asked, *hits)

    def withdraw(
        self,
        query: PathLike | None = None,
        *,
        text: str = "",
        liked: Sequence[PathLike] = (),
        disliked: Sequence[PathLike] = (),
    ) -> int:
        """Take judgements back, given as they were made; see `sonolux.library.feedback.withdraw`."""
        asked, hits = self._judging(query, text, liked, disliked)
        return feedback.withdraw(self.index, self.feedback, asked, *hits)

    def _judging(
        self, query: PathLike | None, text: str, *judged: Sequence[PathLike]
    ) -> tuple[feedback.Asked, list[list[str]]]:
        if (query is None) == (not text):
            raise QueryError("a judgement is of one question: an item, or words")
        if self.exists():
            self.index.check_writable()
        asked: feedback.Asked = ("text", text) if query is None else ("item", os.fspath(query))
        return asked, [[os.fspath(hit) for hit in each] for each in judged]

    def judgements(self) -> list[Judgement]:
        """Return the judgements of items that are there, in the order in which they were made, the last of each hit."""
        return feedback.judgements(self.index, self.feedback)

    def feedback_set(self, space: str) -> FeedbackSet:
        """Return the descriptors of what was judged in a space, for `sonolux.training.feedback.train`."""
        with self.locks.questions.reading:
            return feedback.feedback_set(self.spaces, space, self.judgements())
