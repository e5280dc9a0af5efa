"""Bodies of questions: what a search is made of, as it is sent, saved and asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from sonolux.server.configuration import Limits

LIMITS = Limits()
"""Those of the form of requests, which are the same for every service."""

FilterBody = Annotated[
    dict[Annotated[str, Field(max_length=64)], JsonValue],
    Field(
        max_length=32,
        description="Keys and values that items have to satisfy: a value, several, or an operator and a value.",
        examples=[{"modality": ["image", "video"], "date": ">=2020"}],
    ),
]
FilterLines = Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=32)]
"""Filters as people write them: ``artist=Quesabe``."""

Minus = Annotated[bool, Field(description="Whether hits are to be unlike it.")]
Weight = Annotated[float, Field(gt=0, le=1000, description="How much this part counts beside the others.")]
HitLimit = Annotated[int, Field(ge=1, le=LIMITS.hits)]
ShortName = Annotated[str, Field(min_length=1, max_length=200)]


class StrictBody(BaseModel):
    """A body, of which nothing is ignored."""

    model_config = ConfigDict(extra="forbid")


class TextPart(StrictBody):
    """Words."""

    kind: Literal["text"]
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    weight: Weight = 1.0
    minus: Minus = False


class ItemPart(StrictBody):
    """An item of the library, to resemble or to keep away from."""

    kind: Literal["item"]
    item: UUID
    weight: Weight = 1.0
    minus: Minus = False


class UploadPart(StrictBody):
    """A file that was uploaded."""

    kind: Literal["upload"]
    upload: UUID
    modality: Annotated[
        Literal["image", "audio", "video", "text"] | None, Field(description="What it asks as; by default what it is.")
    ] = None
    weight: Weight = 1.0
    minus: Minus = False


class FilterPart(StrictBody):
    """The items that satisfy a filter, which stand for what they have in common: an artist, an album, a label."""

    kind: Literal["filter"]
    where: Annotated[FilterLines, Field(min_length=1)]
    weight: Weight = 1.0
    minus: Minus = False


AskedPart = Annotated[TextPart | ItemPart | FilterPart | UploadPart, Field(discriminator="kind")]

SEARCH_EXAMPLES: dict[str, Any] = {
    "words": {"summary": "Words", "value": {"parts": [{"kind": "text", "text": "a red circle"}], "limit": 5}},
    "mixed": {
        "summary": "Words and an item, of pictures alone, only what chance does not explain",
        "value": {
            "parts": [
                {"kind": "text", "text": "rain", "weight": 2},
                {"kind": "item", "item": "00000000-0000-4000-8000-000000000001"},
            ],
            "where": {"modality": "image"},
            "confident": True,
        },
    },
}


class SearchBody(StrictBody):
    """A question."""

    parts: Annotated[list[AskedPart], Field(min_length=1, max_length=LIMITS.parts)]
    where: Annotated[
        FilterBody | FilterLines, Field(description="A filter: keys and values, or lines such as `artist=Quesabe`.")
    ] = {}
    spaces: Annotated[list[ShortName], Field(max_length=64, description="Spaces to ask; all that fit by default.")] = []
    spans: Annotated[bool, Field(description="Whether each span is a hit of its own.")] = False
    confident: Annotated[bool, Field(description="Whether to answer only with what chance does not explain.")] = False
    diverse: Annotated[float, Field(ge=0, lt=1, description="0 for relevance alone, towards 1 for variety.")] = 0.0
    fold: Annotated[bool, Field(description="Whether of copies the best hit alone is told.")] = False
    explain: Annotated[bool, Field(description="Whether each hit says why it was found.")] = False
    facets: Annotated[
        list[ShortName], Field(max_length=16, description="Keys whose values are counted among the hits.")
    ] = []
    depth: Annotated[
        int, Field(ge=1, le=10_000, description="Hits that are ranked at first; a window beyond has more ranked.")
    ] = 60
    limit: HitLimit = 20


class SavedBody(SearchBody):
    """A question that is kept: of filters alone, too, which is a look at a part of the library."""

    parts: Annotated[list[AskedPart], Field(max_length=LIMITS.parts)] = []

    @model_validator(mode="after")
    def _check_something_is_asked(self) -> Self:
        if not self.parts and not self.where:
            raise ValueError("a search has parts or a filter")
        return self


SAVED_EXAMPLES: dict[str, Any] = {
    **SEARCH_EXAMPLES,
    "filters": {"summary": "Filters alone", "value": {"where": {"modality": "image", "date": ">=2020"}}},
}
