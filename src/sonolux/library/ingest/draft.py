"""A file on its way into the library: what its pieces were encoded to, until all of them are in, then its points."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sonolux.index import Point
from sonolux.index.payload import span_as_stored
from sonolux.library.annotation_payload import annotations_within, with_annotations, words_of_labels
from sonolux.library.ingest.changes import Task, span_id
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import folders, to_stored
from sonolux.media.segment import Decoded, Image, Probe, Segment
from sonolux.media.texts.text_decoding import decode_legacy
from sonolux.types import Span

WORDED = ("title", "artist", "album", "composer", "genre", "keywords", "place", "camera", "description")
"""Metadata whose words find a file."""

OFF_UTC = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[+-]\d\d:\d\d")
"""A date whose clock did not go by UTC."""
FILED = ("title", "date")
"""Metadata that has a key of its own in a payload."""

NAMED_FOLDERS = 2
"""How many of the folders above a file lend it their words."""


@dataclass(slots=True)
class EncodedSegment:
    """What is kept of a piece once it is encoded."""

    kind: str
    span: Span | None
    text: str
    vectors: dict[str, Any] = field(default_factory=dict)
    region: str = ""
    """Id of the region's item, where the piece is the crop of one that the library has already."""


@dataclass(slots=True)
class Draft:
    """A file being added.

    Attributes
    ----------
    task : Task
    probe : Probe or None
        None until the decoder has sent it.
    sections : list of EncodedSegment
    waiting : int
        Pieces that are not encoded yet.
    finished : bool
        Whether every piece has come from the decoder.
    failed : bool
        Whether the file was given up.
    """

    task: Task
    probe: Probe | None = None
    sections: list[EncodedSegment] = field(default_factory=list)
    waiting: int = 0
    finished: bool = False
    failed: bool = False

    @property
    def ready(self) -> bool:
        """Whether the draft can be written."""
        return self.finished and not self.waiting and not self.failed

    def add(self, segment: Segment) -> EncodedSegment:
        """Take a decoded piece, whose content is not kept unless it is text."""
        text = segment.content if isinstance(segment.content, str) else ""
        section = EncodedSegment(segment.kind, segment.span, text)
        self.sections.append(section)
        return section

    def add_regions(self, segment: Segment) -> Iterator[tuple[EncodedSegment, Image]]:
        """Take the crops of the file's regions that are in a decoded piece: they lack what the file lacks."""
        image = segment.content
        if not isinstance(image, Image) or segment.kind == "cover":
            return
        for said in self.task.annotations:
            if said.item and said.region and said.span == segment.span:
                section = EncodedSegment("region", said.span, "", region=said.item)
                self.sections.append(section)
                yield section, image.cropped(said.region)

    def correct(self, decoded: Decoded) -> None:
        """Take what decoding has shown: it holds instead of what the file says of itself."""
        assert self.probe is not None
        partly = {"partly": decoded.missing} if decoded.missing else {}
        self.probe = replace(self.probe, metadata=self.probe.metadata | decoded.metadata | partly)

    def words(self) -> str:
        """Return the words under which the file itself is found.

        Title, artist and the like, name, folders, labels, its lyrics and comments, and its text if short.
        """
        metadata, more = (self.probe.metadata, self.probe.words) if self.probe else ({}, "")
        named = self.task.path.partition("://")[2] if is_url(self.task.path) else self.task.path
        path = Path(decode_legacy(os.fsencode(named)))
        names = [path.stem, *(folder.name for folder in list(path.parents)[:NAMED_FOLDERS])]
        values = (metadata[key] for key in WORDED if key in metadata)
        filed = [" ".join(value) if isinstance(value, list) else str(value) for value in values]
        labels = words_of_labels(self.task.annotations)
        return " ".join([*filed, *names, labels, more, *(section.text for section in self._whole())])

    def words_of_spans(self) -> Iterator[tuple[EncodedSegment, str]]:
        """Yield the pieces of which something was said, with the words under which each is found."""
        for section in self.sections:
            if section.span is not None and not section.text and not section.region:
                words = words_of_labels(annotations_within(section.span, self.task.annotations))
                if words:
                    yield section, words

    def file_point(self, encoded: frozenset[str]) -> Point:
        """Return the file's own point, encoded for the given spaces."""
        payload = self._common() | {
            "kind": "file",
            "size": self.task.size,
            "mtime": self.task.mtime,
            "hash": self.task.hash,
            "volume": self.task.volume,
            "encoded": sorted(encoded),
        }
        if self.probe and self.probe.words:
            payload["words"] = self.probe.words
        if self.task.etag:
            payload["etag"] = self.task.etag
        if self.task.sidecars:
            payload["sidecars"] = self.task.sidecars
        payload |= with_annotations(self.task.annotations)
        if self.task.marks:
            payload["annotated"] = list(self.task.marks)
        vectors: dict[str, Any] = {}
        for section in self._whole():
            vectors |= section.vectors
            if section.text:
                payload["text"] = section.text
        return Point(self.task.id, vectors, payload)

    def span_points(self) -> Iterator[Point]:
        """Yield the points of the file's spans."""
        spans = [section for section in self.sections if section.span is not None and not section.region]
        common = self._common() if spans else {}
        for number, section in enumerate(spans):
            assert section.span is not None
            payload = common | {"kind": section.kind} | span_as_stored(section.span)
            payload |= with_annotations(annotations_within(section.span, self.task.annotations))
            if section.text:
                payload["text"] = section.text
            yield Point(span_id(self.task.id, self.task.hash, number), section.vectors, payload)

    def region_points(self) -> list[Point]:
        """Return what was encoded of the file's regions."""
        return [Point(section.region, section.vectors) for section in self.sections if section.region]

    def _whole(self) -> Iterator[EncodedSegment]:
        return (section for section in self.sections if section.span is None and not section.region)

    def _common(self) -> dict[str, Any]:
        assert self.probe is not None
        return self.filed() | {
            "file": self.task.id,
            "path": to_stored(self.task.path),
            "folders": folders(self.task.path),
            "modality": str(self.probe.modality),
        }

    def filed(self) -> dict[str, Any]:
        """Return the part of a payload that the file says of itself, on its own point and those of its spans."""
        assert self.probe is not None
        meta = self.probe.metadata | {"format": self.probe.format}
        filed: dict[str, Any] = {key: meta.pop(key) for key in FILED if key in meta}
        if local := OFF_UTC.fullmatch(str(filed.get("date", ""))):
            filed["clock"] = f"{local[1]}Z"
        return filed | {"meta": meta}
