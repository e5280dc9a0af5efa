"""Outputs of model folders: the descriptor, and the tagged union of all else that the numbers of a network can mean.

A new task is a new member of `AnyOutputs`, told by its ``kind``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sonolux.checkpoints.part import ModelPart
from sonolux.types import Metric


class Descriptor(ModelPart):
    """What the output of the network is: a float vector, or a binary code, the signs of its numbers.

    With `layer`, it is taken where that part of the network ends, its height and width pooled away.
    """

    space: str = Field(min_length=1)
    dim: int = Field(ge=1)
    kind: Literal["float", "binary"] = "float"
    metric: Metric = "cosine"
    layer: str = ""
    pooling: Literal["avg", "max", "gem", "flatten"] = "avg"

    @model_validator(mode="after")
    def _codes_are_whole_bytes(self) -> Self:
        if (self.kind == "binary") != (self.metric == "hamming"):
            raise ValueError("binary codes, and they alone, are compared by the metric hamming")
        if self.kind == "binary" and self.dim % 8:
            raise ValueError(f"binary codes are whole bytes, not {self.dim} bits")
        return self


class KnownClasses(ModelPart):
    """How unlike what was learned an input may be, see `sonolux.checkpoints.familiarity`.

    Attributes
    ----------
    left_out : tuple of float
        Unfamiliarity of items of these classes that nothing was learned from, in ascending order.
    level : float
        Chance below which an input is none of the classes.
    empty : bool
        Whether some learned items had descriptors of zeros; else such an input, in which nothing is seen or heard, is
        none of the classes, wherever zeros lie.
    sha256 : str
        Of the file in the model folder that holds where learned items lie.
    """

    left_out: tuple[float, ...] = Field(min_length=1)
    level: float = Field(0.05, gt=0, lt=1)
    empty: bool = True
    sha256: str


class Labels(ModelPart):
    """What the outputs of a classifier mean.

    Attributes
    ----------
    names : tuple of str
        One for each output.
    temperature : float
        That makes probabilities of the outputs.
    known : KnownClasses or None
        What is none of these; None where that was not learned, as in folders of format 2.
    """

    kind: Literal["labels"] = "labels"
    names: tuple[str, ...] = Field(min_length=2)
    temperature: float = Field(1.0, gt=0)
    known: KnownClasses | None = None


class Events(ModelPart):
    """What the outputs of a network that hears events mean: one class each, and from which probability it sounds.

    Attributes
    ----------
    names : tuple of str
    thresholds : tuple of float
    smoothed : int
        Frames over which the median of a probability is taken.
    known : KnownClasses or None
        What is none of these; None where that was not learned, as in folders of format 3.
    """

    kind: Literal["events"] = "events"
    names: tuple[str, ...] = Field(min_length=1)
    thresholds: tuple[float, ...]
    smoothed: int = Field(ge=1, le=999)
    known: KnownClasses | None = None

    @model_validator(mode="after")
    def _one_threshold_a_class(self) -> Self:
        if len(self.thresholds) != len(self.names) or not all(0 < each < 1 for each in self.thresholds):
            raise ValueError("every class needs a threshold between 0 and 1")
        return self


class Speech(ModelPart):
    """What the outputs of a network that transcribes mean, and what can be said.

    Attributes
    ----------
    units : tuple of str
        Letters or phones, output 1 of the network the first of them; output 0 is the blank.
    lexicon : dict
        Of each word, the ways to pronounce it, in units; empty where units are letters, and any word can be spelled.
    sentences : tuple of str
        From which the order of words is learned.
    language, word : float
        Weights, see `sonolux.decoding.ctc.BeamWeights`.
    """

    kind: Literal["speech"] = "speech"
    units: tuple[str, ...] = Field(min_length=1)
    lexicon: dict[str, tuple[tuple[str, ...], ...]] = Field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    language: float = 1.0
    word: float = 0.0


AnyOutputs = Annotated[Labels | Events | Speech, Field(discriminator="kind")]
"""What a network gives beside its descriptor."""

OUTPUT_KINDS = ("labels", "events", "speech")
"""Tags of the members."""
