"""Documents that answers hold: items, hits, annotations as `sonolux.presentation.data` writes them, and lists of them.

A later version adds keys and takes none away, so what is not named here is handed on.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sonolux.media.paths import printable
from sonolux.presentation.data import with_exact_paths

ShownPath = Annotated[str, BeforeValidator(printable)]
"""For people: a name may hold bytes that are no text, and line breaks."""

Medium = Literal["image", "audio", "video", "text"]


class Document(BaseModel):
    """An object of an answer, which may hold more than is named."""

    model_config = ConfigDict(extra="allow")


class PathsDocument(Document):
    """What tells paths, which are for people; ``exact_path`` tells programs what cannot be shown of one."""

    @model_validator(mode="before")
    @classmethod
    def _tell_exact(cls, data: Any) -> Any:
        return with_exact_paths(data) if isinstance(data, dict) else data


class FileDocument(PathsDocument):
    """What tells the path of a file."""

    path: ShownPath


class RegionDocument(Document):
    """A box, in shares of width and height: left, upper, right, lower; the frame's time; a mask in run lengths."""

    box: list[float]
    time: float | None = None
    mask: dict[str, Any] | None = None


class PlaceDocument(Document):
    """Where in its file something is: seconds, characters or pages from ``start`` to ``end``; null for all of it."""

    start: float | None = None
    end: float | None = None
    region: RegionDocument | None = None


class PartDocument(PlaceDocument):
    """A span or region of a file."""

    id: str
    kind: str
    unit: str | None = None
    text: str = ""


class AnnotationDocument(PlaceDocument):
    """What an annotator says of an item."""

    label: str
    probability: float
    annotator: str
    kind: str
    box: list[float] | None = None
    item: str | None = None


class ItemDocument(FileDocument, PlaceDocument):
    """An item of the library."""

    id: str
    modality: Medium
    kind: str
    file: str
    unit: str | None = None
    metadata: dict[str, Any] = {}
    text: str = ""


class WholeItemDocument(ItemDocument):
    """An item with its spans and what was said of it."""

    spans: list[PartDocument] = []
    annotations: list[AnnotationDocument] = []


class HitDocument(FileDocument, PlaceDocument):
    """One ranked answer; ``chance`` is the probability that an item taken at random scores as high."""

    id: str
    modality: Medium
    kind: str
    file: str
    unit: str | None = None
    score: float
    chance: float
    space: str
    title: str = ""
    text: str = ""
    confident: bool = False


class HitsDocument(Document):
    """Hits, best first."""

    hits: list[HitDocument]


class HummedDocument(HitsDocument):
    """Recordings in which a tune is; ``spaces`` says by what they were found."""

    spaces: list[str]


class WindowDocument(HitsDocument):
    """A part of a ranking that is kept for a while."""

    ranking: str
    total: int
    offset: int = 0


class RankingDocument(WindowDocument):
    """The answer to a question."""

    sure: int = Field(description="Hits that chance does not explain.")
    spaces: list[str]
    seconds: float


class ItemsDocument(Document):
    """A page of items; ``next`` is the cursor of the one after it, null at the end."""

    items: list[ItemDocument]
    next: str | None


class AnnotationsDocument(Document):
    """What annotators said of an item."""

    annotations: list[AnnotationDocument]


class PassageDocument(Document):
    """A passage of a text, or words that were read or heard, and where."""

    text: str
    kind: str
    start: float | None = None
    end: float | None = None
    unit: str | None = None


class TextDocument(Document):
    """What an item says, passage by passage."""

    passages: list[PassageDocument]


class PeaksDocument(Document):
    """The peaks of a sound, each the largest of an equal part of it, in [0, 1] of full scale."""

    peaks: list[float]
    seconds: float


class CopyDocument(Document):
    """A group of files that are copies of one another."""

    kind: str
    items: list[dict[str, Any]]


class CopiesDocument(Document):
    """Groups of copies, some of ``total``."""

    total: int
    groups: list[CopyDocument]


class FacetDocument(Document):
    """A value, and how many files have it."""

    value: Any
    count: int


class FacetsDocument(Document):
    """Values by key."""

    facets: dict[str, list[FacetDocument]]


class SpaceDocument(Document):
    """A space, and the models that write into it."""

    space: str
    kind: str
    metric: str
    dim: int
    count: int
    encoders: list[dict[str, Any]]


class SpacesDocument(Document):
    """The spaces of the library."""

    spaces: list[SpaceDocument]


class InfoDocument(Document):
    """Counts of the library, and what this service allows."""

    files: int
    modalities: dict[str, int]
    spans: int
    regions: int
    spaces: dict[str, int]
    read_only: bool
    roots: list[str]


class UploadDocument(Document):
    """An upload; times are seconds since 1970."""

    id: str
    name: str
    modality: Medium
    type: str
    bytes: int
    created: float
    used: float
    expires: float


class UploadsDocument(Document):
    """The uploads that are kept."""

    uploads: list[UploadDocument]


class JudgementDocument(FileDocument):
    """What somebody liked or disliked of an answer."""

    asked: str
    query: str
    query_path: ShownPath | None = None
    item: str
    liked: bool
    time: float | str


class JudgementsDocument(Document):
    """The judgements that hold."""

    judgements: list[JudgementDocument]


class WithdrawnDocument(Document):
    """How many judgements were taken back."""

    withdrawn: int


class FailureDocument(FileDocument):
    """A file of which something has failed, and why; of one that was left out, what it is a copy of."""

    reason: str
    copy_of: ShownPath | None = None


class KeptDocument(Document):
    """How many judgements were kept."""

    kept: int


class MatchDocument(FileDocument):
    """A recording that is heard in a clip: where in the clip, where in the recording, how surely."""

    id: str
    query_start: float
    query_end: float
    start: float
    speed: float
    chance: float


class MatchesDocument(Document):
    """The recordings that are heard, the surest first, and why a clip can be in no library."""

    matches: list[MatchDocument]
    remarks: list[str] = []


class SavedDocument(Document):
    """A saved search."""

    name: str
    search: dict[str, Any]
    changed: float


class SavedListDocument(Document):
    """All saved searches."""

    saved: list[SavedDocument]


class SessionDocument(Document):
    """Whether a token is needed here, and whether this browser has signed in."""

    needed: bool
    signed_in: bool


class HealthDocument(Document):
    """Whether the service is there, or ready."""

    status: str


class ProblemDocument(Document):
    """An error (RFC 9457)."""

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["There is no such thing"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no item 00000000-0000-4000-8000-000000000001"])
    field: str | None = None
