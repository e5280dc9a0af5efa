"""Result of a training before it is written: network, architecture, what goes in, what comes out, what it reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.familiarity import Familiarity
from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import AnyPreprocessing
from sonolux.checkpoints.outputs import AnyOutputs, Descriptor
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

    from sonolux.training.data.images import ImageSet

TrainingProgress = Callable[[float, str], None]
"""Called with the share of the training that is done, and one line on where it stands."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the data: mean loss, score on what was held out, seconds."""

    loss: float
    score: float
    seconds: float


@dataclass(frozen=True, slots=True)
class KnownItems:
    """Where learned items lie, in the descriptors of a network, and how unfamiliar those are that were left out.

    Attributes
    ----------
    familiarity : Familiarity
    left_out : tuple of float
        Ascending; one at least.
    empty : bool
        Whether some learned items had descriptors of zeros, or that cannot be.
    """

    familiarity: Familiarity
    left_out: tuple[float, ...]
    empty: bool = True


@dataclass(frozen=True, slots=True)
class Trained:
    """A network that has learned.

    Attributes
    ----------
    network : torch module
        From inputs to descriptors, or to the scores of labels.
    architecture : Architecture
        That builds it again.
    preprocessing : Preprocessing or another input
        How media become its inputs.
    descriptor : Descriptor
    recipe : Recipe
        With everything decided.
    data : dict
        What the card says of what was learned from.
    scores : dict
        What it reached on what was held out.
    outputs : Labels, Events or Speech, optional
        What comes out beside the descriptor.
    history : sequence of Epoch
        Empty where nothing was iterated.
    sets : (ImageSet, ImageSet), optional
        Images learned from and held out, of which nearest neighbours are drawn.
    known : KnownItems, optional
        By which a classifier or detector tells what is none of its classes.
    """

    network: nn.Module
    architecture: Architecture
    preprocessing: AnyPreprocessing
    descriptor: Descriptor
    recipe: Recipe
    data: dict[str, Any]
    scores: dict[str, Any] = field(default_factory=dict)
    outputs: AnyOutputs | None = None
    history: Sequence[Epoch] = ()
    sets: tuple[ImageSet, ImageSet] | None = None
    known: KnownItems | None = None


def code_descriptor(space: str, bits: int, layer: str = "") -> Descriptor:
    """Return a binary descriptor; bits that do not fill whole bytes are filled up with zeros."""
    return Descriptor(space=space, dim=-(-bits // 8) * 8, kind="binary", metric="hamming", layer=layer)
