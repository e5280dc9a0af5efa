"""Feedback to learn from: questions in one space, each with hits that were liked and hits that were disliked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from sonolux.checkpoints.inputs import SourceDescriptors
from sonolux.errors import TrainingError
from sonolux.types import Space

QUESTIONS, TRIPLETS = 10, 30
"""Fewest to learn from."""


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """The descriptor of a question, (width,), and those of the hits liked and disliked, (n, width) each."""

    query: NDArray[Any]
    liked: NDArray[Any]
    disliked: NDArray[Any]

    @property
    def triplets(self) -> int:
        """How many pairs of a liked and a disliked hit there are."""
        return len(self.liked) * len(self.disliked)


@dataclass(frozen=True, slots=True)
class FeedbackSet:
    """What was judged, in one space.

    Attributes
    ----------
    space : Space
        Float or binary.
    source : SourceDescriptors
        The encoders of the space.
    licence : str
        Of their weights.
    questions : tuple of JudgedQuery
        With hits liked and hits disliked.
    judgements : int
        How many there are, those of other questions included.
    """

    space: Space
    source: SourceDescriptors
    licence: str
    questions: tuple[JudgedQuery, ...]
    judgements: int

    def check(self) -> None:
        """Raise TrainingError where there is too little to learn from."""
        triplets = sum(question.triplets for question in self.questions)
        if len(self.questions) < QUESTIONS or triplets < TRIPLETS:
            raise TrainingError(
                f"{self.judgements} judgements give {len(self.questions)} questions with hits liked and disliked in"
                f" {self.space.name}, and {triplets} pairs of them: at least {QUESTIONS} questions and {TRIPLETS} pairs"
                " are needed; judge more with `sonolux judge`"
            )
