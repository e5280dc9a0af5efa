"""The words of Sonolux, as small immutable classes.

Conventions for the whole package:

- an image is ``uint8`` of shape ``(height, width, 3)``, sRGB, upright;
- audio is ``float32`` of shape ``(samples,)``, mono, nominally in [-1, 1], with its rate in hertz beside it;
- text is a Unicode ``str``;
- times are seconds from the start of the file, text positions are characters;
- places in an image are shares of its width and height, from its upper left corner;
- descriptors are rows: ``(n, dim)``;
- a higher score is a better match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Metric = Literal["cosine", "dot", "euclidean", "hamming"]
"""How two descriptors of a space are compared."""

DescriptorKind = Literal["float", "binary", "sparse"]
"""Float vectors, packed binary codes (``uint8``), or sparse term weights (scipy CSR)."""

SegmentKind = Literal["image", "page", "cover", "shot", "window", "passage"]
"""What a piece of a file is: a whole image, a page of one, an embedded cover, a shot, a window of audio, a passage."""

Unit = Literal["seconds", "characters", "pages"]
"""What a span is measured in."""

AnnotationKind = Literal["label", "caption", "transcript", "text"]
"""What an annotation says: the name of a class, a sentence about what is shown, or words that are spoken or written."""

MASK_PIXELS = 65_536
"""Pixels of a mask, at most: it tells the shape of a thing, and is drawn as large as its box."""


class Modality(StrEnum):
    """What kind of medium an item is."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file, in seconds (audio, video, subtitles), pages from 0 (images, PDFs) or characters (other texts).

    ``end`` is exclusive. A passage that is a part of a page has a share of it: from 2.5 to 3 is the end of page 3.
    """

    start: float
    end: float
    unit: Unit = "seconds"


@dataclass(frozen=True, slots=True)
class Mask:
    """The shape of what a box holds: a small bitmap, stretched over the box, as run lengths.

    Attributes
    ----------
    height, width : int
        Of the bitmap, `MASK_PIXELS` pixels at most; its size has nothing to do with that of the image.
    runs : tuple of int
        Lengths of the runs of pixels, row by row from the upper left, by turns outside and inside of the shape, the
        first outside. They add up to ``height * width``; none but the first may be 0.

    Raises
    ------
    ValueError
        For runs that do not fill the bitmap, or a bitmap that is too large.
    """

    height: int
    width: int
    runs: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.height, self.width, *self.runs)
        if not all(isinstance(number, int) for number in numbers):
            raise ValueError("a mask has whole numbers: height, width and the lengths of its runs")
        if min(self.height, self.width) < 1 or self.height * self.width > MASK_PIXELS:
            raise ValueError(
                f"a mask has 1 to {MASK_PIXELS:,} pixels, not {self.height} x {self.width}: make its bitmap smaller"
            )
        if min(self.runs[:1], default=0) < 0 or min(self.runs[1:], default=1) < 1:
            raise ValueError("the runs of a mask are 1 pixel or longer, but for the first, which may be 0")
        if sum(self.runs) != self.height * self.width:
            raise ValueError(f"the runs of a mask of {self.height} x {self.width} pixels add up to {sum(self.runs)}")

    @classmethod
    def from_bitmap(cls, bitmap: NDArray[np.bool_]) -> Self:
        """Return the mask that a bitmap (height, width) is: true inside of the shape."""
        import numpy as np

        inside = np.asarray(bitmap, bool)
        if inside.ndim != 2:
            raise ValueError(f"a bitmap has height and width, not shape {inside.shape}")
        flat = np.concatenate([[False], inside.ravel()])
        edges = np.flatnonzero(flat[1:] != flat[:-1])
        runs = np.diff([0, *edges, inside.size])
        height, width = inside.shape
        return cls(height, width, tuple(int(run) for run in runs))

    def bitmap(self) -> NDArray[np.bool_]:
        """Return the bitmap, bool (height, width), true inside of the shape."""
        import numpy as np

        inside = np.arange(len(self.runs)) % 2 == 1
        return np.repeat(inside, self.runs).reshape(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Region:
    """A box in an image, or in one frame of a video, and optionally the shape of what is in it.

    Attributes
    ----------
    x0, y0, x1, y1 : float
        Left, upper, right and lower edge as shares of the width and height of the upright image, in [0, 1];
        ``x0 < x1`` and ``y0 < y1``.
    time : float or None
        Seconds, of the frame; None for an image.
    mask : Mask or None

    Raises
    ------
    ValueError
        For a box that is empty, not finite, or not within the image.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    time: float | None = None
    mask: Mask | None = None

    def __post_init__(self) -> None:
        if not all(map(isfinite, self.box)) or not (0 <= self.x0 < self.x1 <= 1 and 0 <= self.y0 < self.y1 <= 1):
            raise ValueError(
                f"a box is x0, y0, x1, y1 as shares of width and height, 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1,"
                f" not {', '.join(map(str, self.box))}"
            )
        if self.time is not None and not (isfinite(self.time) and self.time >= 0):
            raise ValueError(f"the time of a region is seconds from the start of the file, not {self.time}")
        # Networks give numbers of NumPy and torch, which no JSON takes.
        for name in ("x0", "y0", "x1", "y1", "time"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None else float(given))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower edge."""
        return self.x0, self.y0, self.x1, self.y1

    @classmethod
    def in_pixels(
        cls, x0: float, y0: float, x1: float, y1: float, *, width: int, height: int, mask: Mask | None = None
    ) -> Self:
        """Return the region of a box given in pixels, cut off at the edges of an image of this width and height.

        Raises
        ------
        ValueError
            Where nothing of the box is within the image.
        """
        left, right = (min(max(x / width, 0.0), 1.0) for x in (x0, x1))
        upper, lower = (min(max(y / height, 0.0), 1.0) for y in (y0, y1))
        return cls(left, upper, right, lower, mask=mask)


@dataclass(frozen=True, slots=True)
class Space:
    """A named place where descriptors can be compared."""

    name: str
    dim: int
    metric: Metric = "cosine"
    kind: DescriptorKind = "float"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be found: a file, a span of one, or a region: a box in an image or a frame.

    Attributes
    ----------
    id : str
        UUID of the item.
    path : str
        The file, as the operating system names it (``os.fsencode`` gives its bytes back).
    modality : Modality
        Of the file; a window of a video's sound track is part of a video item.
    kind : str
        ``"file"``, the kind of span: ``"shot"``, ``"window"``, ``"passage"``, ``"page"``; or ``"region"``.
    file : str
        UUID of the file's item; equal to `id` for a file.
    span : Span or None
        Where in the file; None for a whole file, and for a region of an image.
    metadata : dict
        As people filed it: title, album, date, camera, width, height, duration ...; artist, genre and keywords are
        lists of str.
    text : str
        What a passage says, or the lines that were read in an image; empty for none.
    region : Region or None
        Where in the image, or in a frame of the shot that is its span; None but for kind ``"region"``.
    """

    id: str
    path: str
    modality: Modality
    kind: str
    file: str
    span: Span | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    region: Region | None = None

    def __repr__(self) -> str:
        return _told(self, "path", "modality", "kind", "span", "region", "text", "id", title=self.metadata.get("title"))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hit was found: what one space says of it, for one part of the question.

    Attributes
    ----------
    space : str
    asked : str
        What the part was: ``"text"``, ``"image"``, ``"audio"``, ``"video"``, ``"vector"``; ``"like"`` for examples.
    part : int
        Number of the part, from 0; examples come after all parts.
    rank : int
        In the list of this space, from 1; what is as near as another shares its rank.
    chance : float
        Probability that an item taken at random scores as high in this space.
    item : str
        Id of what was matched: the hit, or another part of its file.
    span, region
        Where in the file that is, or what was said there by which it was found.
    words : tuple of str
        Words of the question that it holds, as they were asked.
    label : str
        What was said of it that holds some of these words; of a region, what it is said to be.
    example : str
        Id of the example that it resembles most.
    """

    space: str
    asked: str
    part: int
    rank: int
    chance: float
    item: str
    span: Span | None = None
    region: Region | None = None
    words: tuple[str, ...] = ()
    label: str = ""
    example: str = ""


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
        The passage found, or the lines that were read in what was found; empty for none.
    confident : bool
        Whether chance is ruled out as the reason of this hit, given the size of the library.
    region : Region or None
        Where in the image or frame, for an item of kind ``"region"``.
    why : tuple of Reason
        What speaks for it, the strongest first, where the question asked for that (`Query.explain`).
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
    region: Region | None = None
    why: tuple[Reason, ...] = ()

    def __repr__(self) -> str:
        return _told(
            self, "path", "modality", "kind", "span", "region", "score", "chance", "confident", "space", "title",
            "text", "id",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotator says of an item, where, and how surely.

    Attributes
    ----------
    annotator : str
        Its name.
    label : str
        The name of a class; of a caption, transcript or line of text all of its words.
    probability : float
        In [0, 1].
    span : Span or None
        Where in the file: an event, a phrase, a shot; None for all of it.
    region : Region or None
        Where in the image, or in a frame of the shot that is the span.
    kind : str
        ``"label"``, ``"caption"``, ``"transcript"`` or ``"text"``: a line that is written in the image.
    item : str
        Id of the region's own item, where a library keeps one; the library writes it, an annotator leaves it empty.
    chance : float or None
        That what the annotator knows is as unlike what it learned as this is, a p-value; None where it cannot tell.
    """

    annotator: str
    label: str
    probability: float
    span: Span | None = None
    region: Region | None = None
    kind: AnnotationKind = "label"
    item: str = ""
    chance: float | None = None

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """The box of the region; None for none."""
        return self.region.box if self.region else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read or written, and the reason in one line."""

    path: str
    reason: str


LONGEST_TEXT = 60
"""Characters of a text that a `repr` shows."""


def _told(thing: Item | Hit, *names: str, **more: object) -> str:
    """Return what a thing holds as one line: attributes, but for those that are empty."""
    held = {name: getattr(thing, name) for name in names} | more
    told = [f"{name}={_shown(value)}" for name, value in held.items() if value not in (None, "")]
    return f"{type(thing).__name__}({', '.join(told)})"


def _shown(value: object) -> str:
    if isinstance(value, Span):
        return f"({value.start:g}, {value.end:g}{'' if value.unit == 'seconds' else f' {value.unit}'})"
    if isinstance(value, Region):
        return "({:.3g}, {:.3g}, {:.3g}, {:.3g})".format(*value.box)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str) and len(value) > LONGEST_TEXT and "/" not in value:
        return repr(f"{value[: LONGEST_TEXT - 1]}…")
    return repr(str(value) if isinstance(value, str) else value)
