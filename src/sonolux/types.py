"""The words of Sonolux, as small immutable classes.

Conventions for the whole package:

- an image is ``uint8`` of shape ``(height, width, 3)``, sRGB, upright;
- audio is ``float32`` of shape ``(samples,)``, mono, nominally in [-1, 1], with its rate in hertz beside it;
- text is a Unicode ``str``;
- times are seconds from the start of the file, text positions are characters;
- descriptors are rows: ``(n, dim)``;
- a higher score is a better match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple

Metric = Literal["cosine", "dot", "euclidean", "hamming"]
"""How two descriptors of a space are compared."""

DescriptorKind = Literal["float", "binary", "sparse"]
"""Float vectors, packed binary codes (``uint8``), or sparse term weights (scipy CSR)."""

SegmentKind = Literal["image", "cover", "shot", "window", "passage"]
"""What a piece of a file is: a whole image, an embedded cover, a video shot, an audio window, a text passage."""


class Modality(StrEnum):
    """What kind of medium an item is."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file, in seconds (audio, video) or characters (text); ``end`` is exclusive."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Space:
    """A named place where descriptors can be compared."""

    name: str
    dim: int
    metric: Metric = "cosine"
    kind: DescriptorKind = "float"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be found: a file, or a span of one.

    Attributes
    ----------
    id : str
        UUID of the item.
    path : str
        The file, as the operating system names it (``os.fsencode`` gives its bytes back).
    modality : Modality
        Of the file; a window of a video's sound track is part of a video item.
    kind : str
        ``"file"``, or the kind of span: ``"shot"``, ``"window"``, ``"passage"``.
    file : str
        UUID of the file's item; equal to `id` for a file.
    span : Span or None
        Where in the file; None for a whole file.
    metadata : dict
        As people filed it: title, artist, album, genre, date, camera, width, height, duration ...
    text : str
        What a passage says; empty for other kinds.
    """

    id: str
    path: str
    modality: Modality
    kind: str
    file: str
    span: Span | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    text: str = ""


class Hit(NamedTuple):
    """One ranked answer.

    A named tuple, because a page of them has to be made in microseconds.

    Attributes
    ----------
    id, path, modality, kind, file, span
        The item, as in `Item`.
    score : float
        Higher is better: the similarity where one space was asked, the fused score where several were.
    chance : float
        Probability that an item taken at random scores as high: near 0 for a real match.
    space : str
        The space in which the evidence was strongest.
    title : str
        Title of the file, empty where it has none.
    text : str
        The passage found, empty for other kinds.
    confident : bool
        Whether chance is ruled out as the reason of this hit, given the size of the library.
    """

    id: str
    path: str
    modality: Modality
    kind: str
    file: str
    span: Span | None
    score: float
    chance: float
    space: str
    title: str = ""
    text: str = ""
    confident: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotator says of an item: a label, caption or transcript, where, and how surely."""

    annotator: str
    label: str
    probability: float
    span: Span | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read or written, and the reason in one line."""

    path: str
    reason: str
